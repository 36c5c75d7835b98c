"""Model versions: what each was trained on, how they compare, and which one is active."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# Proportions that pages show and commands compare, by their keys in the metadata's metrics.
MNIST = ("mnist", "accuracy")
PENS = ("pens", "medium", "accuracy")
UNSEEN_TABLET = ("pens", "medium", "unseen_tablet")
CALIBRATION = ("calibration", "expected_calibration_error")
REJECTION = ("rejection", "others_rejected")
METRICS = [MNIST, PENS, UNSEEN_TABLET, CALIBRATION, REJECTION]


def lookup(metadata: Any, keys: Iterable[str]) -> Any:
    """Return what is there under these keys; None where nothing is."""
    for key in keys:
        metadata = metadata.get(key) if isinstance(metadata, dict) else None
    return metadata


def is_proportion(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def listed(self) -> Self:
        """Without the manifests, which name every drawing: megabytes, too, that no list shows."""
        return self.defer("manifests")

    def trained_on(self, submission_id: UUID) -> Self:
        """Also those fine-tuned from one that was: what it learnt is in them."""
        return self.filter(pk__in=versions_trained_on([submission_id])[submission_id])


_Manager = models.Manager.from_queryset(ModelVersionQuerySet)


class ModelVersionManager(_Manager):  # type: ignore[type-arg]  # of a class made at run time
    def get_queryset(self) -> ModelVersionQuerySet:
        # Megabytes that only loading the network needs.
        return ModelVersionQuerySet(self.model, using=self._db).defer("tflite", "keras")


class ModelVersion(models.Model):
    """A trained network, in the database so that every process on every machine finds it."""

    version = models.CharField(
        _("version"),
        primary_key=True,
        max_length=64,
        validators=[RegexValidator(r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z")],
    )
    metadata = models.JSONField(help_text="What it was trained on and how well it does.")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True)
    is_active = models.BooleanField(_("is active"), default=False)
    added_at = models.DateTimeField(_("added at"), default=timezone.now)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("added by"),
    )
    # The last time; Activation has every time.
    activated_at = models.DateTimeField(null=True)
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    manifests = models.JSONField(
        default=list, help_text="Of the exports of reviewed drawings that it was trained on."
    )
    tflite = models.BinaryField(help_text="The network as it serves.")
    keras = models.BinaryField(help_text="The network as it was trained.")

    objects = ModelVersionManager()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("network")
        verbose_name_plural = _("networks")
        ordering = ["-added_at", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_active"], condition=Q(is_active=True), name="one_active_network"
            ),
        ]

    def __str__(self) -> str:
        return self.version

    def metric(self, *keys: str) -> float | None:
        """Return a proportion that was measured when it was trained; None where it wasn't."""
        found = lookup(self.metadata, ["metrics", *keys])
        return found if is_proportion(found) else None

    @property
    def corrections_count(self) -> int:
        """On how many corrections it was trained."""
        found = lookup(self.metadata, ["corrections", "trained"])
        return found if type(found) is int else 0

    def ancestry(self) -> list[str]:
        """Return its version, its parent's, that one's parent's, …"""
        parents = dict(ModelVersion.objects.values_list("version", "parent"))
        line: list[str] = []
        version: str | None = self.version
        while version:
            line.append(version)
            version = parents[version]
        return line

    def has_served(self) -> bool:
        """Whether it was active before, without being forced."""
        return self.activations.filter(forced_because="").exists()


class Activation(models.Model):
    """Each time that a model version was activated."""

    model_version = models.ForeignKey(ModelVersion, models.CASCADE, related_name="activations")
    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("actor"),
    )
    forced_because = models.TextField(
        _("forced because"),
        blank=True,
        help_text=_("Why it was activated in spite of what blocked it."),
    )

    class Meta:
        verbose_name = _("activation")
        verbose_name_plural = _("activations")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.model_version_id}, {date_format(self.at, 'SHORT_DATETIME_FORMAT')}"


class TrainingSample(models.Model):
    """That a model version was trained on a submission.

    Outlives the submission, so that it is known of an erased one.
    """

    class Role(models.TextChoices):
        TRAINED = "trained", _("trained on it")
        VALIDATED = "validated", _("validated on it")
        SUSPECTED = "suspected", _("suspected its label to be wrong")

    model_version = models.ForeignKey(
        ModelVersion,
        models.CASCADE,
        related_name="training_samples",
        db_index=False,
        verbose_name=_("network"),
    )
    submission_id = models.UUIDField(_("drawing"))
    role = models.CharField(_("role"), max_length=9, choices=Role.choices)

    class Meta:
        verbose_name = _("training sample")
        verbose_name_plural = _("training samples")
        constraints = [
            models.UniqueConstraint(
                fields=["submission_id", "model_version"], name="training_sample_is_stored_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["model_version", "role", "submission_id"], name="training_sample_by_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_version_id} {self.get_role_display()}: {self.submission_id}"


class ComparisonQuerySet(models.QuerySet["Comparison"]):
    def with_versions(self) -> Self:
        """Without the files of both, megabytes that a manager does not leave out of a join."""
        files = [f"{side}__{file}" for side in ("new", "old") for file in ("tflite", "keras")]
        return self.select_related("new", "old").defer(*files, "old__manifests")


class Comparison(models.Model):
    """How a model version does beside another one, on the same drawings."""

    new = models.ForeignKey(ModelVersion, models.CASCADE, related_name="comparisons")
    old = models.ForeignKey(ModelVersion, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    report = models.JSONField()

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return gettext("%(new)s beside %(old)s") % {"new": self.new_id, "old": self.old_id}

    def get_absolute_url(self) -> str:
        return reverse("admin:predictor_modelversion_comparison", args=[self.pk])


class RetrainingLease(models.Model):
    """One row, renewed by the retraining that runs, which tells there how far it is."""

    class Stage(models.TextChoices):
        EXPORTING = "exporting", _("exporting the labels")
        TRAINING = "training", _("training")
        COMPARING = "comparing", _("comparing the networks")

    token = models.UUIDField(null=True)
    until = models.DateTimeField(null=True)
    host = models.CharField(max_length=255, default="")
    began_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=16, choices=Stage.choices, default="")
    epoch = models.PositiveSmallIntegerField(default=0, help_text="How many are done.")
    epochs = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"until {self.until:%d %b %Y %H:%M:%S}" if self.until else "free"

    def progress(self) -> str:
        """Return a sentence on the one that runs, or that died; empty where there is none."""
        if not self.until or not self.began_at:
            return ""
        facts = {
            "host": self.host,
            "time": date_format(self.began_at, "DATETIME_FORMAT"),
            "stage": self.get_stage_display(),
            "epoch": self.epoch,
            "epochs": self.epochs,
        }
        if self.until < timezone.now():
            text = gettext(
                "The retraining of %(time)s UTC on %(host)s died. Run it again to resume it."
            )
        elif self.stage == self.Stage.TRAINING and self.epochs:
            text = gettext(
                "Retraining on %(host)s since %(time)s UTC: %(stage)s, %(epoch)s of %(epochs)s"
                " epochs done."
            )
        else:
            text = gettext("Retraining on %(host)s since %(time)s UTC: %(stage)s.")
        return text % facts


def versions_trained_on(submission_ids: Iterable[UUID]) -> dict[UUID, set[str]]:
    """Return which model versions were trained on each, or fine-tuned from one that was."""
    found: dict[UUID, set[str]] = {id: set() for id in submission_ids}
    samples = TrainingSample.objects.filter(submission_id__in=list(found))
    used = samples.exclude(role=TrainingSample.Role.SUSPECTED)
    for id, version in used.values_list("submission_id", "model_version"):
        found[id].add(version)
    if any(found.values()):
        children = ModelVersion.objects.filter(parent__isnull=False)
        # A parent was there before its children, so that one pass in this order finds all.
        for version, parent in children.order_by("added_at").values_list("version", "parent"):
            for versions in found.values():
                if parent in versions:
                    versions.add(version)
    return found
