"""The image files of strangers, to pixels: limits are held before anything is decoded."""

import io
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from ml import imagefile
from ml.arrays import UInt8Array

MAX_BYTES = 2_000_000
MAX_SIDE = 4096
MAX_PIXELS = 4_194_304
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
RLE = (1, 2)  # how a BMP says that it is run-length encoded
# Every scan of a progressive JPEG goes over the whole image, and an empty one takes 16 bytes:
# without a limit, two megabytes keep a processor busy for half an hour. Usual are 10, more are
# seldom, and count twice.
MAX_SCANS = 20
USUAL_SCANS = 10

# WebP's lossless compression may give every 16 pixels codes of their own, which take 6 kB and as
# long to read as so many pixels.
MAX_CODES = 8_192
CODE_COST = 100

# Pixels, of which a process reads only one image at a time: each takes 80 MB meanwhile.
LARGE = 2**20
_large = threading.Lock()

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# What a stranger's file has wrong is for the stranger to hear, and not for the log.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").setLevel(logging.CRITICAL)
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


class DrawingError(ValueError):
    """A drawing that can't be read. Its text is a sentence for the person who sent it."""


class UndecodableDrawing(DrawingError):
    """Not an image, or a damaged one."""


class DrawingTooLarge(DrawingError):
    """More bytes, pixels or a longer side than the limits above."""


class EmptyDrawing(DrawingError):
    """One colour from edge to edge."""


@dataclass(frozen=True)
class Checked:
    """An image file whose header says that it may be decoded."""

    data: bytes  # without what the picture does not need
    orientation: int
    cost: int  # in pixels, or in what takes as long to decode

    def decode(self) -> UInt8Array:
        """As `decode` does."""
        with _named_errors():
            return _decode(Image.open(io.BytesIO(self.data), formats=FORMATS), self)


def check(data: bytes) -> Checked:
    """Read the header of an image file. Raises UndecodableDrawing, DrawingTooLarge."""
    with _named_errors():
        return _open(data)[1]


def decode(data: bytes) -> UInt8Array:
    """Decode the bytes of an image file (PNG, JPEG, WebP, GIF or BMP).

    Returns uint8 (height, width, 3), RGB; a transparent image is laid on white paper, or on black
    when what was drawn is light. Checks size before it decodes.

    Raises UndecodableDrawing, DrawingTooLarge.
    """
    with _named_errors():
        return _decode(*_open(data))


def _open(data: bytes) -> tuple[Image.Image, Checked]:
    if len(data) > MAX_BYTES:
        raise DrawingTooLarge(
            f"This image has {len(data):,} bytes; {MAX_BYTES:,} is the most that is accepted."
        )
    file = imagefile.essence(data)
    image = Image.open(io.BytesIO(file.data), formats=FORMATS)
    check_size(image.height, image.width)
    # Among a JPEG's compressed pixels this marker can't occur.
    scans = file.data.count(b"\xff\xda") if image.format == "JPEG" else 1
    if scans > MAX_SCANS:
        raise DrawingTooLarge(f"This JPEG is painted over more than {MAX_SCANS} times.")
    codes = min(file.codes, -(-image.height // 4) * -(-image.width // 4))
    if codes > MAX_CODES:
        raise DrawingTooLarge("This lossless WebP is too large. Send a PNG or a JPEG.")
    repeats = 2 if scans > USUAL_SCANS else 1
    cost = image.height * image.width * repeats + CODE_COST * codes
    return image, Checked(file.data, file.orientation, cost)


def _decode(image: Image.Image, file: Checked) -> UInt8Array:
    if image.info.get("compression") in RLE:
        return _unrolled(file.data, image.size)
    turn = TURNS.get(file.orientation)
    with alone(image.width * image.height):
        return _flatten(image if turn is None else image.transpose(turn))


def alone(pixels: int) -> AbstractContextManager[object]:
    return _large if pixels > LARGE else nullcontext()


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except DrawingError:
        raise
    except Image.DecompressionBombError as error:
        raise DrawingTooLarge(
            f"This image has more than the {MAX_PIXELS:,} pixels that are accepted."
        ) from error
    except imagefile.TooManyParts as error:
        raise DrawingTooLarge(
            f"This file has more than {imagefile.MAX_PARTS:,} parts. Save the picture anew."
        ) from error
    except Exception as error:
        # Pillow's decoders raise nearly anything on a damaged file (OSError, SyntaxError,
        # struct.error, ...), so everything else means the same.
        raise UndecodableDrawing(
            "This is not an image that can be read. Send a PNG, JPEG, WebP, GIF or BMP file."
        ) from error


def check_size(height: int, width: int) -> None:
    if not height or not width:
        raise EmptyDrawing("This image has no pixels.")
    if max(height, width) > MAX_SIDE or height * width > MAX_PIXELS:
        raise DrawingTooLarge(
            f"This image is {width} x {height} pixels; at most {MAX_SIDE} a side and "
            f"{MAX_PIXELS:,} in all are accepted."
        )


def _flatten(image: Image.Image) -> UInt8Array:
    """Any Pillow image to uint8 (height, width, 3)."""
    if image.mode.startswith("I;16") or image.mode == "I":
        # Pillow clips 16-bit grey to white instead of scaling it.
        grey = np.clip(np.asarray(image, np.int32) >> 8, 0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if not image.has_transparency_data:
        # To convert what is RGB would copy it.
        return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
    rgba = image if image.mode == "RGBA" else image.convert("RGBA")
    alpha = np.asarray(rgba.getchannel("A"))
    drawn = _mean(alpha) / 255
    if drawn == 1:
        return np.asarray(rgba.convert("RGB"))
    # Mostly opaque: the paper is in the picture, so what lies beneath hardly matters.
    if drawn >= 0.5:
        return _composite(255, rgba)
    on_black = _composite(0, rgba)
    if drawn > 0 and _mean(on_black) / drawn > 127:  # light
        return on_black
    on_white = cv2.add(on_black, cv2.cvtColor(255 - alpha, cv2.COLOR_GRAY2RGB))
    return np.asarray(on_white, np.uint8)


def _unrolled(bmp: bytes, size: tuple[int, int]) -> UInt8Array:
    """Decode a run-length encoded BMP of this width and height, for which Pillow has no C."""
    pixels = cv2.imdecode(np.frombuffer(bmp, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None or pixels.shape[1::-1] != size:
        raise ValueError("damaged")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def _mean(values: UInt8Array) -> float:
    return sum(cv2.sumElems(values)) / values.size


def _composite(background: int, rgba: Image.Image) -> UInt8Array:
    """Lay it on a background of this grey: uint8 (height, width, 3)."""
    image = Image.new("RGB", rgba.size, (background, background, background))
    image.paste(rgba, mask=rgba)
    return np.asarray(image)
