"""Lines that were on the paper before the digit: ruling, margins, forms."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.components import Mask, odd, pen_width, square

LONG_LINE = 0.5  # of the picture's longer side
DENSE = 0.42  # how much of the picture is ink, where it is noise and a line in every direction
THINNER = 0.7  # times the pen's width: lines are printed finer than one writes


def without_lines(ink: Mask) -> Mask:
    """Take away ruling, margins and frames; what crosses them stays."""
    if cv2.countNonZero(ink) > DENSE * ink.size:
        return ink
    side = max(ink.shape)
    lines = cv2.HoughLinesP(
        ink, 1, np.pi / 360, int(0.3 * side), minLineLength=LONG_LINE * side, maxLineGap=0.04 * side
    )
    if lines is None:
        return ink
    pen, cleared = pen_width(ink), ink.copy()
    # The distance to the edge of a line is half of its width in its middle, which may be beside.
    distance = cv2.distanceTransform(np.pad(ink, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    distance = cv2.dilate(distance, square(pen))
    for line in lines.reshape(-1, 4)[:200]:
        _clear(cleared, ink, line, distance, pen)
    # A single 1 that fills the picture is a line too.
    return cleared if cv2.countNonZero(cleared) > 0.1 * cv2.countNonZero(ink) else ink


def _clear(cleared: Mask, ink: Mask, line: NDArray[Any], distance: Any, pen: float) -> None:
    start, end = line[:2].tolist(), line[2:].tolist()
    along = (cv2.line(np.zeros_like(ink), start, end, 1) > 0) & (ink > 0)
    if not along.any():
        return
    width = 2 * float(np.median(distance[along]))
    if width > THINNER * pen:
        return
    is_upright = abs(end[1] - start[1]) > abs(end[0] - start[0])
    across = (odd(1.6 * width + 2), 1)
    crossing = cv2.morphologyEx(
        ink, cv2.MORPH_OPEN, np.ones(across[::-1] if is_upright else across, np.uint8)
    )
    # To the edges of the picture, for Hough's transform finds most of a line, not all.
    length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    reach = (np.subtract(end, start) / max(length, 1) * 0.25 * max(ink.shape)).astype(int)
    band = cv2.line(
        np.zeros_like(ink), (start - reach).tolist(), (end + reach).tolist(), 1, odd(width + 2)
    )
    cleared[(band > 0) & (crossing == 0)] = 0
