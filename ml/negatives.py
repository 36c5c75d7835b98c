"""Drawings that are not one digit, made up to learn to reject them."""

import cv2
import numpy as np

from ml import preprocessing
from ml.arrays import FloatArray, UInt8Array
from ml.augment import warp_strokes
from ml.data import Drawings
from ml.glyphs import Random, line
from ml.strokes import Strokes, place
from ml.symbols import SYMBOLS

# Seen in a mirror, or turned by a quarter, these are none any more, nor another one.
MIRRORED = (3, 4, 7, 9)
TURNED = (2, 3, 4, 5, 7)


def synthetic_negative(digits: Drawings, letters: Drawings, rng: Random) -> Strokes:
    """Make up something that is not one digit.

    digits, letters: to make pairs, words and strange digits of.
    """
    kind = rng.random()
    if kind < 0.3:
        return _row([*_some(digits, 2 if rng.random() < 0.85 else 3, rng)], rng)
    if kind < 0.4:
        return _row([*_some(digits, 1, rng), *_some(letters, int(rng.integers(1, 3)), rng)], rng)
    if kind < 0.5:
        return _strange(digits, rng)
    if kind < 0.57:
        return _struck_out(_some(digits, 1, rng)[0], rng)
    if kind < 0.77:
        return [_scribble(rng) for _ in range(rng.integers(1, 4))]
    return _symbol(rng)


def pair_of_images(images: UInt8Array, rng: Random) -> UInt8Array:
    """Put two images of MNIST side by side, near or touching, in what may be a tiny picture.

    images: uint8 (n, 28, 28). Returns uint8 (28, 28).
    """
    pair = np.zeros((28, 64), np.uint8)
    x = 0
    for image in images[rng.integers(len(images), size=2)]:
        left, top, width, height = cv2.boundingRect(image)
        y = int(np.clip((28 - height) // 2 + rng.integers(-3, 4), 0, 28 - height))
        part = pair[y : y + height, x : x + width]
        np.maximum(part, image[top : top + height, left : left + width], out=part)
        x = max(x + width + int(rng.integers(-3, 5)), 1)
    # As when two digits are made to fit a square.
    size = int(x * rng.uniform(0.55, 1)) + 4, int(28 * rng.uniform(0.8, 1.1))
    small = cv2.resize(pair[:, : x + 4], size, interpolation=cv2.INTER_AREA)
    return preprocessing.preprocess(np.pad(np.asarray(small, np.uint8), 1))


def _some(drawings: Drawings, count: int, rng: Random) -> list[Strokes]:
    rows = rng.integers(len(drawings), size=count)
    return [warp_strokes(drawings.strokes[row], rng) for row in rows]


def _row(drawings: list[Strokes], rng: Random) -> Strokes:
    """Put them side by side, as in "12", sometimes so near that they touch."""
    row: Strokes = []
    x, gap = 0.0, rng.uniform(-12, 45)
    for index in rng.permutation(len(drawings)):
        drawing = place(drawings[index], fraction=rng.uniform(0.8, 1.1), canvas=100, pen=1)
        low = np.concatenate(drawing).min(axis=0)
        shift = (x - low[0], -low[1] + rng.normal(0, 6))
        row += [points + np.array(shift, np.float32) for points in drawing]
        x = max(float(np.concatenate(row)[:, 0].max()), x + 15) + gap
    return row


def _strange(digits: Drawings, rng: Random) -> Strokes:
    """A digit in a mirror, or lying on its side."""
    is_mirrored = rng.random() < 0.5
    kinds = MIRRORED if is_mirrored else TURNED
    rows = np.flatnonzero(np.isin(digits.labels, kinds))
    if not len(rows):
        return _symbol(rng)
    turn = [[-1, 0], [0, 1]] if is_mirrored else [[0, 1], [-1, 0]]
    matrix = np.array(turn, np.float32) * (1 if rng.random() < 0.5 or is_mirrored else -1)
    return [points @ matrix for points in digits.strokes[rng.choice(rows)]]


def _struck_out(digit: Strokes, rng: Random) -> Strokes:
    """With lines through it, as one takes back what one wrote."""
    points = np.concatenate(digit)
    low, size = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 20)
    if rng.random() < 0.5:
        t = np.linspace(0, 1, 60)
        swing = 0.5 + 0.6 * np.sin(t * rng.uniform(5, 12) * np.pi)
        return [*digit, (low + np.stack([t, swing], axis=1) * size).astype(np.float32)]
    ends = rng.uniform(-0.2, 0.2, (rng.integers(3, 6), 2))
    heights = np.linspace(0.15, 0.85, len(ends))
    return [
        *digit,
        *(
            line(low + (-0.2, y + a) * size, low + (1.2, y + b) * size)
            for y, (a, b) in zip(heights, ends, strict=True)
        ),
    ]


def _scribble(rng: Random) -> FloatArray:
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
    """One symbol, or two."""
    symbol: Strokes = SYMBOLS[rng.integers(len(SYMBOLS))]
    if rng.random() < 0.15:
        second = SYMBOLS[rng.integers(len(SYMBOLS))]
        symbol = [*symbol, *(points * 0.6 + rng.normal(0, 40, 2) for points in second)]
    return [np.asarray(points, np.float32) for points in symbol]
