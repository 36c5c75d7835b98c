"""Other ways in which the same person could have drawn the same thing.

Strokes are bent as strokes and then painted and preprocessed like a visitor's drawing; MNIST and
corrections, which have no strokes, are bent as pixels. One drawing takes about a third of a
millisecond, a correction half of one.
"""

from functools import cache
from typing import Any

import cv2
import numpy as np

from ml import preprocessing
from ml.strokes import Strokes, paint, place

Array = np.ndarray[Any, np.dtype[Any]]
Random = np.random.Generator

# Painting smaller than the page does is faster and comes out the same in 28x28, as only the
# ratio of pen to drawing counts. From 6 px on the page's largest digit to 30 px on a small one:
PEN_RATIO = (0.02, 0.22)
_CANVAS = 144
_PART = 0.94

# How often a drawing gets a mark of style that MNIST has too little of.
SLASHED_ZERO = 0.1
BARRED_SEVEN = 0.1
FOOTED_ONE = 0.15
FLAGGED_ONE = 0.15

# How often an image of MNIST is left as it is: every way of bending blurs it.
UNBENT = 0.2

# A visitor's 28x28 image gets a margin, so that nothing is bent out of it, and so many times the
# side. There each step of this tip makes lines thinner or thicker by two thirds of a pixel of the
# 28x28: so many steps at the most, thinner and thicker, as the finest and the widest pen of the
# page would on a drawing of common size.
_MARGIN = 4
_FINER = 3
_TIP = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
_THINNER, _THICKER = 2, 3


def drawn(strokes: Strokes, rng: Random) -> Array:
    """Paint strokes with a random pen and preprocess: uint8 (28, 28)."""
    low, high = np.log(PEN_RATIO)
    pen = max(2, round(_CANVAS * float(np.exp(rng.uniform(low, high)))))
    placed = place(strokes, part=_PART, canvas=_CANVAS, pen=pen)
    return preprocessing.preprocess(paint(placed, canvas=_CANVAS, pen=pen))


def bend(strokes: Strokes, rng: Random) -> Strokes:
    """Turn, slant, stretch, wave, shake and smooth, each a little."""
    every = np.concatenate(strokes)
    center = (every.min(axis=0) + every.max(axis=0)) / 2
    size = max(float((every.max(axis=0) - every.min(axis=0)).max()), 1.0)
    angle = np.clip(rng.normal(0, np.deg2rad(9)), -0.45, 0.45)
    stretch = np.exp(rng.normal(0, 0.13, 2))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    slant = np.array([[1, 0], [rng.normal(0, 0.15), 1]])
    matrix = np.diag(stretch) @ slant @ turn
    # Two slow waves move whole parts of the drawing; the shake is of the hand and the mouse.
    waves = rng.uniform(2, 6, (2, 2)), rng.uniform(0, 2 * np.pi, 2), rng.normal(0, 0.025, 2)
    shake = abs(rng.normal(0, 0.006))
    coarse, smooth = rng.random() < 0.25, rng.random() < 0.3
    bent = []
    for points in strokes:
        unit = (points - center) / size
        if coarse and len(unit) > 6:
            # A slow computer reports fewer points of a fast mouse.
            unit = np.concatenate([unit[:-1:2], unit[-1:]])
        moved = unit + np.sin(unit @ waves[0] + waves[1]) * waves[2]
        moved = moved + rng.normal(0, shake, moved.shape)
        if smooth and len(moved) > 4:
            moved[1:-1] = (moved[:-2] + 2 * moved[1:-1] + moved[2:]) / 4
        bent.append((moved @ matrix * size).astype(np.float32))
    return bent


def restyle(strokes: Strokes, digit: int, rng: Random) -> Strokes:
    """Sometimes add a zero's slash, a seven's bar, a one's foot or flag."""
    chance = rng.random()
    every = np.concatenate(strokes)
    low, high = every.min(axis=0), every.max(axis=0)
    width, height = high - low
    middle = (low + high) / 2
    if digit == 0 and chance < SLASHED_ZERO and len(strokes) == 1 and width > 0.35 * height:
        reach = rng.uniform(0.3, 0.62, 2)
        end = np.array([width, -height]) * reach
        return [*strokes, _line(middle - end, middle + end * rng.uniform(0.8, 1.2, 2))]
    if digit == 7 and chance < BARRED_SEVEN and len(strokes) == 1:
        reach, y = rng.uniform(0.25, 0.5) * width, middle[1] + rng.uniform(-0.1, 0.12) * height
        x = middle[0] + rng.uniform(-0.05, 0.2) * width
        return [*strokes, _line((x - reach, y + rng.normal(0, 0.04) * height), (x + reach, y))]
    if digit == 1 and len(strokes) == 1 and width < 0.3 * height:
        points = strokes[0] if strokes[0][0, 1] < strokes[0][-1, 1] else strokes[0][::-1]
        top, bottom, added = points[0], points[-1], []
        if chance < FLAGGED_ONE + FOOTED_ONE / 2:
            # Steep, because with a flat one it is a seven.
            reach = rng.uniform(0.1, 0.3) * height
            added.append(_line(top + (-reach, reach * rng.uniform(0.7, 1.6)), top))
        if FLAGGED_ONE < chance < FLAGGED_ONE + FOOTED_ONE:
            left, right = rng.uniform(0.12, 0.4, 2) * height
            tilt = rng.normal(0, 0.03) * height
            added.append(_line(bottom - (left, tilt), bottom + (right, tilt)))
        return [*added[:1], points, *added[1:]] if added else strokes
    return strokes


def distorted(pixels: Array, rng: Random) -> Array:
    """Bend an image uint8 (28, 28) of MNIST, mostly: turn, slant, scale, shift and ripple."""
    bent = pixels if rng.random() < UNBENT else _bent(pixels, rng)
    # Half of them as preprocessing places them, half as MNIST's own rounding might have.
    return preprocessing.preprocess(np.pad(bent, 2)) if rng.random() < 0.5 else bent


def redrawn(pixels: Array, rng: Random) -> Array:
    """Bend what a visitor drew, as if it were drawn again with another pen: uint8 (28, 28).

    pixels: uint8 (28, 28), as preprocessing made it of strokes with sharp edges. Enlarged and made
    sharp again they are bent without being blurred.
    """
    padded = np.pad(pixels, _MARGIN)
    large = cv2.resize(padded, None, fx=_FINER, fy=_FINER, interpolation=cv2.INTER_CUBIC)
    _, sharp = cv2.threshold(large, float(large.max() / 2), 255, cv2.THRESH_BINARY)
    steps = int(rng.integers(-_THINNER, _THICKER + 1))
    line = cv2.dilate(sharp, _TIP, iterations=max(steps, 0))
    if steps < 0:
        thin = cv2.erode(sharp, _TIP, iterations=-steps)
        if cv2.countNonZero(thin) > cv2.countNonZero(sharp) / 3:  # else it is a fine line already
            line = thin
    return preprocessing.preprocess(_bent(line, rng))


def _bent(pixels: Array, rng: Random) -> Array:
    side = len(pixels)
    angle = np.clip(rng.normal(0, np.deg2rad(8)), -0.4, 0.4)
    stretch = np.exp(rng.normal(0, 0.09, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1, rng.normal(0, 0.15)], [0, 1]]) @ np.diag(stretch)
    moved = _grid(side) @ matrix.T.astype(np.float32)
    ripple = rng.normal(0, rng.uniform(0, 1.1), (6, 6, 2)).astype(np.float32)
    moved += cv2.resize(ripple, (side, side), interpolation=cv2.INTER_CUBIC) * (side / 28)
    moved += ((side - 1) / 2 + rng.normal(0, 0.6, 2)).astype(np.float32)
    return cv2.remap(pixels, moved, None, cv2.INTER_CUBIC)


@cache
def _grid(side: int) -> Array:
    """x and y of every pixel, from the middle: float32 (side, side, 2)."""
    line = np.arange(side, dtype=np.float32) - (side - 1) / 2
    return np.stack(np.meshgrid(line, line), axis=-1)


def nonsense(strokes: list[Strokes], rng: Random) -> Strokes:
    """Something that is not one digit: two of them, a scribble, a frame or a sign.

    strokes: digits to make pairs of.
    """
    kind = rng.random()
    if kind < 0.4:
        return _pair(strokes, rng)
    if kind < 0.75:
        return _scribble(rng)
    return _sign(rng)


def _pair(strokes: list[Strokes], rng: Random) -> Strokes:
    """Two or three digits side by side, as in "12"."""
    pair: Strokes = []
    x = 0.0
    for index in rng.integers(len(strokes), size=2 if rng.random() < 0.85 else 3):
        digit = place(bend(strokes[index], rng), part=rng.uniform(0.8, 1.1), canvas=100, pen=1)
        every = np.concatenate(digit)
        low = every.min(axis=0)
        shift = (x - low[0], -low[1] + rng.normal(0, 6))
        pair += [points + np.array(shift, np.float32) for points in digit]
        x = max(float(np.concatenate(pair)[:, 0].max()), x + 15) + rng.uniform(2, 45)
    return pair


def _scribble(rng: Random) -> Strokes:
    scribble = []
    for _ in range(rng.integers(1, 4)):
        n = int(rng.integers(20, 90))
        kind = rng.random()
        t = np.linspace(0, 1, n)
        if kind < 0.3:  # to and fro, as one fills or strikes out
            swings = rng.uniform(5, 14)
            points = np.stack([np.sin(t * swings * np.pi), t * rng.uniform(0.3, 2)], axis=1)
        elif kind < 0.5:  # round and round
            radius = np.linspace(1, rng.uniform(0.1, 1.3), n)
            turns = t * rng.uniform(3, 7) * 2 * np.pi
            points = np.stack([np.cos(turns) * radius, np.sin(turns) * radius], axis=1)
            points[:, 0] += t * rng.uniform(0, 3)
        else:  # wandering
            speed = np.cumsum(rng.normal(0, 0.5, (n, 2)), axis=0) * 0.3 + rng.normal(0, 1, (n, 2))
            points = np.cumsum(speed, axis=0) / n
        angle = rng.uniform(0, np.pi)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        scribble.append(((points @ turn + rng.normal(0, 0.4, 2)) * 60).astype(np.float32))
    return scribble


def _sign(rng: Random) -> Strokes:
    """A frame, a cross, a star, a tick, an arrow, a dot, a line across, a wave, or two of these."""
    sign: Strokes = _SIGNS[rng.integers(len(_SIGNS))]
    if rng.random() < 0.15:
        other = _SIGNS[rng.integers(len(_SIGNS))]
        sign = [*sign, *(points * 0.6 + rng.normal(0, 40, 2) for points in other)]
    return [np.asarray(points, np.float32) for points in sign]


def _line(start: Any, end: Any) -> Array:
    return np.linspace(start, end, 8).astype(np.float32)


def _polygon(corners: int, step: int = 1, turn: float = 0.0) -> Array:
    """Closed; step 2 of 5 corners makes a star."""
    angles = (np.arange(corners + 1) * step / corners + turn) * 2 * np.pi
    edges = np.stack([np.sin(angles), -np.cos(angles)], axis=1) * 100
    return np.concatenate([_line(a, b) for a, b in zip(edges, edges[1:], strict=False)])


_FRAME = _polygon(4, turn=0.125)
_WAVE = np.stack([np.linspace(-100, 100, 40), 30 * np.sin(np.linspace(0, 12, 40))], axis=1)
_HEART_T = np.linspace(0, 2 * np.pi, 40)
_HEART = np.stack(
    [
        96 * np.sin(_HEART_T) ** 3,
        -6 * (13 * np.cos(_HEART_T) - 5 * np.cos(2 * _HEART_T) - 2 * np.cos(3 * _HEART_T)),
    ],
    axis=1,
)
_SIGNS: list[Strokes] = [
    [_FRAME],
    [_FRAME * (1.6, 1)],
    [_FRAME, _FRAME * 0.8],
    [_FRAME, _line((-70, -70), (70, 70)), _line((-70, 70), (70, -70))],
    [_polygon(3)],
    [_polygon(3, turn=0.5)],
    [_polygon(4)],
    [_polygon(5, step=2)],
    [_line((-80, -80), (80, 80)), _line((-80, 80), (80, -80))],
    [_line((-90, 0), (90, 0)), _line((0, -90), (0, 90))],
    [_line((-60, 0), (-20, 60)), _line((-20, 60), (80, -80))],
    [_line((-100, 0), (100, 0)), _line((60, -40), (100, 0)), _line((60, 40), (100, 0))],
    [_line((0, -100), (0, 100)), _line((-40, -60), (0, -100)), _line((40, -60), (0, -100))],
    [_line((-100, 0), (100, 0))],
    [_line((-100, -30), (100, -30)), _line((-100, 30), (100, 30))],
    [_line((-50, -90), (-50, 90)), _line((50, -90), (50, 90))],
    [_line((-60, -90), (-60, 90)), _line((0, -90), (0, 90)), _line((60, -90), (60, 90))],
    [_line((-90, -40), (90, -40)), _line((-90, 40), (90, 40)), _line((-40, -90), (-40, 90)),
     _line((40, -90), (40, 90))],
    [np.zeros((1, 2), np.float32)],
    [np.zeros((1, 2), np.float32), np.array([[60.0, 5.0]])],
    [_WAVE],
    [_HEART],
    [_polygon(32), _line((-35, -30), (-35, -20)), _line((35, -30), (35, -20)),
     np.stack([np.linspace(-50, 50, 20), 35 + 20 * np.sin(np.linspace(0, np.pi, 20))], axis=1)],
]
