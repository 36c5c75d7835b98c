"""A digit on paper: what a camera or a scanner made of it, down to the ink.

Light, sheet, ruling and dust are taken away in steps, each of which can be looked at. Lengths that
are called parts are parts of the picture's longer side.
"""

from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.arrays import Float32Array, UInt8Array
from ml.components import Mask, odd, parts, pen_width, square, union
from ml.ruling import without_lines

Show = Callable[[str, UInt8Array], None]  # is told the name of a step and what it made

FINE = 0.016  # a part: finer than the page's finest pen
MIN_PICTURE = 64  # pixels: a smaller one shows nothing beside its digit
DUST = 0.03  # a part
SIDE_INK = 0.75  # of the side of a box, at least
MIN_MARGIN = 0.03  # a part: dust nearer to the drawing hardly moves it
# Larger pictures are reduced to this side: a fine pen on a photographed page keeps a pixel.
SIDE = 640
# Smaller ones are enlarged, so that masks don't cut through strokes of one pixel.
MIN_SIDE = 112

# A sheet in the picture is a quadrilateral of at least this part of its area.
MIN_SHEET, MAX_SHEET = 0.06, 0.97
QUADRILATERAL = 0.93  # how much of the four corners' area it fills, at least
TOLERANCE = 0.04  # of its outline, in which corners are looked for
RIM = 0.03  # of a sheet, cut off with the shadow of its edge

MIN_DARKNESS = 24  # of 255: fainter is the paper's grain


def show_nothing(name: str, picture: UInt8Array) -> None:
    """For who only wants the digit."""


class Ink(NamedTuple):
    mask: Mask
    floor: float  # the darkness of grain
    full: float  # the darkness of ink


def is_pictured(drawn: Mask, picture: tuple[int, ...]) -> bool:
    """Whether ink on a flat background is more than a drawing: a sheet, a frame, lines or dust.

    A page's pen makes none of these: all of them are finer than it, or an area.

    drawn: the ink's bounding box. picture: height and width of the whole.
    """
    size, side = picture[0] * picture[1], max(picture)
    if side < MIN_PICTURE:
        return False
    count, labels = cv2.connectedComponents(drawn, connectivity=8)
    if count == 2 and cv2.countNonZero(drawn) < size / 5:  # nearly all drawings; stats take longer
        return _is_ruled(drawn, picture)
    stats = cv2.connectedComponentsWithStats(drawn, connectivity=8)[2][1:]
    _, _, width, height, area = stats.T
    is_area = (area > size / 3) | (area > size / 5) & (area > 0.75 * width * height)
    rectangles = (
        _is_rectangle(labels[y : y + h, x : x + w] == index + 1)
        for index, (x, y, w, h, _) in enumerate(stats)
        if min(w, h) > 0.3 * side
    )
    return (
        bool(is_area.any())
        or any(rectangles)
        or _is_ruled(drawn, picture)
        or _is_dusty(stats[:, :4], side)
    )


def _is_rectangle(part: NDArray[Any]) -> bool:
    """Whether there is ink all along its four sides, as in no digit.

    part: bool (height, width), its bounding box.
    """
    return all(
        bool((half.mean(axis=1) > SIDE_INK).any())
        for turned in (part, part.T)
        for half in (turned[: len(turned) // 3], turned[-(len(turned) // 3) :])
    )


def _is_dusty(boxes: NDArray[Any], side: int) -> bool:
    """Whether dust reaches farther than the drawing.

    Among the strokes it does no harm, and may be what JPEG makes of an edge.

    boxes: left, top, width and height of each part, (n, 4).
    """
    left, top, width, height = boxes.T
    is_drawing = np.maximum(width, height) >= FINE * side
    reach = np.array([left, top, -left - width, -top - height])
    margins = reach[:, is_drawing].min(axis=1, initial=side) - reach.min(axis=1)
    return bool(margins.max() > MIN_MARGIN * side)


def _is_ruled(drawn: Mask, picture: tuple[int, ...]) -> bool:
    """Whether a fine line goes from edge to edge, and is not all that was drawn."""
    return any(
        drawn.shape[1 - axis] == picture[1 - axis]
        and drawn.shape[axis] > 0.2 * picture[axis]
        and 0 < np.count_nonzero(drawn.all(axis=1 - axis)) < FINE * max(picture)
        for axis in (0, 1)
    )


def find(pixels: UInt8Array, show: Show) -> Float32Array | None:
    """Find the digit in a picture of paper, cropped to its bounding box.

    pixels: uint8 (height, width) or (height, width, 3), dark on light or light on dark.
    Returns float32 (height, width), 0 for paper to 1 for ink; None if there is no ink.
    """
    picture = _without_noise(_resized(pixels))
    show("picture", picture)
    page = _enlarged(_page(picture))
    show("page", page)
    darkness, ink = _ink(255 - page if is_light_on_dark(_grey(page)) else page)
    show("evened out", darkness)
    show("ink", ink.mask * 255)
    if not ink.mask.any() or ink.full < MIN_DARKNESS:
        return None
    digit = _digit(without_lines(ink.mask), show)
    show("digit", digit * 255)
    return _cropped(darkness, ink, digit) if digit.any() else None


def _resized(pixels: UInt8Array) -> UInt8Array:
    scale = SIDE / max(pixels.shape[:2])
    if scale >= 1:
        return _enlarged(pixels)
    return _scaled(pixels, scale, cv2.INTER_AREA)


def _enlarged(pixels: UInt8Array) -> UInt8Array:
    scale = MIN_SIDE / max(pixels.shape[:2])
    return pixels if scale <= 1 else _scaled(pixels, scale, cv2.INTER_CUBIC)


def _scaled(pixels: UInt8Array, scale: float, interpolation: int) -> UInt8Array:
    height, width = pixels.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=interpolation), np.uint8)


def _grey(pixels: UInt8Array) -> UInt8Array:
    if pixels.ndim == 2:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def _without_noise(picture: UInt8Array) -> UInt8Array:
    """Take the median, if black and white pixels lie scattered over all of it."""
    grey = _grey(picture)
    noise = (cv2.absdiff(grey, cv2.medianBlur(grey, 5)) > 60).astype(np.uint8)
    around = cv2.boxFilter(noise, -1, (3, 3), normalize=False)
    lone = cv2.countNonZero(noise * (around <= 4).astype(np.uint8))
    is_noisy = lone > max(0.5 * cv2.countNonZero(noise), 0.008 * grey.size)
    return np.asarray(cv2.medianBlur(picture, 5), np.uint8) if is_noisy else picture


def is_light_on_dark(grey: UInt8Array) -> bool:
    """Whether what differs most from what is around it, is lighter.

    grey: uint8 (height, width).
    """
    small = grey if max(grey.shape) <= 128 else _scaled(grey, 128 / max(grey.shape), cv2.INTER_AREA)
    kernel = odd(max(small.shape) / 2)
    # OpenCV would take a dark edge for dark paper beyond it.
    padded = np.pad(small, kernel // 2, mode="symmetric")
    around = cv2.medianBlur(padded, kernel)[kernel // 2 :, kernel // 2 :]
    around = around[: small.shape[0], : small.shape[1]]
    return _inner(cv2.subtract(small, around)) > _inner(cv2.subtract(around, small))


def _inner(residual: NDArray[Any]) -> float:
    """How much of it does not belong to what touches the edge: a frame, a desk, a shadow."""
    # Without fine lines, which would tie a digit on ruled paper to the edge.
    areas = cv2.morphologyEx((residual > MIN_DARKNESS).astype(np.uint8), cv2.MORPH_OPEN, square(3))
    _, labels = cv2.connectedComponents(np.pad(areas, 1, constant_values=1), connectivity=8)
    inner = (labels != labels[0, 0])[1:-1, 1:-1] & (residual > MIN_DARKNESS)
    return float((residual[inner].astype(np.float32) ** 2).sum())


def _page(picture: UInt8Array) -> UInt8Array:
    """The sheet, the cell of a form or the plot in the picture, upright; all of it, if none."""
    _, light = cv2.threshold(
        cv2.medianBlur(_grey(picture), 5), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU
    )
    found = [*_quadrilaterals(light), *_quadrilaterals(255 - light)]
    for corners in sorted(found, key=cv2.contourArea):
        page = _upright(picture, corners)
        if _is_written_on(page):
            return page
    return picture


def _quadrilaterals(mask: NDArray[Any]) -> list[Float32Array]:
    """The corners, float32 (4, 2), of every area and of every hole that has four."""
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        area = cv2.contourArea(contour)
        if MIN_SHEET * mask.size < area < MAX_SHEET * mask.size:
            corners = cv2.approxPolyDP(contour, TOLERANCE * cv2.arcLength(contour, True), True)
            fills = QUADRILATERAL < area / max(cv2.contourArea(corners), 1) < 1 / QUADRILATERAL
            if len(corners) == 4 and cv2.isContourConvex(corners) and fills:
                found.append(corners.reshape(4, 2).astype(np.float32))
    return found


def _upright(picture: UInt8Array, corners: Float32Array) -> UInt8Array:
    """Undo perspective, and turn the nearest way."""
    outwards = corners - corners.mean(axis=0)
    clockwise = corners[np.argsort(np.arctan2(outwards[:, 1], outwards[:, 0]))]
    corners = np.roll(clockwise, -int(clockwise.sum(axis=1).argmin()), axis=0)
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width, height = float(max(sides[0], sides[2])), float(max(sides[1], sides[3]))
    rim = RIM * min(width, height) + 2
    left, top, right, bottom = -rim, -rim, width + rim, height + rim
    target = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    size = int(width), int(height)
    return np.asarray(
        cv2.warpPerspective(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _is_written_on(page: UInt8Array) -> bool:
    """Whether something lies in it that has the size of a digit, and is a line and no area."""
    height, width = page.shape[:2]
    if min(height, width) < 24:
        return False
    darkness = _darkness(
        255 - page if is_light_on_dark(_grey(page)) else page, max(height, width) / 3
    )
    mask = (darkness > 60).astype(np.uint8)
    return any(
        not part.touches_edge
        and max(part.width, part.height) > 0.2 * min(height, width)
        and part.area < 0.5 * part.width * part.height + 0.05 * mask.size
        for part in parts(mask, mask)
    )


def _darkness(page: UInt8Array, reach: float) -> UInt8Array:
    """How much darker each pixel is than the paper around it: uint8 (height, width).

    reach: what is narrower, in pixels, is on the paper; what is wider is the paper.
    """
    paper = cv2.morphologyEx(page, cv2.MORPH_CLOSE, square(reach))
    # Where it is all but black, the camera's noise would count as ink.
    darkness = cv2.divide(cv2.subtract(paper, page), np.maximum(paper, 48), scale=255)
    if darkness.ndim == 3:  # the channel that shows most; NumPy's maximum takes ten times as long
        darkness = reduce(cv2.max, cv2.split(darkness))
    return np.asarray(darkness, np.uint8)


def _ink(page: UInt8Array) -> tuple[UInt8Array, Ink]:
    """The darkness of the page, and where it is ink's."""
    side = max(page.shape[:2])
    rough = _threshold(_darkness(page, side / 3))
    # As narrow as the pen allows, so that the edges of shadows and sheets stay the paper's.
    reach = np.clip(2.5 * pen_width(rough.mask), side / 12, side / 3)
    darkness = _darkness(page, float(reach))
    return darkness, _threshold(darkness)


def _threshold(darkness: UInt8Array) -> Ink:
    middle = float(np.median(darkness))
    grain = float(np.median(cv2.absdiff(darkness, np.full_like(darkness, int(middle)))))
    floor = float(np.clip(middle + 6 * grain, 8, 80))
    above = darkness[darkness > floor]
    if not above.size:
        return Ink(np.zeros_like(darkness), floor, 0)
    threshold, _ = cv2.threshold(above, 0, 255, cv2.THRESH_OTSU)
    ink = above[above > threshold]
    full = float(np.percentile(ink, 60)) if ink.size else float(above.max())
    return Ink((darkness > max(0.9 * threshold, floor)).astype(np.uint8), floor, full)


def _digit(ink: Mask, show: Show) -> Mask:
    """What is neither dust nor from beyond the edge."""
    show("without lines", ink * 255)
    pen, side = pen_width(ink), max(ink.shape)
    # Strokes that a line was taken out of, or that a dry pen left open, are one.
    joined = np.asarray(cv2.dilate(ink, square(1.2 * pen)), np.uint8)
    found = [part for part in parts(ink, joined) if max(part.width, part.height) > DUST * side]
    inner = [
        part
        for part in found
        if not part.touches_edge
        and max(part.width, part.height) > 0.1 * side
        and part.area > 1.5 * pen**2
    ]
    found = inner or found
    most = max((part.area for part in found), default=0)
    kept = [part for part in found if part.area >= 0.12 * most]
    return union(kept) if kept else np.zeros_like(ink)


def _cropped(darkness: UInt8Array, ink: Ink, digit: Mask) -> Float32Array:
    # With the fringe, in which the pen's edge fades.
    near = cv2.dilate(digit, square(pen_width(digit) / 2 + 1))
    scaled = (darkness.astype(np.float32) - ink.floor) / max(ink.full - ink.floor, 1)
    drawn = np.clip(scaled, 0, 1) * near
    x, y, width, height = cv2.boundingRect(digit)
    return np.asarray(drawn[y : y + height, x : x + width], np.float32)
