"""Parts of a mask: what is connected, how wide the pen was."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.arrays import UInt8Array

Mask = UInt8Array  # 0 or 1

MOST_PARTS = 400


class Part(NamedTuple):
    """Of the ink, what belongs together."""

    labels: NDArray[np.int32]  # of all parts: (height, width), 0 for none
    label: int
    area: int
    width: int
    height: int
    touches_edge: bool

    @property
    def mask(self) -> Mask:
        return union([self])


def union(found: Sequence[Part]) -> Mask:
    """The mask of some parts, at least one, of those that were found together."""
    return np.isin(found[0].labels, [part.label for part in found]).astype(np.uint8)


def odd(length: float) -> int:
    return int(length) // 2 * 2 + 1


def square(side: float) -> UInt8Array:
    """A kernel of about this side."""
    return np.ones((odd(side), odd(side)), np.uint8)


def parts(mask: Mask, joined: Mask) -> list[Part]:
    """The parts of `mask` that are connected in `joined`, which holds all of it."""
    _, joined_labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    labels = np.asarray(joined_labels * mask, np.int32)
    rows, columns = mask.shape
    found = []
    for label, (left, top, width, height, _) in enumerate(stats[1:MOST_PARTS].tolist(), start=1):
        # Not in all of the picture: noise has hundreds of parts.
        part = (labels[top : top + height, left : left + width] == label).view(np.uint8)
        x, y, w, h = cv2.boundingRect(part)
        x, y = left + x, top + y
        touches = x <= 1 or y <= 1 or x + w >= columns - 1 or y + h >= rows - 1
        found.append(Part(labels, label, cv2.countNonZero(part), w, h, touches))
    return found


def pen_width(mask: Mask) -> float:
    """Of the largest part that does not touch the edge, in pixels."""
    found = parts(mask, mask)
    if not found:
        return 2
    largest = max(found, key=lambda part: part.area * (0.02 if part.touches_edge else 1))
    # In a line so wide, the mean distance to its edges is a quarter of it.
    distance = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    return max(2.0, 4 * float(distance[largest.mask > 0].mean()))
