"""The register of networks: what each was made of, how they compare, and which one answers."""

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

# Shares of 1 that pages show and commands compare, by their keys in the metadata's metrics.
MNIST = ("mnist", "accuracy")
PENS = ("pens", "medium", "accuracy")
UNSEEN_TABLET = ("pens", "medium", "unseen_tablet")
CALIBRATION = ("calibration", "expected_calibration_error")
REJECTION = ("rejection", "others_rejected")
METRICS = [MNIST, PENS, UNSEEN_TABLET, CALIBRATION, REJECTION]


def figure(metrics: Any, keys: Iterable[str]) -> Any:
    """What is there under these keys; None where nothing is."""
    for key in keys:
        metrics = metrics.get(key) if isinstance(metrics, dict) else None
    return metrics


def is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def listed(self) -> Self:
        """Without the manifests, which name every drawing: megabytes, too, that no list shows."""
        return self.defer("manifests")

    def that_learnt_from(self, drawing: UUID) -> Self:
        """Also those that went on from one that did: what it learnt is in them."""
        return self.filter(pk__in=learners([drawing])[drawing])


class ModelVersionManager(models.Manager.from_queryset(ModelVersionQuerySet)):
    def get_queryset(self) -> ModelVersionQuerySet:
        # Megabytes that only loading the network needs.
        return super().get_queryset().defer("tflite", "keras")


class ModelVersion(models.Model):
    """A trained network, in the database so that every process on every machine finds it."""

    version = models.CharField(
        primary_key=True,
        max_length=64,
        validators=[RegexValidator(r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z")],
    )
    metadata = models.JSONField(help_text="What it was trained on and how well it does.")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True)
    is_active = models.BooleanField(default=False)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    # The last time; Activation has them all.
    activated_at = models.DateTimeField(null=True)
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    manifests = models.JSONField(
        default=list, help_text="Of the exports of reviewed drawings that it learnt from."
    )
    tflite = models.BinaryField(help_text="The network as it serves.")
    keras = models.BinaryField(help_text="The network as it was trained.")

    objects = ModelVersionManager()

    class Meta:
        base_manager_name = "objects"
        verbose_name = "network"
        ordering = ["-added_at", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_active"], condition=Q(is_active=True), name="one_active_network"
            ),
        ]

    def __str__(self) -> str:
        return self.version

    def metric(self, *keys: str) -> float | None:
        """A share of 1 that was measured when it was trained; None where it wasn't."""
        found = figure(self.metadata, ["metrics", *keys])
        return found if is_share(found) else None

    @property
    def learnt(self) -> int:
        """From so many corrections."""
        found = figure(self.metadata, ["corrections", "learnt"])
        return found if type(found) is int else 0

    def ancestry(self) -> list[str]:
        """Itself, its parent, that one's parent, …"""
        parents = dict(ModelVersion.objects.values_list("version", "parent"))
        line: list[str] = []
        version: str | None = self.version
        while version:
            line.append(version)
            version = parents[version]
        return line

    def has_served(self) -> bool:
        """Whether it was put to work before, and not against what spoke against it."""
        return self.activations.filter(forced_because="").exists()


class Activation(models.Model):
    """Each time that a network was put to work."""

    network = models.ForeignKey(ModelVersion, models.CASCADE, related_name="activations")
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    forced_because = models.TextField(
        blank=True, help_text="Why it was put to work against what spoke against it."
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.network_id}, {self.at:%d %b %Y %H:%M}"


class Lesson(models.Model):
    """That a network learnt from a drawing. Outlives the drawing, so that it is known of one that
    is erased."""

    class Role(models.TextChoices):
        LEARNT = "learnt", "learnt from it"
        VALIDATED = "validated", "was chosen by it"
        DOUBTED = "doubted", "doubted its label"

    network = models.ForeignKey(
        ModelVersion, models.CASCADE, related_name="lessons", db_index=False
    )
    drawing = models.UUIDField()
    role = models.CharField(max_length=9, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["drawing", "network"], name="lesson_is_stored_once"),
        ]
        indexes = [models.Index(fields=["network", "role", "drawing"], name="lesson_by_role")]

    def __str__(self) -> str:
        return f"{self.network_id} {self.get_role_display()}: {self.drawing}"


class Comparison(models.Model):
    """How a network does beside another one, on the same drawings."""

    new = models.ForeignKey(ModelVersion, models.CASCADE, related_name="comparisons")
    old = models.ForeignKey(ModelVersion, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    report = models.JSONField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.new_id} beside {self.old_id}"

    def get_absolute_url(self) -> str:
        return reverse("admin:predictor_modelversion_comparison", args=[self.pk])


def learners(drawings: Iterable[UUID]) -> dict[UUID, set[str]]:
    """Which networks learnt from each, or went on from one that did."""
    found: dict[UUID, set[str]] = {drawing: set() for drawing in drawings}
    lessons = Lesson.objects.filter(drawing__in=list(found)).exclude(role=Lesson.Role.DOUBTED)
    for drawing, network in lessons.values_list("drawing", "network"):
        found[drawing].add(network)
    if any(found.values()):
        children = ModelVersion.objects.filter(parent__isnull=False)
        # A parent was there before its children, so that one pass in this order finds all.
        for network, parent in children.order_by("added_at").values_list("version", "parent"):
            for networks in found.values():
                if parent in networks:
                    networks.add(network)
    return found
