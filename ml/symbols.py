"""Symbols that nobody takes for a digit: signs, letters of other alphabets, small drawings."""

from itertools import pairwise

import numpy as np

from ml.arrays import FloatArray
from ml.glyphs import line
from ml.strokes import Strokes

# Each about 200 wide or high, around 0.


def _polygon(corners: int, step: int = 1, turn: float = 0.0) -> FloatArray:
    """Closed; step 2 of 5 corners makes a star."""
    angles = (np.arange(corners + 1) * step / corners + turn) * 2 * np.pi
    edges = np.stack([np.sin(angles), -np.cos(angles)], axis=1) * 100
    return np.concatenate([line(a, b) for a, b in pairwise(edges)])


def _path(*corners: tuple[float, float]) -> FloatArray:
    return np.concatenate([line(a, b) for a, b in pairwise(corners)])


_ARC_UP = np.stack(
    [100 * np.cos(np.linspace(np.pi, 0, 24)), -100 * np.sin(np.linspace(0, np.pi, 24))], axis=1
)
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
SYMBOLS: list[Strokes] = [
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
    # A house, a fish, a tree, a stick figure, a flag, a key, a bolt, a cloud.
    [
        _FRAME * (0.9, 0.8),
        _path((-70, -62), (0, -125), (70, -62)),
        _path((-15, 55), (-15, 5), (15, 5), (15, 55)),
    ],
    [_ARC_UP * (1.2, 0.5), _ARC_UP * (1.2, -0.5), _path((100, 0), (140, -35), (140, 35), (100, 0))],
    [_path((0, -110), (-60, 20), (60, 20), (0, -110)), _path((0, 20), (0, 90))],
    [
        _polygon(24) * 0.28 + (0, -75),
        _path((0, -47), (0, 30), (-40, 95)),
        line((0, 30), (40, 95)),
        line((-50, -15), (50, -15)),
    ],
    [_path((-50, 110), (-50, -100), (60, -65), (-50, -30))],
    [_polygon(24) * 0.35 + (-60, 0), _path((-25, 0), (100, 0), (100, 35)), line((70, 0), (70, 28))],
    [_path((20, -110), (-45, 15), (10, 5), (-25, 110), (60, -20), (5, -8), (20, -110))],
    # Greek, Cyrillic, mathematics and trade.
    [
        _path((-70, -60), (75, -60)),
        _path((-35, -60), (-40, 80)),
        _path((30, -60), (30, 60), (50, 80)),
    ],
    [_path((70, -90), (-70, -90), (10, 0), (-70, 90), (70, 90))],
    [_path((-60, -95), (-20, -80), (60, 95)), line((8, -10), (-60, 95))],
    [
        line((0, -95), (0, 95)),
        _path((-85, -95), (0, 0), (-85, 95)),
        _path((85, -95), (0, 0), (85, 95)),
    ],
    [
        _path((-90, -90), (-90, 70), (70, 70), (70, -90)),
        line((-10, -90), (-10, 70)),
        _path((70, 70), (95, 70), (95, 105)),
    ],
    [_path((-70, 90), (-70, -90), (70, -90), (70, 90))],
    [_path((-80, 10), (-50, 0), (-20, 90), (20, -90), (110, -90))],
    [
        _ARC_UP * (0.5, 0.5) + (-50, 0),
        _ARC_UP * (0.5, -0.5) + (-50, 0),
        _ARC_UP * (0.5, 0.5) + (50, 0),
        _ARC_UP * (0.5, -0.5) + (50, 0),
    ],
    [line((60, -95), (-60, 95)), _polygon(20) * 0.3 + (-55, -60), _polygon(20) * 0.3 + (55, 60)],
    [_polygon(24)[20:172] * 0.95, line((-110, -20), (20, -20)), line((-110, 20), (10, 20))],
    [line((-90, 0), (90, 0)), _polygon(8) * 0.08 + (0, -55), _polygon(8) * 0.08 + (0, 55)],
    [line((-80, -35), (80, -35)), line((-80, 35), (80, 35)), line((45, -95), (-45, 95))],
    [_path((90, -60), (-80, 0), (90, 60))],
    [_polygon(32), _polygon(32) * 0.55],
    [_polygon(6), _polygon(6) * 0.5],
    [_path((-100, 60), (-50, -60), (0, 60), (50, -60), (100, 60))],
    [_path((-90, 50), (-90, -50), (-30, -50), (-30, 50), (30, 50), (30, -50), (90, -50), (90, 50))],
]
