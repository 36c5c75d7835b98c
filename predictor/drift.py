"""Whether drawings are read worse than they were, on which devices, and what to do about it.

Judged by the audit sample alone, which chance has drawn: what reviewers see otherwise is hard.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from math import hypot
from typing import Any

from django.db.models import Case, Count, F, Q, Sum, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from digitsite.formats import integer, signed
from predictor.models import Label, Pointer, ReviewerActivity, Submission
from predictor.statistics import Proportion

NOW, BEFORE = timedelta(days=7), timedelta(days=28)  # the one after the other
# CSS pixels. Canvases of phones that are held upright are narrower; those of tablets and of large
# screens have 480.
SMALL = 400
# By these, and not by `predicted`, SQLite counts in the index alone.
CORRECT = Q(is_digit=True, label=F("digit")) | Q(is_digit=False, label=Label.NOT_A_DIGIT)
# Labels that are worth a retraining: of fewer it learns next to nothing (docs/decisions has the
# learning curves), unless what they are of is new to it.
ENOUGH, ENOUGH_IF_WORSE = 1000, 200


@dataclass(frozen=True)
class Change:
    """How well a kind of drawings is read now, and was read before."""

    name: str
    before: Proportion
    now: Proportion

    @cached_property
    def bounds(self) -> tuple[float, float] | None:
        """The 95% confidence interval of the difference (Newcombe 1998, method 10)."""
        if not (self.before.total and self.now.total):
            return None
        (low_before, high_before), (low, high) = self.before.bounds, self.now.bounds
        was, is_now = self.before.value, self.now.value
        return (
            is_now - was - hypot(is_now - low, high_before - was),
            is_now - was + hypot(high - is_now, was - low_before),
        )

    @property
    def is_worse(self) -> bool:
        return bool(self.bounds and self.bounds[1] < 0)

    @property
    def is_better(self) -> bool:
        return bool(self.bounds and self.bounds[0] > 0)

    def interval(self) -> str:
        if not self.bounds:
            return _("unknown")
        low, high = (signed(100 * bound, 2) for bound in self.bounds)
        return _("%(low)s to %(high)s points") % {"low": low, "high": high}

    def verdict(self) -> str:
        if self.is_worse:
            return _("read worse")
        if self.is_better:
            return _("read better")
        return _("no difference to be seen") if self.bounds else _("too few to say")


def changes(now: datetime) -> list[Change]:
    """Of all drawings, and of each kind of device that there was."""
    sampled = Submission.objects.audited().filter(
        label__lte=Label.NOT_A_DIGIT, created_at__gte=now - NOW - BEFORE, created_at__lt=now
    )
    is_new = Case(When(created_at__gte=now - NOW, then=Value(1)), default=Value(0))
    is_small = Case(When(canvas__lt=SMALL, then=Value(1)), default=Value(0))
    rows = sampled.order_by().values_list("pointer", is_small, is_new)
    correct = Count("label", filter=CORRECT)
    counts = list(rows.annotate(total=Count("label"), correct=correct))
    devices = sorted({row[:2] for row in counts}, key=lambda device: (device[0] or 9, device[1]))
    parts = [(_("all drawings"), counts)]
    for device in devices:
        parts.append((name_of(*device), [row for row in counts if row[:2] == device]))
    return [Change(name, _proportion(part, 0), _proportion(part, 1)) for name, part in parts]


def name_of(pointer: int | None, is_small: int) -> str:
    if pointer is None:
        return _("unknown, such as pictures")
    names = {"pointer": Pointer(pointer).label}
    if is_small:
        return _("%(pointer)s on a small canvas, as of phones") % names
    return _("%(pointer)s on a large canvas") % names


def _proportion(rows: list[Any], is_new: int) -> Proportion:
    chosen = [row for row in rows if row[2] == is_new]
    return Proportion(sum(row[4] for row in chosen), sum(row[3] for row in chosen))


def labels_since(day: date) -> int:
    """How many labels were given on this day (UTC) or later."""
    given = ReviewerActivity.objects.filter(day__gte=day)
    return int(given.aggregate(labels=Sum("labels", default=0))["labels"])


def advice(found: list[Change], labels: int) -> str:
    """Whether to retrain, given how many labels the network has not learnt from."""
    worse = [change.name for change in found if change.is_worse]
    waiting = ngettext(
        "%(labels)s label was given since the network was trained.",
        "%(labels)s labels were given since the network was trained.",
        labels,
    ) % {"labels": integer(labels)}
    needed = ENOUGH_IF_WORSE if worse else ENOUGH
    if labels >= needed:
        return f"{waiting} {_('A retraining is worth it.')}"
    more = _("A retraining is worth it from about %(needed)s on.") % {"needed": integer(needed)}
    if worse:
        hint = _("Drawings are read worse than last month: label more of these.")
        return f"{hint} {waiting} {more}"
    return f"{waiting} {more}"
