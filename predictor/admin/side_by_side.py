"""Two networks on the same drawings: how far to trust their confidence, and what each confuses."""

from __future__ import annotations

from dataclasses import dataclass
from math import log1p

import numpy as np
from django.utils.translation import gettext as _

from digitsite.formats import integer, percent
from ml.metrics import BINS
from predictor.admin.figures import Cell, Matrix
from predictor.models import VISITOR_LABELS, Comparison, Label
from predictor.statistics import CalibrationBin, Proportion

# The plot has accuracy over confidence in a box of 100 by 100, and below it a bar for each bin.
BAR_BASE, BAR_HEIGHT, BAR_WIDTH = 124, 20, 100 / BINS / 2

Bins = dict[int, CalibrationBin]


@dataclass(frozen=True)
class Side:
    """One network: its part of the plot, as the paths of an SVG, and its confusion matrix."""

    role: str  # "new" or "old"
    name: str
    bins: Bins
    most: int  # drawings in a bin of either
    confusion: Matrix

    def line(self) -> str:
        return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in self._points())

    def dots(self) -> str:
        return "".join(f"M{x:.2f} {y:.2f}h0" for x, y in self._points())

    def intervals(self) -> str:
        ends = ((bin.confidence, *bin.accuracy.bounds) for bin in self.bins.values())
        return "".join(
            f"M{100 * x:.2f} {100 - 100 * low:.2f}V{100 - 100 * high:.2f}" for x, low, high in ends
        )

    def bars(self) -> str:
        """On a logarithmic scale: nearly all answers are in the last bin."""
        place, unit = self.role == "old", BAR_HEIGHT / log1p(self.most)
        return "".join(
            f"M{BAR_WIDTH * (2 * i + place):.2f} {BAR_BASE}v{-unit * log1p(bin.accuracy.total):.2f}"
            f"h{BAR_WIDTH:.2f}V{BAR_BASE}z"
            for i, bin in self.bins.items()
        )

    def _points(self) -> list[tuple[float, float]]:
        return [
            (100 * bin.confidence, 100 - 100 * bin.accuracy.value) for bin in self.bins.values()
        ]


@dataclass(frozen=True)
class SideBySide:
    sides: list[Side]  # the new network's, the old one's

    def ticks(self) -> list[tuple[int, int, str]]:
        """Where they are on each axis, and what is written there."""
        return [(tick, 100 - tick, percent(tick / 100, 0)) for tick in (0, 50, 100)]

    def bins(self) -> list[tuple[str, list[str]]]:
        """The plot as rows of a table: of each bin its name, and of each network four columns."""
        found = [side.bins for side in self.sides]
        named = {i: str(bin) for bins in found for i, bin in bins.items()}
        return [
            (named[i], [text for bins in found for text in _columns(bins.get(i))])
            for i in sorted(named)
        ]


def side_by_side(comparison: Comparison, part: str) -> SideBySide | None:
    """Return None where the comparison is of a time when this was not stored yet."""
    report = comparison.report[part]
    new, old = report["new"], report["old"]
    if "confusion" not in new:
        return None
    bins = [_bins(side["calibration_bins"]) for side in (new, old)]
    most = max((bin.accuracy.total for each in bins for bin in each.values()), default=0)
    names = (
        _("%(version)s (new)") % {"version": comparison.new_id},
        _("%(version)s (old)") % {"version": comparison.old_id},
    )
    return SideBySide(
        [
            Side("new", names[0], bins[0], most, _matrix(new["confusion"], old["confusion"])),
            Side("old", names[1], bins[1], most, _matrix(old["confusion"], new["confusion"])),
        ]
    )


def _bins(sums: list[list[float]]) -> Bins:
    """sums: of drawings, confidences and right answers, as from `ml.metrics.calibration_bins`."""
    return {
        i: CalibrationBin(
            i / BINS, (i + 1) / BINS, confidence / total, Proportion(int(right), int(total))
        )
        for i, (total, confidence, right) in enumerate(zip(*sums, strict=True))
        if total
    }


def _columns(bin: CalibrationBin | None) -> list[str]:
    if bin is None:
        return ["0", "", "", ""]
    return [
        integer(bin.accuracy.total),
        percent(bin.confidence, 2),
        str(bin.accuracy),
        bin.accuracy.interval(),
    ]


def _matrix(counts: list[list[int]], others: list[list[int]]) -> Matrix:
    """A row for each label. Without "not a digit" where no drawing is that, nor is read as that.

    others: the counts of the other network, which confuses less often what is marked here.
    """
    both = np.array([counts, others])
    size = 11 if both[:, Label.NOT_A_DIGIT].any() or both[..., Label.NOT_A_DIGIT].any() else 10
    return [
        (str(name), [_cell(counts[i][j], others[i][j], i == j) for j in range(size)])
        for i, name in VISITOR_LABELS[:size]
    ]


def _cell(count: int, other: int, right: bool) -> Cell:
    shade = "right" if right else "wrong" if count > other else ""
    return Cell(integer(count), shade if count else "zero")
