"""Submissions: a drawing, what the network saw and said, and what people say that it is."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, F, Func, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import Random
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from predictor.models.registry import ModelVersion, TrainingSample

PIXELS = 28 * 28
# Below it, the network's answer is worth a reviewer's look.
LOW_CONFIDENCE = 0.8


class Label(models.IntegerChoices):
    ZERO = 0, "0"
    ONE = 1, "1"
    TWO = 2, "2"
    THREE = 3, "3"
    FOUR = 4, "4"
    FIVE = 5, "5"
    SIX = 6, "6"
    SEVEN = 7, "7"
    EIGHT = 8, "8"
    NINE = 9, "9"
    NOT_A_DIGIT = 10, _("not a digit")
    CANT_TELL = 11, _("can't tell")  # for reviewers alone, and never exported


class Pointer(models.IntegerChoices):
    MOUSE = 1, _("mouse")
    PEN = 2, _("pen")
    TOUCH = 3, _("finger")


DIGITS = range(Label.NOT_A_DIGIT)
VISITOR_LABELS = [choice for choice in Label.choices if choice[0] != Label.CANT_TELL]


# The database reads a list off an index only if both put it in the same words.
CHANGED = Q(label__isnull=False) & ~Q(label=F("predicted"))
AGREED = Q(visitor_label__isnull=False, disputed=False)


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def of(self, visitor: uuid.UUID | None) -> Self:
        return self.filter(visitor=visitor) if visitor else self.none()

    def without_blobs(self) -> Self:
        # What the audit needs comes last in the table, behind the drawing.
        blobs = ("pixels", "strokes", "drawing", "widths")
        return self.defer(*blobs, "pointer", "canvas", "asked", "sampling_key", "audited_at")

    def for_history(self, visitor: uuid.UUID | None) -> Self:
        return self.of(visitor).without_blobs()

    def newer_than(self, drawing: Submission) -> Self:
        """The nearest first."""
        moment = drawing.created_at
        beyond = Q(created_at__gt=moment) | Q(created_at=moment, id__gt=drawing.pk)
        return self.filter(beyond, created_at__gte=moment).order_by("created_at", "id")

    def older_than(self, drawing: Submission) -> Self:
        """The nearest first."""
        moment = drawing.created_at
        beyond = Q(created_at__lt=moment) | Q(created_at=moment, id__lt=drawing.pk)
        return self.filter(beyond, created_at__lte=moment).order_by("-created_at", "-id")

    def with_ink(self) -> Self:
        """Read the strokes too, after without_blobs."""
        return self.defer(None).defer("pixels", "drawing", "sampling_key", "audited_at")

    def reviewed(self) -> Self:
        return self.filter(label__isnull=False)

    def unreviewed(self) -> Self:
        return self.filter(label__isnull=True)

    def exportable(self) -> Self:
        return self.reviewed().exclude(label=Label.CANT_TELL)

    def changed(self) -> Self:
        """Those whose label is another than the network's answer."""
        return self.filter(CHANGED)

    def agreeing(self) -> Self:
        """Those whose visitor says that the network was right."""
        return self.filter(AGREED)

    def disagreeing(self) -> Self:
        """Those whose visitor says that the network was wrong."""
        return self.filter(disputed=True)

    def low_confidence(self) -> Self:
        return self.filter(confidence__lt=LOW_CONFIDENCE)

    def audited(self) -> Self:
        """Sampled at random from all, so that they, and only they, tell how well the site reads."""
        return self.filter(audited_at__isnull=False)

    def with_suspected_label(self) -> Self:
        """Those whose label a training suspected to be wrong, and that nobody has seen since."""
        suspected = TrainingSample.objects.filter(role=TrainingSample.Role.SUSPECTED)
        since = suspected.filter(
            submission_id=OuterRef("pk"), model_version__added_at__gt=OuterRef("reviewed_at")
        )
        # The ids first: for a few of them a join would have the database look at every drawing.
        ids = list(suspected.values_list("submission_id", flat=True))
        return self.filter(Exists(since), pk__in=ids)

    def unclaimed(self) -> Self:
        """Those of which their visitor has said nothing."""
        return self.filter(visitor_label__isnull=True)

    def asked_for(self) -> Self:
        """Those whose visitor was asked for a certain digit."""
        return self.filter(asked__isnull=False)

    def thought_to_be(self, label: int) -> Self:
        """By their visitor or, where that one says nothing, by the network."""
        unclaimed = Q(visitor_label__isnull=True, predicted=label)
        return self.filter(Q(visitor_label=label) | unclaimed)

    def counts(self) -> models.QuerySet[Submission, tuple[int | None, bool, int, int]]:
        """How many are alike in the visitor's label, `is_digit` and `digit`.

        By these, and not by `predicted`, SQLite counts in the index alone.
        """
        columns = self.order_by().values_list("visitor_label", "is_digit", "digit")
        return columns.annotate(Count("pk"))

    def in_batches(self, column: str, size: int) -> Iterator[list[Submission]]:
        """Read all rows in the order of this column, in short queries: during a long one neither
        database can clean up.
        """
        rows = self.order_by(column, "pk")
        batch = list(rows[:size])
        while batch:
            yield batch
            last = batch[-1]
            value = getattr(last, column)
            after = rows.filter(**{f"{column}__gte": value})
            seen = {column: value, "pk__lte": last.pk}
            batch = list(after.exclude(**seen)[:size]) if len(batch) == size else []


class Submission(models.Model):
    """A drawing with its prediction and its labels.

    `model_id` is the network's version itself, so that naming it needs no join.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    visitor = models.UUIDField()

    # What the network said: facts, never changed afterwards.
    model = models.ForeignKey(
        ModelVersion, models.PROTECT, db_index=False, verbose_name=_("network")
    )
    preprocessing = models.CharField(_("preprocessing"), max_length=16)
    digit = models.SmallIntegerField(help_text="The likeliest digit.")
    confidence = models.FloatField()
    is_digit = models.BooleanField(
        _("is digit"), help_text=_("Whether the network takes it for a digit at all.")
    )
    digit_score = models.FloatField(_("digit score"))
    probabilities = models.JSONField()
    predicted = models.GeneratedField(
        expression=Case(
            When(is_digit=True, then=F("digit")), default=Value(Label.NOT_A_DIGIT.value)
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
        choices=VISITOR_LABELS,
        verbose_name=_("prediction"),
    )

    # What the visitor says: a proposal.
    visitor_label = models.SmallIntegerField(
        _("visitor's label"), choices=VISITOR_LABELS, null=True
    )
    disputed = models.GeneratedField(
        expression=Case(
            When(visitor_label__isnull=True, then=Value(False)),
            When(is_digit=True, visitor_label=F("digit"), then=Value(False)),
            When(is_digit=False, visitor_label=Label.NOT_A_DIGIT.value, then=Value(False)),
            default=Value(True),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
        help_text="Whether the visitor says that the network was wrong.",
    )

    # What a reviewer decided: the truth that is exported.
    label = models.SmallIntegerField(_("label"), choices=Label.choices, null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("reviewed by"),
    )
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True)

    # Chance alone decides what is audited: the lowest key comes first.
    sampling_key = models.FloatField(db_default=Random(), editable=False)
    audited_at = models.DateTimeField(null=True, editable=False, help_text="When it was sampled.")

    # Last, because SQLite reads through all that stands before the column it wants.
    pixels = models.BinaryField(help_text="28 x 28 bytes, as the network saw them.")
    strokes = models.JSONField(null=True)
    drawing = models.BinaryField(help_text="PNG")
    widths = models.JSONField(null=True, help_text="Of the pen, stroke by stroke, if known.")
    pointer = models.SmallIntegerField(_("drawn with"), choices=Pointer.choices, null=True)
    canvas = models.SmallIntegerField(
        _("width of the canvas"), null=True, help_text=_("On the screen, in CSS pixels.")
    )
    asked = models.SmallIntegerField(
        _("asked for"),
        choices=[choice for choice in Label.choices if choice[0] in DIGITS],
        null=True,
        help_text=_("The digit that the site asked the visitor for."),
    )

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("drawing")
        verbose_name_plural = _("drawings")
        ordering = ["-created_at", "-id"]
        # A list may have several filters. What only some of them need stands last in an index, so
        # that no drawing is looked at that isn't shown.
        indexes = [
            models.Index(
                fields=[
                    "visitor",
                    "created_at",
                    "id",
                    "predicted",
                    "visitor_label",
                    "is_digit",
                    "digit",
                ],
                name="submission_history",
            ),
            models.Index(fields=["created_at", "id"], name="submission_newest"),
            models.Index(
                fields=["predicted", "created_at", "id", "label", "model"],
                name="submission_by_prediction",
            ),
            models.Index(
                fields=["model", "created_at", "id", "label", "predicted"],
                name="submission_by_network",
            ),
            models.Index(
                fields=["created_at", "id"],
                name="submission_unreviewed",
                condition=Q(label__isnull=True),
            ),
            models.Index(
                fields=["label", "created_at", "id"],
                name="submission_by_label",
                condition=Q(label__isnull=False),
            ),
            models.Index(
                fields=["reviewed_at", "id"],
                name="submission_reviewed",
                condition=Q(label__isnull=False),
            ),
            models.Index(
                fields=["created_at", "id", "reviewed_at"],
                name="submission_exportable",
                condition=Q(label__isnull=False),
            ),
            models.Index(
                fields=["predicted", "label", "created_at", "id", "model"],
                name="submission_confusion",
                condition=Q(label__isnull=False),
            ),
            models.Index(
                fields=["created_at", "id", "label", "predicted", "model"],
                name="submission_changed",
                condition=CHANGED,
            ),
            models.Index(
                fields=["created_at", "id", "label", "predicted", "model"],
                name="submission_disputed",
                condition=Q(disputed=True),
            ),
            models.Index(
                fields=["created_at", "id", "label", "predicted", "model"],
                name="submission_agreed",
                condition=AGREED,
            ),
            models.Index(
                fields=["created_at", "id", "label", "predicted", "model"],
                name="submission_asked",
                condition=Q(asked__isnull=False),
            ),
            models.Index(
                fields=["created_at", "id", "label", "predicted", "model", "confidence"],
                name="submission_low_confidence",
                condition=Q(confidence__lt=LOW_CONFIDENCE),
            ),
            models.Index(
                fields=["-disputed", "confidence", "id"],
                name="submission_queue",
                condition=Q(label__isnull=True),
            ),
            models.Index(
                fields=["predicted", "-confidence", "id"],
                name="submission_grid",
                condition=Q(label__isnull=True, disputed=False),
            ),
            models.Index(
                fields=[
                    "created_at",
                    "pointer",
                    "canvas",
                    "label",
                    "is_digit",
                    "digit",
                    "audited_at",
                ],
                name="submission_audited",
                condition=Q(label__isnull=False, audited_at__isnull=False),
            ),
            models.Index(
                fields=["sampling_key"],
                name="submission_sampling",
                condition=Q(audited_at__isnull=True),
            ),
            models.Index(
                fields=["sampling_key"],
                name="submission_audit_waiting",
                condition=Q(label__isnull=True, audited_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(digit__range=(0, 9)), name="digit_in_range"),
            models.CheckConstraint(
                condition=Q(confidence__range=(0, 1), digit_score__range=(0, 1)),
                name="scores_in_range",
            ),
            models.CheckConstraint(
                condition=Q(visitor_label__isnull=True) | Q(visitor_label__range=(0, 10)),
                name="visitor_label_in_range",
            ),
            models.CheckConstraint(
                condition=Q(label__isnull=True) | Q(label__range=(0, 11)), name="label_in_range"
            ),
            models.CheckConstraint(
                condition=Q(label__isnull=True, reviewed_by__isnull=True, reviewed_at__isnull=True)
                | Q(label__isnull=False, reviewed_by__isnull=False, reviewed_at__isnull=False),
                name="label_has_reviewer_and_time",
            ),
            models.CheckConstraint(
                condition=Exact(
                    Func(F("pixels"), function="LENGTH", output_field=IntegerField()), PIXELS
                ),
                name="pixels_are_28_by_28",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def get_absolute_url(self) -> str:
        return reverse("predictor:detail", args=[self.pk])


class Tombstone(models.Model):
    """All that is left of an erased drawing, so that old exports can be cleaned of it."""

    id = models.UUIDField(_("id"), primary_key=True)
    erased_at = models.DateTimeField(_("erased at"))

    class Meta:
        verbose_name = _("tombstone")
        verbose_name_plural = _("tombstones")

    def __str__(self) -> str:
        return str(self.id)
