"""A drawing to the 28x28 image that MNIST would have made of it.

The only place where that happens, for training and for serving alike. MNIST's recipe
(LeCun et al., http://yann.lecun.com/exdb/mnist/): fit the digit into 20x20 pixels with its aspect
kept, grey levels from anti-aliasing, and its centre of mass in the centre of 28x28.
"""

import io
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageOps

# Stored beside every sample: raise it when the same drawing would come out differently.
VERSION = "1"

SIDE = 28
DIGIT_SIDE = 20
# From the edge to the middle of pixel 14: there is the mean centre of mass of MNIST's 60,000
# training images (13.996 and 14.007, counting pixels from 0), not on the line between 13 and 14.
CENTER = 14.5
MAX_BYTES = 2_000_000
MAX_SIDE = 4096
MAX_PIXELS = 4_194_304
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
# Every scan of a progressive JPEG goes over the whole image, and an empty one takes 16 bytes:
# without a limit, two megabytes keep a processor busy for half an hour. Usual are 10.
MAX_SCANS = 32

# Of 255. A faint pencil is about 40; compression noise on blank paper stays below 10.
MIN_CONTRAST = 24
# The bounding box is where the ink is at least this part of the darkest ink: less is the
# fringe of anti-aliasing.
BOX_LEVEL = 0.15

Array = np.ndarray[Any, np.dtype[Any]]


class DrawingError(ValueError):
    """A drawing that can't be read. Its text is a sentence for the person who sent it."""


class UndecodableDrawing(DrawingError):
    """Not an image, or a damaged one."""


class DrawingTooLarge(DrawingError):
    """More bytes, pixels or a longer side than the limits above."""


class EmptyDrawing(DrawingError):
    """One colour from edge to edge."""


class NoContrast(DrawingError):
    """Something is there, but too faint to tell from the paper."""


def decode(data: bytes) -> Array:
    """Decode the bytes of an image file (PNG, JPEG, WebP, GIF or BMP).

    Returns uint8 (height, width, 3), RGB; a transparent image is laid on white paper, or on black
    when what was drawn is light. Checks size before it decodes.

    Raises UndecodableDrawing, DrawingTooLarge.
    """
    if len(data) > MAX_BYTES:
        raise DrawingTooLarge(
            f"This image has {len(data):,} bytes; {MAX_BYTES:,} is the most that is accepted."
        )
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_size(image.height, image.width)
            # Among a JPEG's compressed pixels this marker can't occur.
            if image.format == "JPEG" and data.count(b"\xff\xda") > MAX_SCANS:
                raise DrawingTooLarge(f"This JPEG is painted over more than {MAX_SCANS} times.")
            return _flatten(ImageOps.exif_transpose(image))
    except DrawingError:
        raise
    except Image.DecompressionBombError as error:
        raise DrawingTooLarge(
            f"This image has more than the {MAX_PIXELS:,} pixels that are accepted."
        ) from error
    except Exception as error:
        # Pillow's decoders raise nearly anything on a damaged file (OSError, SyntaxError,
        # struct.error, ...), so everything else means the same.
        raise UndecodableDrawing(
            "This is not an image that can be read. Send a PNG, JPEG, WebP, GIF or BMP file."
        ) from error


def preprocess(image: bytes | Array) -> Array:
    """Turn a drawing into what the network sees.

    image: the bytes of an image file, or an array: uint8 (height, width) grey, or
    (height, width, 3) RGB. Dark on light or light on dark.

    Returns uint8 (28, 28), 0 for paper to 255 for ink, the digit's longer side 20 pixels and its
    centre of mass in the middle of pixel (14, 14).

    Raises UndecodableDrawing, DrawingTooLarge, EmptyDrawing, NoContrast.
    """
    pixels = decode(image) if isinstance(image, bytes) else image
    if pixels.dtype != np.uint8 or not (pixels.ndim == 2 or pixels.shape[2:] == (3,)):
        raise UndecodableDrawing("An array must be uint8 of shape (height, width[, 3]).")
    _check_size(*pixels.shape[:2])
    return center(ink(pixels))


def _check_size(height: int, width: int) -> None:
    if not height or not width:
        raise EmptyDrawing("This image has no pixels.")
    if max(height, width) > MAX_SIDE or height * width > MAX_PIXELS:
        raise DrawingTooLarge(
            f"This image is {width} x {height} pixels; at most {MAX_SIDE} a side and "
            f"{MAX_PIXELS:,} in all are accepted."
        )


def _flatten(image: Image.Image) -> Array:
    """Any Pillow image to uint8 (height, width, 3)."""
    if image.mode.startswith("I;16") or image.mode == "I":
        # Pillow clips 16-bit grey to white instead of scaling it.
        grey = np.clip(np.asarray(image, np.int32) >> 8, 0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if not image.has_transparency_data:
        return np.asarray(image.convert("RGB"))
    rgba = image.convert("RGBA")
    drawn = np.asarray(rgba.getchannel("A")).mean() / 255
    on_black = _laid_on(0, rgba)
    is_light = drawn > 0 and on_black.mean() / drawn > 127
    # Mostly opaque: the paper is in the picture, so what lies beneath hardly matters.
    return on_black if is_light and drawn < 0.5 else _laid_on(255, rgba)


def _laid_on(paper: int, rgba: Image.Image) -> Array:
    """On paper of this grey: uint8 (height, width, 3)."""
    sheet = Image.new("RGB", rgba.size, (paper, paper, paper))
    sheet.paste(rgba, mask=rgba)
    return np.asarray(sheet)


def ink(pixels: Array) -> Array:
    """What was drawn, cropped to its bounding box.

    pixels: uint8 (height, width) or (height, width, 3).
    Returns float32 (height, width), 0 for paper to 1 for ink.
    Raises EmptyDrawing, NoContrast.
    """
    channels = pixels.reshape(*pixels.shape[:2], -1)
    border = np.concatenate([channels[0], channels[-1], channels[1:-1, 0], channels[1:-1, -1]])
    # The colour that most of the border has is the paper's, light or dark.
    paper = np.median(border, axis=0).astype(np.uint8)
    # Every channel counts: red on a green of the same brightness is still a drawing.
    distance = cv2.absdiff(channels[..., 0], paper[:1])
    for channel in range(1, channels.shape[2]):
        further = cv2.absdiff(channels[..., channel], paper[channel : channel + 1])
        distance = cv2.max(distance, further)
    contrast = int(distance.max())
    if contrast == 0:
        raise EmptyDrawing("There is nothing on the paper. Draw a digit first.")
    if contrast < MIN_CONTRAST:
        raise NoContrast("The drawing is too faint to read. Draw it darker.")
    # Grain of a photographed paper: what nine tenths of the border stay below.
    grain = float(np.percentile(np.abs(border.astype(np.int16) - paper), 90))
    floor = min(2 * grain, contrast / 3)
    is_drawn = cv2.compare(distance, floor + BOX_LEVEL * (contrast - floor), cv2.CMP_GE)
    x, y, width, height = cv2.boundingRect(is_drawn)
    box = distance[y : y + height, x : x + width].astype(np.float32)
    return np.maximum(box - floor, 0) / (contrast - floor)


def center(drawn: Array) -> Array:
    """Scale to a longer side of 20 and move the centre of mass to where MNIST has it.

    Both in one pass of area averaging, so that neither thresholds nor blurs: an output pixel is
    the mean of what lies under it, and the shift is as fine as the source's pixels allow.

    drawn: float32 (height, width), as from `ink`. Returns uint8 (28, 28).
    """
    enlarge = DIGIT_SIDE / max(drawn.shape)
    if enlarge > 1:
        size = (max(1, round(drawn.shape[1] * enlarge)), max(1, round(drawn.shape[0] * enlarge)))
        drawn = cv2.resize(drawn, size, interpolation=cv2.INTER_LINEAR)
    pixel = max(drawn.shape) / DIGIT_SIDE
    mean = _averages(drawn.sum(axis=1), pixel) @ drawn @ _averages(drawn.sum(axis=0), pixel).T
    # A thin pen averages to grey; MNIST's strokes reach white.
    return np.rint(mean * (255 / mean.max())).astype(np.uint8)


def _averages(profile: Array, pixel: float) -> Array:
    """Weights float32 (28, n) that average n source pixels under 28 output pixels.

    profile: (n,) the ink along this axis; its centre of mass goes to CENTER.
    pixel: side of an output pixel, in source pixels.
    """
    n = len(profile)
    center = float((np.arange(n) + 0.5) @ profile / profile.sum())
    edges = center + (np.arange(SIDE + 1) - CENTER)[:, None] * pixel
    covered = np.clip(edges - np.arange(n), 0, 1)
    return (np.diff(covered, axis=0) / pixel).astype(np.float32)
