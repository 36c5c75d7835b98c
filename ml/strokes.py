"""Pen strokes to a drawing, as the page's canvas renders it."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from ml.arrays import FloatArray, UInt8Array

# One array float (points, 2) of x, y for each stroke, y downwards.
Strokes = list[FloatArray]

CANVAS = 280
PEN = 18
SMALLEST = 16  # a drawing that spans less is a slip of the finger, which the page does not send
# OpenCV takes coordinates as whole numbers; this many bits of them are the fraction.
_FRACTION_BITS = 4
# Rendered so much larger and averaged: OpenCV's own anti-aliasing makes a line up to 2 px too wide.
# For training it has to be fast; what a visitor draws should look as in the browser.
_FINER, _FINEST = 2, 4
# Corners are rounded from at most so many pixels of the canvas before and after them, so that what
# has few points, being drawn fast or by a program, keeps them.
_ROUNDED = 16
_CURVE_STEPS = 4  # at most half a pixel off the curve
# In pixels of the canvas: from farther away nothing is seen, and OpenCV's whole numbers end.
_FAR = 1e6
# More than is ever stored; far beyond it, differences would not be finite.
LARGEST = 1e12


def finite(strokes: Sequence[Sequence[Sequence[float]]]) -> Strokes:
    """From the stored form `[[[x, ...], [y, ...], ...], ...]` to float64; times are dropped.

    So are strokes without a point. Whatever is stored, OpenCV may be given what comes back: from
    numbers that are not finite it never returns.
    """
    return [
        within(np.array(stroke[:2], np.float64).T, LARGEST)
        for stroke in strokes
        if stroke and stroke[0]
    ]


def from_lists(strokes: Sequence[Sequence[Sequence[float]]]) -> Strokes:
    """The same in float32."""
    return [points.astype(np.float32) for points in finite(strokes)]


def within(points: FloatArray, limit: float) -> FloatArray:
    """The nearest from -limit to limit; of what is no number, one of these two."""
    return np.fmin(np.fmax(points, -limit), limit)


def pen_widths(strokes: Sequence[Any], widths: Sequence[float] | None) -> list[float]:
    """Return the pen's width of each stroke, in pixels: PEN where it is not known."""
    return [*(widths or []), *[PEN] * len(strokes)][: len(strokes)]


def on_canvas(strokes: Strokes, canvas: int = CANVAS, pen: float = PEN) -> bool:
    """Whether they may have been drawn on the page: on its canvas and too large for a slip."""
    if not strokes:
        return False
    every = np.concatenate(strokes)
    low, high = every.min(axis=0), every.max(axis=0)
    return bool(low.min() >= -pen and high.max() <= canvas + pen and (high - low).max() >= SMALLEST)


def place(
    strokes: Strokes,
    *,
    fraction: float = 0.6,
    center: tuple[float, float] = (0.5, 0.5),
    canvas: int = CANVAS,
    pen: float = PEN,
    degrees: float = 0,
) -> Strokes:
    """Scale and move strokes onto a canvas.

    fraction: the longer side of what is drawn, pen included, as a fraction of the canvas.
    center: of the bounding box, as fractions of the canvas; it yields where ink would be cut off.
    degrees: turned by so much first, clockwise.
    """
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    turned = [points @ turn for points in strokes]
    every = np.concatenate(turned)
    low, high = every.min(axis=0), every.max(axis=0)
    scale = max(fraction * canvas - pen, 1) / max(float((high - low).max()), 1e-6)
    half = (high - low) * scale / 2 + pen / 2
    middle = np.clip(np.array(center) * canvas, half, np.maximum(canvas - half, half))
    return [(points - (low + high) / 2) * scale + middle for points in turned]


def paint(strokes: Strokes, widths: float | Sequence[float] = PEN) -> UInt8Array:
    """Render strokes as the page shows them: with smooth curves, on its canvas.

    widths: of all lines, or of each, in pixels.
    Returns uint8 (280, 280), 0 for paper to 255 for ink.
    """
    return render([smooth(points) for points in strokes], pen=widths, finer=_FINEST)


def smooth(points: FloatArray) -> FloatArray:
    """Round the corners by quadratic curves, as `renderStrokes` in strokes.js does.

    They begin and end in the middle between two points. Points are float (n, 2).
    """
    before, corners, after = points[:-2], points[1:-1], points[2:]
    starts, ends = toward(corners, before)[:, None], toward(corners, after)[:, None]
    t = np.linspace(0, 1, _CURVE_STEPS + 1, dtype=points.dtype)[:, None]
    curves = (1 - t) ** 2 * starts + 2 * t * (1 - t) * corners[:, None] + t**2 * ends
    return np.concatenate([points[:1], curves.reshape(-1, 2), points[1:][-1:]])


def toward(corners: FloatArray, others: FloatArray) -> FloatArray:
    """Where the curve round each corner begins, or ends: float (n, 2)."""
    way = others - corners
    lengths = np.hypot(way[:, :1], way[:, 1:])
    return np.asarray(corners + way * np.minimum(0.5, _ROUNDED / np.maximum(lengths, 1)))


def render(
    strokes: Strokes,
    *,
    canvas: int = CANVAS,
    pen: float | Sequence[float] = PEN,
    finer: int = _FINER,
) -> UInt8Array:
    """Render strokes with round caps and joins.

    strokes: in pixels of the canvas. pen: the width of all lines, or of each, in pixels.
    finer: rendered so much larger first.
    Returns uint8 (canvas, canvas), 0 for paper to 255 for ink.
    """
    image = np.zeros((canvas * finer, canvas * finer), np.uint8)
    one = 1 << _FRACTION_BITS
    # OpenCV fills every pixel that a line touches, which adds one to its width.
    widths = np.maximum(1, np.rint(np.broadcast_to(pen, len(strokes)) * finer).astype(int) - 1)
    for points, width in zip(strokes, widths.tolist(), strict=True):
        # Pixel centres lie at halves on the page's canvas and at whole numbers in OpenCV.
        fixed = np.rint((within(points, _FAR) * finer - 0.5) * one).astype(np.int32)
        if len(fixed) == 1:
            radius = width * one // 2
            cv2.circle(image, fixed[0].tolist(), radius, 255, -1, cv2.LINE_8, _FRACTION_BITS)
        else:
            cv2.polylines(image, [fixed], False, 255, width, cv2.LINE_8, _FRACTION_BITS)
    smaller = cv2.resize(image, (canvas, canvas), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.uint8)
