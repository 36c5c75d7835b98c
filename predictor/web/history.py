"""A visitor's history: what it adds up to by their own word, and links to parts of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ml.metrics import wilson_interval
from predictor.models import DIGITS, VISITOR_LABELS, Label, Submission, SubmissionQuerySet

OUTCOMES = {
    "right": pgettext_lazy("read", "right"),
    "wrong": pgettext_lazy("read", "wrong"),
    "unsaid": _("not said"),
}
ZONE_COOKIE = "timezone"  # which static/js/base.js sets


@dataclass(frozen=True)
class Cell:
    """Drawings that are alike in what the visitor said and what the network read."""

    said: int | None
    is_digit: bool
    read: int
    drawings: int

    @property
    def predicted(self) -> int:
        return self.read if self.is_digit else Label.NOT_A_DIGIT

    @property
    def digit(self) -> int:
        """What it is, as far as the visitor's word goes."""
        return self.predicted if self.said is None else self.said

    @property
    def outcome(self) -> str:
        if self.said is None:
            return "unsaid"
        return "right" if self.said == self.predicted else "wrong"


@dataclass(frozen=True)
class Choice:
    """A link that filters, and how many it leaves."""

    text: str | Promise
    drawings: int
    query: str
    is_current: bool


@dataclass(frozen=True)
class Overview:
    cells: list[Cell]
    digit: int | None  # the filters in force
    outcome: str

    @classmethod
    def of(cls, drawings: SubmissionQuerySet, digit: int | None, outcome: str) -> Overview:
        return cls([Cell(*counted) for counted in drawings.counts()], digit, outcome)

    def count(self, digit: int | None = None, outcome: str = "") -> int:
        return sum(
            cell.drawings
            for cell in self.cells
            if digit in (None, cell.digit) and outcome in ("", cell.outcome)
        )

    def all(self) -> int:
        return self.count()

    def right(self) -> int:
        return self.count(outcome="right")

    def unsaid(self) -> int:
        return self.count(outcome="unsaid")

    def hardest(self) -> int | None:
        """The digit that was read wrongly the most surely often, if any was."""
        wrong = {digit: self.count(digit, "wrong") for digit in DIGITS}
        found = [digit for digit in DIGITS if wrong[digit]]
        said = {digit: wrong[digit] + self.count(digit, "right") for digit in found}
        return max(
            found, key=lambda digit: wilson_interval(wrong[digit], said[digit])[0], default=None
        )

    def filters(self) -> list[list[Choice]]:
        return [self.outcomes(), self.digits()]

    def outcomes(self) -> list[Choice]:
        words = {"": _("all"), **OUTCOMES}
        return self._some(self._choice(text, self.digit, value) for value, text in words.items())

    def digits(self) -> list[Choice]:
        words = [(None, _("any digit")), *VISITOR_LABELS]
        return self._some(self._choice(text, value, self.outcome) for value, text in words)

    def _choice(self, text: str | Promise, digit: int | None, outcome: str) -> Choice:
        asked = {"digit": digit, "outcome": outcome or None}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        is_current = (digit, outcome) == (self.digit, self.outcome)
        return Choice(text, self.count(digit, outcome), query, is_current)

    def _some(self, choices: Iterable[Choice]) -> list[Choice]:
        return [choice for choice in choices if choice.drawings or choice.is_current]


def by_day(drawings: list[Submission]) -> list[tuple[date, list[Submission]]]:
    """In the current time zone."""
    days = groupby(drawings, key=lambda drawing: timezone.localdate(drawing.created_at))
    return [(day, list(drawn)) for day, drawn in days]


def zone_of(request: HttpRequest) -> ZoneInfo | None:
    """The visitor's, if their browser named one that exists; else the site's."""
    try:
        return ZoneInfo(request.COOKIES[ZONE_COOKIE])
    except (LookupError, ValueError, OSError):
        return None
