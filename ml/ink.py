"""Strokes of many drawings as a few flat arrays, which is how exports for training hold them."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.arrays import Float32Array
from ml.strokes import LARGEST, Strokes, pen_widths, within

# One after the other: of a drawing without strokes only its count of zero is there.
ARRAYS = {
    "stroke_counts": np.dtype(np.int32),  # of each drawing
    "point_counts": np.dtype(np.int32),  # of each stroke
    "widths": np.dtype(np.float32),  # of each stroke's pen, in pixels of the page's canvas
    "points": np.dtype((np.float32, (2,))),  # x and y, in the same, y downwards
}


def pack(
    drawings: Sequence[Sequence[Sequence[Sequence[float]]]],
    widths: Sequence[Sequence[float] | None],
) -> dict[str, NDArray[Any]]:
    """Return what ARRAYS names: of all drawings at once, since their strokes are many and short.

    drawings: the strokes of each, and widths: of their pens, both as they are stored; they mean
        what they do to `ml.strokes.finite` and `pen_widths`.
    """
    kept = [[stroke for stroke in drawing if stroke and stroke[0]] for drawing in drawings]
    strokes = list(chain.from_iterable(kept))
    pens = map(pen_widths, kept, widths)
    x, y = (
        np.fromiter(chain.from_iterable(stroke[axis] for stroke in strokes), np.float64)
        for axis in (0, 1)
    )
    return {
        "stroke_counts": np.array([len(drawing) for drawing in kept], np.int32),
        "point_counts": np.array([len(stroke[0]) for stroke in strokes], np.int32),
        "widths": np.fromiter(chain.from_iterable(pens), np.float32),
        "points": within(np.stack([x, y], axis=1), LARGEST).astype(np.float32),
    }


def unpack(arrays: Mapping[str, NDArray[Any]]) -> tuple[list[Strokes], list[Float32Array]]:
    """Return the strokes of each drawing, float32 (points, 2), and their pens' widths.

    Raises KeyError, ValueError where the arrays are not those of `pack`.
    """
    stroke_counts, point_counts, widths, points = (arrays[name] for name in ARRAYS)
    lengths = (len(point_counts), len(widths), len(points))
    if lengths != (stroke_counts.sum(), len(point_counts), point_counts.sum()):
        raise ValueError("The counts of strokes and points don't add up.")
    strokes = np.split(points, np.cumsum(point_counts)[:-1]) if len(point_counts) else []
    ends = np.cumsum(stroke_counts)
    parts = [slice(end - count, end) for end, count in zip(ends, stroke_counts, strict=True)]
    return [strokes[part] for part in parts], [widths[part] for part in parts]
