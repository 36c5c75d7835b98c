"""How the site does: from the tallies, so that a million drawings cost no more than a thousand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import NullIf

from ml.metrics import wilson_interval
from predictor.models import CLAIMS, Label
from predictor.tallies import BANDS, DayTally, PaceTally, Tally

DAYS = 30
TELLS = Q(label__lte=Label.NOT_A_DIGIT)  # all labels but "can't tell"
RIGHT = Q(label=F("predicted"))


@dataclass(frozen=True)
class Share:
    """So many of so many, and between what bounds the true share is, 95 times in a hundred."""

    count: int
    total: int

    @cached_property
    def bounds(self) -> tuple[float, float]:
        return wilson_interval(self.count, self.total)

    @property
    def value(self) -> float:
        return self.count / self.total

    def __str__(self) -> str:
        return f"{self.value:.2%}" if self.total else "unknown"

    def interval(self) -> str:
        low, high = self.bounds
        return f"{low:.2%} to {high:.2%}" if self.total else "unknown"


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
    """Of one network, over the drawings that chance chose."""

    network: str
    waiting: int  # chosen, and without a label yet
    right: Share


@dataclass(frozen=True)
class Cell:
    label: int
    predicted: int
    drawings: int
    share: float  # of those with the same label

    def shade(self) -> str:
        if self.label == self.predicted:
            return "right"
        return "often" if self.share >= 0.05 else "wrong" if self.drawings else ""


@dataclass(frozen=True)
class Band:
    """Drawings with confidences that are alike: what was promised, and what was kept."""

    low: float
    high: float
    said: float  # on average
    right: Share

    def __str__(self) -> str:
        return f"{round(self.low * 100, 1):g} to {round(self.high * 100, 1):g}%"


def total(*conditions: Q, of: str = "drawings") -> Sum:
    return Sum(of, filter=Q(*conditions), default=0)


def of_network(network: str | None) -> QuerySet[Tally]:
    return Tally.objects.filter(network=network) if network else Tally.objects.all()


def in_all() -> dict[str, int]:
    sums = DayTally.objects.aggregate(drawings=total(), reviewed=total(of="reviewed"))
    return sums | {"waiting": sums["drawings"] - sums["reviewed"]}


def days(today: date) -> list[Day]:
    first = today - timedelta(DAYS - 1)
    rows = DayTally.objects.filter(day__gte=first).values("day")
    rows = rows.annotate(drawings=total(), reviewed=total(of="reviewed"))
    found = {row["day"]: row for row in rows}
    each = [first + timedelta(i) for i in range(DAYS)]
    return [Day(**found.get(day, {"day": day, "drawings": 0, "reviewed": 0})) for day in each]


def accuracies() -> list[Accuracy]:
    """The newest network first."""
    rows = Tally.objects.filter(audited=True).order_by("-network__added_at", "network")
    counts = rows.values_list("network").annotate(
        waiting=total(Q(label=None)), right=total(TELLS, RIGHT), labelled=total(TELLS)
    )
    return [Accuracy(name, waiting, Share(right, all)) for name, waiting, right, all in counts]


def confusion(network: str | None) -> list[tuple[str, list[Cell]]]:
    """A row for each label, with a cell for each that it was read as."""
    rows = of_network(network).filter(TELLS).values_list("label", "predicted")
    found = {(label, predicted): n for label, predicted, n in rows.annotate(drawings=total())}
    table = []
    for label, name in CLAIMS:
        counts = [found.get((label, predicted), 0) for predicted, _ in CLAIMS]
        of_label = sum(counts) or 1
        table.append((name, [Cell(label, p, n, n / of_label) for p, n in enumerate(counts)]))
    return table


def reliability(network: str | None) -> list[Band]:
    """Of the drawings that chance chose and that were read as a digit, where there are any."""
    rows = of_network(network).filter(TELLS, band__isnull=False).order_by("band")
    counts = rows.values_list("band").annotate(
        read=total(), right=total(RIGHT), said=total(of="confidence")
    )
    ends = [*BANDS[1:], 1.0]
    return [
        Band(BANDS[band], ends[band], said / drawings, Share(right, drawings))
        for band, drawings, right, said in counts
        if drawings
    ]


def rejections(network: str | None) -> dict[str, Share]:
    """How often `is_digit` was wrong, over the drawings that chance chose."""
    digit, read = Q(label__lt=Label.NOT_A_DIGIT), Q(predicted__lt=Label.NOT_A_DIGIT)
    chosen = of_network(network).filter(TELLS, audited=True)
    sums = chosen.aggregate(
        digits=total(digit),
        lost=total(digit, ~read),
        others=total(~digit),
        kept=total(~digit, read),
    )
    return {
        "digits taken for none": Share(sums["lost"], sums["digits"]),
        "others taken for a digit": Share(sums["kept"], sums["others"]),
    }


def paces(today: date) -> list[dict[str, Any]]:
    """What each reviewer did in these days, the busiest first."""
    rows = PaceTally.objects.filter(day__gt=today - timedelta(DAYS))
    rows = rows.values(name=F("reviewer__username")).annotate(
        today=total(Q(day=today), of="labels"),
        week=total(Q(day__gt=today - timedelta(7)), of="labels"),
        month=total(of="labels"),
        a_minute=60 * Sum("timed") / NullIf(Sum("seconds"), 0.0),
    )
    return list(rows.order_by("-month", "name"))
