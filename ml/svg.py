"""Pen strokes as SVG, with the curves that `ml.strokes.paint` renders."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.arrays import FloatArray
from ml.strokes import PEN, finite, on_canvas, toward

MAX_POINTS = 2000  # of a drawing: of more, its picture is lighter


@dataclass(frozen=True)
class Path:
    """A stroke on the canvas, and when it was drawn."""

    d: str
    width: float  # pixels of the canvas
    start: int  # milliseconds since the first stroke began
    duration: int  # milliseconds


def paths(
    strokes: Sequence[Sequence[Sequence[float]]] | None, widths: Sequence[float] | None
) -> list[Path]:
    """Return a path for each stroke; none where they were not drawn on the page's canvas.

    strokes: as they are stored, `[[[x, ...], [y, ...], [t, ...]], ...]`, t being optional.
    widths: of the pen for each, PEN where unknown.
    """
    lines = finite(strokes or [])
    if not on_canvas(lines) or sum(map(len, lines)) > MAX_POINTS:
        return []
    pens = widths or [PEN] * len(lines)
    times = _times(strokes or [])
    return [
        Path(_curve(points), width, start, end - start)
        for points, width, (start, end) in zip(lines, pens, times, strict=True)
    ]


def _times(strokes: Sequence[Sequence[Sequence[float]]]) -> list[tuple[int, int]]:
    """When each begins and ends: where no times are known, a second long, one after the other."""
    if any(len(stroke) < 3 for stroke in strokes):
        return [(1000 * index, 1000 * (index + 1)) for index in range(len(strokes))]
    first = strokes[0][2][0]
    return [(round(times[0] - first), round(times[-1] - first)) for *_, times in strokes]


def _curve(points: FloatArray) -> str:
    """Points are float (n, 2). In tenths of a pixel and relative, which is half as long."""
    starts = toward(points[1:-1], points[:-2])
    ends = toward(points[1:-1], points[2:])
    # From each to the next: a line to where a curve begins, the curve's corner and its end.
    stops = np.stack([starts, points[1:-1], ends], axis=1).reshape(-1, 2)
    # A tap is a dot, and a line of no length is nothing.
    tip = points[-1:] if len(points) > 1 else points + (0.1, 0)
    tenths = np.rint(np.concatenate([points[:1], stops, tip]) * 10).astype(int)
    return _written(tenths)


def _written(tenths: np.ndarray) -> str:
    """Whole numbers (2 + 3 corners, 2): the start, three for each corner, the end."""
    starts, corners, ends = tenths[1:-1].reshape(-1, 3, 2).swapaxes(0, 1)
    here = np.concatenate([tenths[:1], ends])
    steps = np.concatenate([starts - here[:-1], corners - starts, ends - starts], axis=1)
    first, last = (tenths[0] / 10).tolist(), ((tenths[-1] - here[-1]) / 10).tolist()
    curves = map(_step, (steps / 10).tolist())
    return f"M{_pair(*first)}{''.join(curves)}l{_pair(*last)}"


def _step(step: list[float]) -> str:
    """A line, where it has a length, and a curve after it."""
    x, y, corner_x, corner_y, end_x, end_y = step
    line = f"l{_pair(x, y)}" if x or y else ""
    return f"{line}q{_pair(corner_x, corner_y)} {_pair(end_x, end_y)}"


def _pair(x: float, y: float) -> str:
    return f"{x:g} {y:g}"
