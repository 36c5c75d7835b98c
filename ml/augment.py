"""Other ways in which the same person could have drawn the same thing.

Strokes are warped as strokes and then rendered and preprocessed like a visitor's drawing; MNIST,
and corrections of which no strokes are stored, are warped as pixels. One drawing takes about two
thirds of a millisecond, a correction half of one.
"""

from contextlib import suppress
from functools import cache

import cv2
import numpy as np

from ml import decoding, preprocessing
from ml.arrays import Float32Array, FloatArray, UInt8Array
from ml.corruptions import Corruption, corrupt
from ml.glyphs import Random
from ml.strokes import Strokes, place, render, smooth
from ml.styles import box, vary_style

# Rendering smaller than the page does is faster and comes out the same in 28x28, as only the
# ratio of pen to drawing counts. From 6 px on the page's largest digit to 28 px on a small one:
PEN_RATIO = (0.02, 0.26)
_CANVAS = 160
_FRACTION = 0.85

# How often strokes become a picture of paper, and one of so many pixels a side.
CORRUPTED = 0.03
TINY = 0.1
TINY_SIDES = (9, 48)

# A short plain 1 may be hardly longer than the pen is wide.
SHORT_ONE_RATIO = (0.2, 0.42)
SHORT_ONE = 0.25

# A correction's pen becomes wider or narrower: the standard deviation of the logarithm.
PEN_SPREAD = 0.35

# How often an image of MNIST is left as it is: every warp blurs it.
UNWARPED = 0.2

# A visitor's 28x28 image gets a margin, so that nothing is warped out of it, and is enlarged. There
# each step of this kernel makes lines thinner or thicker by two thirds of a pixel of the 28x28: so
# many steps at the most, thinner and thicker, as the finest and the widest pen of the page would on
# a drawing of common size.
_MARGIN = 4
_SCALE = 3
_KERNEL = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
_THINNER, _THICKER = 2, 3


def render_digit(strokes: Strokes, digit: int, rng: Random) -> UInt8Array:
    """Render a digit in some style, warped: uint8 (28, 28)."""
    _, (width, height) = box(strokes)
    is_short = digit == 1 and width < 0.15 * height and rng.random() < SHORT_ONE
    ratio = SHORT_ONE_RATIO if is_short else PEN_RATIO
    return render_augmented(warp_strokes(vary_style(strokes, digit, rng), rng), rng, ratio)


def render_augmented(
    strokes: Strokes, rng: Random, ratio: tuple[float, float] = PEN_RATIO
) -> UInt8Array:
    """Render strokes with a random pen and preprocess: uint8 (28, 28).

    Now and then as a tiny picture, or as what a camera makes of it.

    ratio: of the pen's width to the drawing's longer side, at least and at most.
    """
    low, high = np.sqrt(ratio)
    pen = max(2, round(_FRACTION * _CANVAS * float(rng.uniform(low, high)) ** 2))
    fraction = _FRACTION
    made: Corruption | None = _shrunk if rng.random() < TINY else None
    if rng.random() < CORRUPTED:
        fraction, made = _FRACTION * rng.uniform(0.55, 1), corrupt
        pen = max(2, round(fraction / _FRACTION * pen))
    image = render(
        place(strokes, fraction=fraction, canvas=_CANVAS, pen=pen), canvas=_CANVAS, pen=pen
    )
    if made:
        with suppress(decoding.DrawingError):  # nothing of it was left
            return preprocessing.preprocess(made(image, rng))
    return preprocessing.preprocess(image)


def _shrunk(image: UInt8Array, rng: Random) -> UInt8Array:
    side = round(float(np.exp(rng.uniform(*np.log(TINY_SIDES)))))
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def warp_strokes(strokes: Strokes, rng: Random) -> Strokes:
    """Rotate, shear, stretch, wave, shake and smooth, each a little."""
    center, extent = box(strokes)
    size = max(float(extent.max()), 1.0)
    matrix = _random_matrix(rng)
    # Two slow waves move whole parts of the drawing; the shake is of the hand and the mouse.
    frequency, phase = rng.uniform(2, 6, (2, 2)), rng.uniform(0, 2 * np.pi, 2)
    amplitude, shake = rng.normal(0, 0.025, 2), abs(rng.normal(0, 0.006))
    coarse, smooth = rng.random() < 0.25, rng.random() < 0.3
    warped = []
    for points in strokes:
        unit = (points - center) / size
        if coarse and len(unit) > 6:
            # A slow computer reports fewer points of a fast mouse.
            unit = np.concatenate([unit[:-1:2], unit[-1:]])
        moved = unit + np.sin(unit @ frequency + phase) * amplitude
        moved = moved + rng.normal(0, shake, moved.shape)
        if smooth and len(moved) > 4:
            moved[1:-1] = (moved[:-2] + 2 * moved[1:-1] + moved[2:]) / 4
        warped.append((moved @ matrix * size).astype(np.float32))
    return warped


def _random_matrix(rng: Random) -> FloatArray:
    angle = np.clip(rng.normal(0, np.deg2rad(11)), -0.45, 0.45)
    stretch = np.exp(rng.normal(0, 0.13, 2))
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    shear = np.array([[1, 0], [rng.normal(0, 0.15), 1]])
    return np.asarray(np.diag(stretch) @ shear @ rotation)


def augment_image(pixels: UInt8Array, rng: Random) -> UInt8Array:
    """Warp an image uint8 (28, 28) of MNIST, mostly: rotate, shear, scale, shift and ripple."""
    warped = pixels if rng.random() < UNWARPED else _warp(pixels, rng)
    # Half of them as preprocessing places them, half as MNIST's own rounding might have.
    return preprocessing.preprocess(np.pad(warped, 2)) if rng.random() < 0.5 else warped


def redraw_correction(strokes: Strokes, widths: FloatArray, rng: Random) -> UInt8Array:
    """Draw again what a visitor drew, by a hand and with a pen a little different.

    strokes: in pixels of the page's canvas. widths: float (strokes,), of the pens, in the same.
    Returns uint8 (28, 28).
    """
    _, extent = box(strokes)
    largest = float(widths.max())
    ratio = largest / (float(extent.max()) + largest)
    # A dot is all pen, and stays so.
    low, high = min(ratio, PEN_RATIO[0]), max(ratio, PEN_RATIO[1])
    wanted = float(np.clip(ratio * np.exp(rng.normal(0, PEN_SPREAD)), low, high))
    pens = widths / largest * wanted * _FRACTION * _CANVAS
    # With the curves of the page, whose reach is in pixels of its canvas.
    curves = [smooth(points) for points in warp_strokes(strokes, rng)]
    placed = place(curves, fraction=_FRACTION, canvas=_CANVAS, pen=float(pens.max()))
    return preprocessing.preprocess(render(placed, canvas=_CANVAS, pen=pens.tolist()))


def augment_correction(pixels: UInt8Array, rng: Random) -> UInt8Array:
    """Do the same where no strokes are stored: uint8 (28, 28).

    pixels: uint8 (28, 28), as preprocessing made it of strokes with sharp edges. Enlarged and made
    sharp again they are warped without being blurred.
    """
    padded = np.pad(pixels, _MARGIN)
    large = cv2.resize(padded, None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_CUBIC)
    _, sharp = cv2.threshold(large, float(large.max() / 2), 255, cv2.THRESH_BINARY)
    steps = int(rng.integers(-_THINNER, _THICKER + 1))
    lines = cv2.dilate(sharp, _KERNEL, iterations=max(steps, 0))
    if steps < 0:
        thin = cv2.erode(sharp, _KERNEL, iterations=-steps)
        if cv2.countNonZero(thin) > cv2.countNonZero(sharp) / 3:  # else it is a fine line already
            lines = thin
    return preprocessing.preprocess(_warp(np.asarray(lines, np.uint8), rng))


def _warp(pixels: UInt8Array, rng: Random) -> UInt8Array:
    side = len(pixels)
    angle = np.clip(rng.normal(0, np.deg2rad(8)), -0.4, 0.4)
    stretch = np.exp(rng.normal(0, 0.09, 2))
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = rotation @ np.array([[1, rng.normal(0, 0.15)], [0, 1]]) @ np.diag(stretch)
    moved = _grid(side) @ matrix.T.astype(np.float32)
    ripple = rng.normal(0, rng.uniform(0, 1.1), (6, 6, 2)).astype(np.float32)
    moved += cv2.resize(ripple, (side, side), interpolation=cv2.INTER_CUBIC) * (side / 28)
    moved += ((side - 1) / 2 + rng.normal(0, 0.6, 2)).astype(np.float32)
    return np.asarray(cv2.remap(pixels, moved[..., 0], moved[..., 1], cv2.INTER_CUBIC), np.uint8)


@cache
def _grid(side: int) -> Float32Array:
    """Return x and y of every pixel, from the middle: float32 (side, side, 2)."""
    axis = np.arange(side, dtype=np.float32) - (side - 1) / 2
    return np.stack(np.meshgrid(axis, axis), axis=-1)
