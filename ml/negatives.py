"""Drawings that are not one digit, made up to learn to reject them."""

from itertools import pairwise

import numpy as np

from ml.arrays import FloatArray
from ml.augment import Random, line, warp_strokes
from ml.strokes import Strokes, place


def synthetic_negative(digits: list[Strokes], rng: Random) -> Strokes:
    """Make up something that is not one digit: two of them, a scribble or a symbol.

    digits: to make pairs of.
    """
    kind = rng.random()
    if kind < 0.4:
        return _pair(digits, rng)
    if kind < 0.75:
        return _scribble(rng)
    return _symbol(rng)


def _pair(digits: list[Strokes], rng: Random) -> Strokes:
    """Put two or three digits side by side, as in "12"."""
    pair: Strokes = []
    x = 0.0
    for index in rng.integers(len(digits), size=2 if rng.random() < 0.85 else 3):
        digit = place(
            warp_strokes(digits[index], rng), fraction=rng.uniform(0.8, 1.1), canvas=100, pen=1
        )
        every = np.concatenate(digit)
        low = every.min(axis=0)
        shift = (x - low[0], -low[1] + rng.normal(0, 6))
        pair += [points + np.array(shift, np.float32) for points in digit]
        x = max(float(np.concatenate(pair)[:, 0].max()), x + 15) + rng.uniform(2, 45)
    return pair


def _scribble(rng: Random) -> Strokes:
    return [_scribbledline(rng) for _ in range(rng.integers(1, 4))]


def _scribbledline(rng: Random) -> FloatArray:
    n = int(rng.integers(20, 90))
    kind = rng.random()
    if kind < 0.3:
        points = _zigzag(np.linspace(0, 1, n), rng)
    elif kind < 0.5:
        points = _spiral(np.linspace(0, 1, n), rng)
    else:
        points = _wandering(n, rng)
    angle = rng.uniform(0, np.pi)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray((points @ rotation + rng.normal(0, 0.4, 2)) * 60, np.float32)


def _zigzag(t: FloatArray, rng: Random) -> FloatArray:
    """To and fro, as one fills or strikes out."""
    swings = rng.uniform(5, 14)
    return np.stack([np.sin(t * swings * np.pi), t * rng.uniform(0.3, 2)], axis=1)


def _spiral(t: FloatArray, rng: Random) -> FloatArray:
    radius = np.linspace(1, rng.uniform(0.1, 1.3), len(t))
    turns = t * rng.uniform(3, 7) * 2 * np.pi
    points = np.stack([np.cos(turns) * radius, np.sin(turns) * radius], axis=1)
    points[:, 0] += t * rng.uniform(0, 3)
    return points


def _wandering(n: int, rng: Random) -> FloatArray:
    speed = np.cumsum(rng.normal(0, 0.5, (n, 2)), axis=0) * 0.3 + rng.normal(0, 1, (n, 2))
    return np.cumsum(speed, axis=0) / n


def _symbol(rng: Random) -> Strokes:
    """A frame, a cross, a star, a tick, an arrow, a dot, a line across, a wave, or two of these."""
    symbol: Strokes = _SYMBOLS[rng.integers(len(_SYMBOLS))]
    if rng.random() < 0.15:
        second = _SYMBOLS[rng.integers(len(_SYMBOLS))]
        symbol = [*symbol, *(points * 0.6 + rng.normal(0, 40, 2) for points in second)]
    return [np.asarray(points, np.float32) for points in symbol]


def _polygon(corners: int, step: int = 1, turn: float = 0.0) -> FloatArray:
    """Closed; step 2 of 5 corners makes a star."""
    angles = (np.arange(corners + 1) * step / corners + turn) * 2 * np.pi
    edges = np.stack([np.sin(angles), -np.cos(angles)], axis=1) * 100
    return np.concatenate([line(a, b) for a, b in pairwise(edges)])


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
_SYMBOLS: list[Strokes] = [
    [_FRAME],
    [_FRAME * (1.6, 1)],
    [_FRAME, _FRAME * 0.8],
    [_FRAME, line((-70, -70), (70, 70)), line((-70, 70), (70, -70))],
    [_polygon(3)],
    [_polygon(3, turn=0.5)],
    [_polygon(4)],
    [_polygon(5, step=2)],
    [line((-80, -80), (80, 80)), line((-80, 80), (80, -80))],
    [line((-90, 0), (90, 0)), line((0, -90), (0, 90))],
    [line((-60, 0), (-20, 60)), line((-20, 60), (80, -80))],
    [line((-100, 0), (100, 0)), line((60, -40), (100, 0)), line((60, 40), (100, 0))],
    [line((0, -100), (0, 100)), line((-40, -60), (0, -100)), line((40, -60), (0, -100))],
    [line((-100, 0), (100, 0))],
    [line((-100, -30), (100, -30)), line((-100, 30), (100, 30))],
    [line((-50, -90), (-50, 90)), line((50, -90), (50, 90))],
    [line((-60, -90), (-60, 90)), line((0, -90), (0, 90)), line((60, -90), (60, 90))],
    [
        line((-90, -40), (90, -40)),
        line((-90, 40), (90, 40)),
        line((-40, -90), (-40, 90)),
        line((40, -90), (40, 90)),
    ],
    [np.zeros((1, 2), np.float32)],
    [np.zeros((1, 2), np.float32), np.array([[60.0, 5.0]])],
    [_WAVE],
    [_HEART],
    [
        _polygon(32),
        line((-35, -30), (-35, -20)),
        line((35, -30), (35, -20)),
        np.stack([np.linspace(-50, 50, 20), 35 + 20 * np.sin(np.linspace(0, np.pi, 20))], axis=1),
    ],
]
