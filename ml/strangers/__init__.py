"""Simulated strangers: what tablets that the network never saw make of people's pen strokes.

Whoever wants to know whether a network learns from corrections needs drawings that it reads badly
at first, by many people, with labels. Each function takes strokes and returns new ones; the same
random numbers give the same drawing.
"""

from collections.abc import Callable

import numpy as np

from ml.arrays import FloatArray
from ml.glyphs import Random
from ml.strokes import Strokes
from ml.styles import box

Stranger = Callable[[Strokes, Random], Strokes]


def lose_pen_ups(strokes: Strokes, rng: Random) -> Strokes:
    """Draw all in one stroke: the tablet does not notice that the pen was lifted."""
    return [np.concatenate(strokes)]


def snap_to_grid(strokes: Strokes, rng: Random) -> Strokes:
    """Move every point to a grid of 7 to 10 cells along the longer side: few sensors."""
    step = _size(strokes) / rng.uniform(7, 10)
    snapped = [np.rint(points / step) * step for points in strokes]
    return [points[_changes(points)].astype(np.float32) for points in snapped]


def slant(strokes: Strokes, rng: Random) -> Strokes:
    """Lean to the right by 36 to 47 degrees: the tablet lies askew under the hand."""
    return _transformed(strokes, np.array([[1, 0], [-rng.uniform(0.75, 1.1), 1]]))


def squeeze(strokes: Strokes, rng: Random) -> Strokes:
    """Make it 0.3 to 0.45 times as wide: a wide canvas that is shown on a square one."""
    return _transformed(strokes, np.diag([rng.uniform(0.3, 0.45), 1]))


def flatten(strokes: Strokes, rng: Random) -> Strokes:
    """Make it 0.3 to 0.45 times as high: a high canvas that is shown on a square one."""
    return _transformed(strokes, np.diag([1, rng.uniform(0.3, 0.45)]))


def lose_starts(strokes: Strokes, rng: Random) -> Strokes:
    """Leave out the first 5 to 20 percent of every stroke's points: the pen is felt too late."""
    return [points[int(rng.uniform(0.05, 0.2) * len(points)) :] for points in strokes]


def sample_rarely(strokes: Strokes, rng: Random) -> Strokes:
    """Keep both ends of every stroke and 4 or 5 points between them: a slow tablet."""
    kept = []
    for points in strokes:
        count = min(len(points), int(rng.integers(6, 8)))
        kept.append(points[np.rint(np.linspace(0, len(points) - 1, count)).astype(int)])
    return kept


def shake(strokes: Strokes, rng: Random) -> Strokes:
    """Move every point by some 4 percent of the longer side: a tablet that shakes, or a train."""
    spread = 0.04 * _size(strokes)
    return [(points + rng.normal(0, spread, points.shape)).astype(np.float32) for points in strokes]


STRANGERS: dict[str, Stranger] = {
    "pen-ups lost": lose_pen_ups,
    "coarse grid": snap_to_grid,
    "slant": slant,
    "squeezed": squeeze,
    "flattened": flatten,
    "starts lost": lose_starts,
    "slow": sample_rarely,
    "shaking": shake,
}


def _size(strokes: Strokes) -> float:
    return max(float(box(strokes)[1].max()), 1.0)


def _changes(points: FloatArray) -> FloatArray:
    """Return which points are not where the one before is: bool (n,)."""
    moved: FloatArray = np.r_[True, (np.diff(points, axis=0) != 0).any(axis=1)]
    return moved


def _transformed(strokes: Strokes, matrix: FloatArray) -> Strokes:
    return [(points @ matrix).astype(np.float32) for points in strokes]
