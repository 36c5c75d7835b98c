"""Shapes written down as points, and drawn a little differently each time."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.arrays import FloatArray, IntArray
from ml.strokes import Strokes

Random = np.random.Generator

SHAKE = 3.5  # standard deviation of a point, where a shape is 100 high
_STEPS = 6  # points a piece of a curve


@dataclass(frozen=True)
class Glyph:
    """A shape of one or more strokes, each the points that its curve goes through."""

    strokes: tuple[tuple[FloatArray, IntArray], ...]  # points (n, 2); 2 for a corner, else 1

    def draw(self, rng: Random) -> Strokes:
        """Return its strokes, each point and each stroke shaken: float32 (points, 2)."""
        return [
            curve(np.repeat(_shaken(points, rng), times, axis=0)) for points, times in self.strokes
        ]


def glyph(text: str, *, sharp: bool = False) -> Glyph:
    """Read "x,y x,y! x,y; x,y x,y": a semicolon lifts the pen, "!" is a corner.

    y points downwards. sharp: every point is a corner.
    """
    return Glyph(tuple(_stroke(part.split(), sharp) for part in text.split(";")))


def _stroke(points: list[str], sharp: bool) -> tuple[FloatArray, IntArray]:
    numbers = [[float(number) for number in point.rstrip("!").split(",")] for point in points]
    return np.array(numbers), np.array([1 + (sharp or point[-1] == "!") for point in points])


def _shaken(points: FloatArray, rng: Random) -> FloatArray:
    shaken: FloatArray = points + rng.normal(0, SHAKE, points.shape) + rng.normal(0, SHAKE / 2, 2)
    return shaken


def curve(points: FloatArray) -> FloatArray:
    """Return a Catmull-Rom spline through points: float32. A point given twice is a corner."""
    if len(points) == 1:
        return points.astype(np.float32)
    padded = np.concatenate([points[:1], points, points[-1:]])
    pieces = np.stack([padded[i : len(padded) - 3 + i] for i in range(4)], axis=1)
    # Between the two points of a corner lies nothing.
    pieces = pieces[(pieces[:, 1] != pieces[:, 2]).any(axis=1)]
    smooth = np.einsum("tk,pkc->ptc", _BASIS, pieces).reshape(-1, 2)
    return np.concatenate([smooth, points[-1:]]).astype(np.float32)


def line(start: Any, end: Any) -> FloatArray:
    """Return points on a straight line: float32 (8, 2)."""
    return np.linspace(start, end, 8).astype(np.float32)


def _basis() -> FloatArray:
    """Return the weight of each of four points along the piece between the middle two."""
    t = np.arange(_STEPS) / _STEPS
    powers = np.stack([t**0, t, t**2, t**3], axis=1)
    spline = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2
    result: FloatArray = powers @ spline
    return result


_BASIS = _basis()
