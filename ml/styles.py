"""Other styles of writing the same digit: strokes, bars, flags, feet and tails.

MNIST and the pen drawings have too few of them, because each is a habit of some countries' schools.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ml.arrays import FloatArray
from ml.strokes import Strokes

Random = np.random.Generator
Style = Callable[[FloatArray, Random], Strokes | None]

# How often a drawing gets one of its digit's styles.
STYLED = {0: 0.2, 1: 0.35, 5: 0.12, 7: 0.2, 9: 0.15}


def vary_style(strokes: Strokes, digit: int, rng: Random) -> Strokes:
    """Sometimes write a digit in another style. What has several strokes has one already."""
    if len(strokes) > 1 or len(strokes[0]) < 2 or rng.random() >= STYLED.get(digit, 0):
        return strokes
    styles = _STYLES[digit]
    return styles[rng.integers(len(styles))](strokes[0], rng) or strokes


def line(start: Any, end: Any) -> FloatArray:
    """Return points on a straight line: float32 (8, 2)."""
    return np.linspace(start, end, 8).astype(np.float32)


def curve(*controls: Any) -> FloatArray:
    """Return points of the Bézier curve of these control points: float32 (16, 2)."""
    points = np.array(controls, np.float64)[:, None]
    t = np.linspace(0, 1, 16)[:, None]
    while len(points) > 1:  # De Casteljau's algorithm
        points = points[:-1] * (1 - t) + points[1:] * t
    return np.asarray(points[0], np.float32)


def box(strokes: Strokes) -> tuple[FloatArray, FloatArray]:
    """Return the middle, and width and height."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    return (low + high) / 2, high - low


def _downwards(points: FloatArray) -> FloatArray:
    return points if points[0, 1] < points[-1, 1] else points[::-1]


def _direction(degrees: float) -> FloatArray:
    return np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))])


def _struck_zero(points: FloatArray, rng: Random) -> Strokes | None:
    """Struck through upright, level or aslant, within the ring or far beyond it."""
    middle, (width, height) = box([points])
    if width < 0.3 * height:
        return None
    direction = _direction(rng.uniform(0, 180)) * np.array([width, height]) / 2
    reach = rng.uniform(0.6, 1.15) if rng.random() < 0.7 else rng.uniform(1.15, 1.9)
    shift = rng.normal(0, 0.08, 2) * (width, height)
    start = middle + shift - direction * reach * rng.uniform(0.8, 1.2)
    end = middle + shift + direction * reach * rng.uniform(0.8, 1.2)
    if rng.random() < 0.25:  # without lifting the pen
        near, far = sorted((start, end), key=lambda point: float(np.hypot(*(point - points[-1]))))
        return [np.concatenate([points, line(near, far)])]
    return [points, line(start, end)]


def _barred_seven(points: FloatArray, rng: Random) -> Strokes:
    """Barred in the middle or low down, level or aslant."""
    middle, (width, height) = box([points])
    y = middle[1] + rng.uniform(-0.12, 0.25) * height
    x = _x_at(points, y) + rng.normal(0, 0.08) * width
    left, right = rng.uniform(0.15, 0.5, 2) * max(width, 0.5 * height)
    tilt = rng.normal(0, 0.07) * height
    return [points, line((x - left, y + tilt), (x + right, y - tilt))]


def _looped_seven(points: FloatArray, rng: Random) -> Strokes:
    """With a bar that the pen goes on to from the foot, in a loop."""
    _, (width, height) = box([points])
    points = _downwards(points)
    foot = points[-1]
    y = foot[1] - rng.uniform(0.25, 0.5) * height
    x = _x_at(points, y)
    left, right = rng.uniform(0.15, 0.45, 2) * max(width, 0.5 * height)
    bar = (x - left, y + rng.normal(0, 0.06) * height)
    swing = foot + np.array([-rng.uniform(0.1, 0.5) * width, rng.uniform(-0.1, 0.05) * height])
    back = curve(foot, swing, (bar[0] - 0.1 * width, bar[1] + 0.1 * height), bar)
    return [np.concatenate([points, back, line(bar, (x + right, y))])]


def _hooked_seven(points: FloatArray, rng: Random) -> Strokes:
    """With a serif at the left end of its roof."""
    _, (_, height) = box([points])
    points = _downwards(points)
    drop = np.array([rng.normal(0, 0.04), rng.uniform(0.08, 0.25)]) * height
    return [np.concatenate([line(points[0] + drop, points[0]), points])]


def _x_at(points: FloatArray, y: float) -> float:
    """Where the last part of a stroke is at this height."""
    later = points[len(points) // 2 :]
    return float(later[np.abs(later[:, 1] - y).argmin(), 0])


def _flagged_one(points: FloatArray, rng: Random) -> Strokes | None:
    plain = _plain_one(points)
    if plain is None:
        return None
    height = np.ptp(plain[:, 1])
    # Steep, because with a flat one it is a seven; some people write it flat and short.
    slope = rng.uniform(35, 75) if rng.random() < 0.85 else rng.uniform(0, 35)
    reach = rng.uniform(0.15, 0.5 if slope > 45 else 0.3) * height
    tip = plain[0] + _direction(180 - slope) * reach
    flag = curve(tip, (tip + plain[0]) / 2 + rng.normal(0, 0.05, 2) * height, plain[0])
    return [np.concatenate([flag, plain])]


def _footed_one(points: FloatArray, rng: Random) -> Strokes | None:
    """With a foot, straight or curved, mostly flagged too."""
    plain = _plain_one(points)
    if plain is None:
        return None
    height = np.ptp(plain[:, 1])
    left, right = rng.uniform(0.12, 0.42, 2) * height
    tilt, bend = rng.normal(0, 0.04, 2) * height
    bottom = plain[-1]
    foot = curve(bottom - (left, tilt), bottom + (0, bend), bottom + (right, tilt))
    flagged = _flagged_one(plain, rng) if rng.random() < 0.7 else None
    stem = flagged[0] if flagged else plain
    if rng.random() < 0.25:  # without lifting the pen
        return [np.concatenate([stem, foot])]
    return [stem, foot]


def _plain_one(points: FloatArray) -> FloatArray | None:
    """From top to bottom, if it is one line."""
    _, (width, height) = box([points])
    return _downwards(points) if width < 0.3 * height else None


def _crossed_five(points: FloatArray, rng: Random) -> Strokes | None:
    """With its roof as a stroke of its own, which crosses the stem or misses it."""
    middle, (width, height) = box([points])
    early = points[: len(points) // 2]
    corner = int(early[:, 0].argmin()) if len(early) else 0
    if corner < 1 or points[0, 0] < middle[0] or points[corner, 1] > middle[1]:
        return None  # it does not begin at the right end of its roof
    stem = points[corner:]
    y = stem[0, 1] + rng.uniform(-0.06, 0.14) * height
    start = (stem[0, 0] - rng.uniform(-0.1, 0.3) * width, y + rng.normal(0, 0.05) * height)
    end = (points[0, 0] + rng.uniform(-0.1, 0.25) * width, y + rng.normal(0, 0.05) * height)
    return [stem, line(start, end)]


def _curled_nine(points: FloatArray, rng: Random) -> Strokes | None:
    """With a tail that curls to the left, as a g's or a 3's does."""
    middle, (width, height) = box([points])
    end = points[-1]
    run, fall = end - points[-1 - len(points) // 8]
    if end[1] < middle[1] + 0.3 * height or fall < abs(run):
        return None  # it does not end at its foot, or curls already
    reach, depth = rng.uniform(0.3, 0.9) * width, rng.uniform(0.08, 0.3) * height
    rise = rng.uniform(-0.05, 0.25) * height
    tip = end + (-reach, depth - rise)
    low = end + (-0.3 * reach, 1.5 * depth)
    return [np.concatenate([points, curve(end, end + (0, depth), low, tip)])]


_STYLES: dict[int, list[Style]] = {
    0: [_struck_zero],
    1: [_flagged_one, _footed_one],
    5: [_crossed_five],
    7: [_barred_seven, _looped_seven, _hooked_seven],
    9: [_curled_nine],
}
