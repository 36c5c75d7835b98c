"""A drawing to the 28x28 image that MNIST would have made of it.

The only place where that happens, for training and for serving alike. MNIST's recipe
(LeCun et al., http://yann.lecun.com/exdb/mnist/): fit the digit into 20x20 pixels with its aspect
kept, grey levels from anti-aliasing, and its centre of mass in the centre of 28x28.
"""

import math

import cv2
import numpy as np

from ml import decoding, paper
from ml.arrays import Float32Array, UInt8Array
from ml.decoding import DrawingError, EmptyDrawing, UndecodableDrawing, gettext_noop

# Stored beside every sample: raise it when the same drawing would come out differently.
VERSION = "1"

SIDE = 28
DIGIT_SIDE = 20
# From the edge to the middle of pixel 14: there is the mean centre of mass of MNIST's 60,000
# training images (13.996 and 14.007, counting pixels from 0), not on the line between 13 and 14.
CENTER = 14.5
# Of 255. A faint pencil is about 40; compression noise on blank paper stays below 10.
MIN_CONTRAST = 24
MIN_PAPER = 1 / 3
# The bounding box is where the ink is at least this part of the darkest ink: less is the
# fringe of anti-aliasing.
BOX_LEVEL = 0.15
# A picture whose border is of one colour, give or take, is no photograph. A drawing may reach it.
FLAT = 1
FLAT_BORDER = 0.85
PAPER_BORDER = 0.6  # of which so much is paper
TINY_FLAT_BORDER = 0.5  # of a picture so small that its digit fills it


class NoContrast(DrawingError):
    """Something is there, but too faint to tell from the paper."""


def preprocess(image: bytes | UInt8Array) -> UInt8Array:
    """Turn a drawing into what the network sees.

    image: the bytes of an image file, or an array: uint8 (height, width) grey, or
    (height, width, 3) RGB. Dark on light or light on dark.

    Returns uint8 (28, 28), 0 for paper to 255 for ink, the digit's longer side 20 pixels and its
    centre of mass in the middle of pixel (14, 14).

    Raises UndecodableDrawing, DrawingTooLarge, EmptyDrawing, NoContrast.
    """
    return center(ink(_as_pixels(image)))


def steps(image: bytes | UInt8Array) -> dict[str, UInt8Array]:
    """The same, with what each step made: uint8 pictures by the name of the step, in order.

    A drawing has four: "decoded", "ink" (255 where it is, 0 elsewhere), "drawn" and "centered". A
    photograph has those of `ml.paper` between the first and "drawn".
    """
    made = {"decoded": _as_pixels(image)}
    drawn = ink(made["decoded"], made.__setitem__)
    return made | {"drawn": np.rint(drawn * 255).astype(np.uint8), "centered": center(drawn)}


def _as_pixels(image: bytes | UInt8Array) -> UInt8Array:
    pixels = decoding.decode(image) if isinstance(image, bytes) else image
    if pixels.dtype != np.uint8 or not (pixels.ndim == 2 or pixels.shape[2:] == (3,)):
        raise UndecodableDrawing("An array must be uint8 of shape (height, width[, 3]).")
    if not pixels.size:
        raise EmptyDrawing(gettext_noop("This image has no pixels."))
    return pixels


def is_noise(pixels: UInt8Array) -> bool:
    """Whether there is nothing to read, and no paper either on which something might be.

    So look the canvases of browsers that won't be recognized by what they paint: random colours,
    a pattern of a few, or one. In a drawing, however full, half of all is of much the same colour.

    pixels: uint8 (height, width) or (height, width, 3).
    """
    # Eleven, since a pattern repeats in powers of two.
    sample = np.ascontiguousarray(pixels[::11, ::11].reshape(-1, pixels[0, 0].size).T)
    common = np.sort(sample)[:, sample.shape[1] // 2, None]  # the median
    alike = (cv2.absdiff(sample, np.broadcast_to(common, sample.shape)) < MIN_CONTRAST).all(axis=0)
    if alike.mean() < MIN_PAPER:
        return True
    return bool(alike.all() and (pixels == pixels[0, 0]).all())


def ink(pixels: UInt8Array, show: paper.Show = paper.show_nothing) -> Float32Array:
    """What was drawn, cropped to its bounding box.

    pixels: uint8 (height, width) or (height, width, 3).
    show: is told the name of each step and what it made, uint8.
    Returns float32 (height, width), 0 for paper to 1 for ink.
    Raises EmptyDrawing, NoContrast.
    """
    channels = pixels.reshape(*pixels.shape[:2], -1)
    border = np.concatenate([channels[0], channels[-1], channels[1:-1, 0], channels[1:-1, -1]])
    color, grain, flat = _background(border)
    # Every channel counts: red on a green of the same brightness is still a drawing.
    # OpenCV is slow where channels are mixed.
    first, *others = (np.asarray(channel, np.uint8) for channel in cv2.split(pixels))
    distance = _distance(first, color[:1])
    for channel, other in enumerate(others, 1):
        further = _distance(other, color[channel : channel + 1])
        distance = np.asarray(cv2.max(distance, further), np.uint8)
    contrast = int(distance.max())
    if contrast == 0:
        raise EmptyDrawing(gettext_noop("There is nothing on the paper. Draw a digit first."))
    if contrast < MIN_CONTRAST:
        raise NoContrast(gettext_noop("The drawing is too faint to read. Draw it darker."))
    floor = min(2 * grain, contrast / 3)
    is_drawn = (distance >= math.ceil(floor + BOX_LEVEL * (contrast - floor))).view(np.uint8)
    x, y, width, height = cv2.boundingRect(is_drawn)
    is_tiny = max(is_drawn.shape) < paper.MIN_PICTURE
    is_flat = flat >= (TINY_FLAT_BORDER if is_tiny else FLAT_BORDER)
    if not is_flat or paper.is_pictured(is_drawn[y : y + height, x : x + width], is_drawn.shape):
        found = paper.find(pixels, show)
        if found is not None:
            return found
        if not is_flat:
            raise NoContrast(
                gettext_noop("There is no drawing to be seen on this paper. Draw it darker.")
            )
    show("ink", is_drawn * 255)
    box = distance[y : y + height, x : x + width].astype(np.float32)
    box -= floor
    np.maximum(box, 0, out=box)
    box /= contrast - floor
    return box


def _distance(channel: UInt8Array, level: UInt8Array) -> UInt8Array:
    """How far each pixel, uint8 (height, width), is from a level, uint8 (1,)."""
    row = channel.reshape(1, -1)  # OpenCV would take four pixels above one another for a level
    return np.asarray(cv2.absdiff(row, level), np.uint8).reshape(channel.shape)


def _background(border: UInt8Array) -> tuple[UInt8Array, float, float]:
    """The colour, uint8 (channels,), and the grain of the paper, and how much of it is flat.

    border: uint8 (n, channels).
    """
    if (border == border[0]).all():
        return border[0], 0.0, 1.0
    # The colour that most of the border has is the paper's, light or dark.
    color = np.median(border, axis=0).astype(np.uint8)
    deviation = np.abs(border.astype(np.int16) - color)
    flat = float(np.mean(deviation <= FLAT))
    if flat >= PAPER_BORDER:  # so is ink, where it has one colour as on the page's canvas
        flat += float(np.mean(deviation >= max(int(deviation.max()) - FLAT, 128)))
    # Grain of a photographed paper: what nine tenths of the border stay below.
    return color, float(np.percentile(deviation, 90)), flat


def center(drawn: Float32Array) -> UInt8Array:
    """Scale to a longer side of 20 and move the centre of mass to where MNIST has it.

    Both in one pass of area averaging, so that neither thresholds nor blurs: an output pixel is
    the mean of what lies under it, and the shift is as fine as the source's pixels allow.

    drawn: float32 (height, width), as from `ink`. Returns uint8 (28, 28).
    """
    enlarge = DIGIT_SIDE / max(drawn.shape)
    if enlarge > 1:
        size = (max(1, round(drawn.shape[1] * enlarge)), max(1, round(drawn.shape[0] * enlarge)))
        drawn = np.asarray(cv2.resize(drawn, size, interpolation=cv2.INTER_LINEAR), np.float32)
    pixel = max(drawn.shape) / DIGIT_SIDE
    mean = _averages(drawn.sum(axis=1), pixel) @ drawn @ _averages(drawn.sum(axis=0), pixel).T
    # A thin pen averages to grey; MNIST's strokes reach white.
    return np.asarray(np.rint(mean * (255 / mean.max())), np.uint8)


def _averages(profile: Float32Array, pixel: float) -> Float32Array:
    """Weights float32 (28, n) that average n source pixels under 28 output pixels.

    profile: (n,) the ink along this axis; its centre of mass goes to CENTER.
    pixel: side of an output pixel, in source pixels.
    """
    n = len(profile)
    center = float((np.arange(n) + 0.5) @ profile / profile.sum())
    edges = center + (np.arange(SIDE + 1) - CENTER)[:, None] * pixel
    covered = np.clip(edges - np.arange(n), 0, 1)
    return np.asarray(np.diff(covered, axis=0) / pixel, np.float32)
