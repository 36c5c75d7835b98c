"""How the site does, from the counters: a million drawings cost no more than a thousand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import NullIf
from django.utils.translation import gettext as _

from digitsite.formats import percent, significant
from ml.metrics import wilson_interval
from predictor.models import (
    CONFIDENCE_BINS,
    VISITOR_LABELS,
    DailyCount,
    Label,
    ReviewerActivity,
    SubmissionCount,
)

DAYS = 30
HAS_TRUTH = Q(label__lte=Label.NOT_A_DIGIT)  # all labels but "can't tell"
CORRECT = Q(label=F("predicted"))


@dataclass(frozen=True)
class Proportion:
    """A number of successes in a number of trials, with its 95% confidence interval."""

    count: int
    total: int

    @cached_property
    def bounds(self) -> tuple[float, float]:
        return wilson_interval(self.count, self.total)

    @property
    def value(self) -> float:
        return self.count / self.total

    def __str__(self) -> str:
        return percent(self.value, 2) if self.total else _("unknown")

    def interval(self) -> str:
        if not self.total:
            return _("unknown")
        low, high = (percent(bound, 2) for bound in self.bounds)
        return _("%(low)s to %(high)s") % {"low": low, "high": high}


@dataclass(frozen=True)
class Day:
    day: date
    drawings: int
    reviewed: int

    @property
    def waiting(self) -> int:
        return self.drawings - self.reviewed


@dataclass(frozen=True)
class Accuracy:
    """Of one model version, on the audit sample."""

    network: str
    waiting: int  # sampled, and without a label yet
    accuracy: Proportion


@dataclass(frozen=True)
class Cell:
    """Of a confusion matrix."""

    label: int
    predicted: int
    drawings: int
    fraction: float  # of those with the same label

    def shade(self) -> str:
        if self.label == self.predicted:
            return "right"
        return "often" if self.fraction >= 0.05 else "wrong" if self.drawings else ""


@dataclass(frozen=True)
class CalibrationBin:
    """Drawings with similar confidence."""

    low: float
    high: float
    confidence: float  # the mean
    accuracy: Proportion

    def __str__(self) -> str:
        low, high = (significant(100 * end, 3) for end in (self.low, self.high))
        return _("%(low)s to %(high)s%%") % {"low": low, "high": high}


def sum_of(*conditions: Q, of: str = "drawings") -> Sum:
    return Sum(of, filter=Q(*conditions), default=0)


def counts_of(version: str | None) -> QuerySet[SubmissionCount]:
    """Of one model version, or of all."""
    counts = SubmissionCount.objects.all()
    return counts.filter(model_version=version) if version else counts


def totals() -> dict[str, int]:
    sums = DailyCount.objects.aggregate(drawings=sum_of(), reviewed=sum_of(of="reviewed"))
    return sums | {"waiting": sums["drawings"] - sums["reviewed"]}


def days(today: date) -> list[Day]:
    first = today - timedelta(DAYS - 1)
    rows = DailyCount.objects.filter(day__gte=first).values("day")
    found = {
        row["day"]: row for row in rows.annotate(drawings=sum_of(), reviewed=sum_of(of="reviewed"))
    }
    every = [first + timedelta(i) for i in range(DAYS)]
    return [Day(**found.get(day, {"day": day, "drawings": 0, "reviewed": 0})) for day in every]


def accuracies() -> list[Accuracy]:
    """The newest model version first."""
    rows = SubmissionCount.objects.filter(audited=True).order_by(
        "-model_version__added_at", "model_version"
    )
    counts = rows.values_list("model_version").annotate(
        waiting=sum_of(Q(label=None)),
        correct=sum_of(HAS_TRUTH, CORRECT),
        labelled=sum_of(HAS_TRUTH),
    )
    return [
        Accuracy(version, waiting, Proportion(correct, labelled))
        for version, waiting, correct, labelled in counts
    ]


def confusion_matrix(version: str | None) -> list[tuple[str, list[Cell]]]:
    """A row for each label, with a cell for each prediction."""
    rows = counts_of(version).filter(HAS_TRUTH).values_list("label", "predicted")
    counts = {(label, predicted): n for label, predicted, n in rows.annotate(drawings=sum_of())}
    return [(str(name), _row(label, counts)) for label, name in VISITOR_LABELS]


def _row(label: int, counts: dict[tuple[int, int], int]) -> list[Cell]:
    row = [counts.get((label, predicted), 0) for predicted, _ in VISITOR_LABELS]
    total = sum(row) or 1
    return [Cell(label, predicted, n, n / total) for predicted, n in enumerate(row)]


def calibration(version: str | None) -> list[CalibrationBin]:
    """On the audit sample, of what was predicted to be a digit."""
    rows = counts_of(version).filter(HAS_TRUTH, confidence_bin__isnull=False)
    counts = (
        rows.order_by("confidence_bin")
        .values_list("confidence_bin")
        .annotate(total=sum_of(), correct=sum_of(CORRECT), sum=sum_of(of="confidence"))
    )
    ends = [*CONFIDENCE_BINS[1:], 1.0]
    return [
        CalibrationBin(CONFIDENCE_BINS[i], ends[i], sum / total, Proportion(correct, total))
        for i, total, correct, sum in counts
        if total
    ]


def false_rates(version: str | None) -> dict[str, Proportion]:
    """How often `is_digit` was wrong, on the audit sample."""
    digit, accepted = Q(label__lt=Label.NOT_A_DIGIT), Q(predicted__lt=Label.NOT_A_DIGIT)
    sums = (
        counts_of(version)
        .filter(HAS_TRUTH, audited=True)
        .aggregate(
            digits=sum_of(digit),
            rejected=sum_of(digit, ~accepted),
            negatives=sum_of(~digit),
            accepted=sum_of(~digit, accepted),
        )
    )
    return {
        _("false rejects: digits rejected"): Proportion(sums["rejected"], sums["digits"]),
        _("false accepts: other drawings accepted"): Proportion(
            sums["accepted"], sums["negatives"]
        ),
    }


def throughput(today: date) -> list[dict[str, Any]]:
    """What each reviewer did in these days, the busiest first."""
    rows = ReviewerActivity.objects.filter(day__gt=today - timedelta(DAYS))
    reviewers: Any = rows.values(name=F("reviewer__username")).annotate(
        today=sum_of(Q(day=today), of="labels"),
        week=sum_of(Q(day__gt=today - timedelta(7)), of="labels"),
        month=sum_of(of="labels"),
        per_minute=60 * Sum("timed") / NullIf(Sum("seconds"), 0.0),
    )
    return list(reviewers.order_by("-month", "name"))
