"""The image files of strangers, to pixels: limits are held before anything is decoded."""

import io
import logging
import math
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from ml import imagefile, paper
from ml.arrays import UInt8Array

MAX_BYTES = 16_000_000
MAX_SIDE = 16_384
# Pixels, of each of which decoders hold 4 to 12 bytes, WebP's 24, and that of a JPEG next to
# nothing: it makes the picture smaller while it reads it.
MAX_PIXELS = {"PNG": 12 * 2**20, "BMP": 12 * 2**20, "GIF": 12 * 2**20, "WEBP": 6 * 2**20}
MAX_PIXELS["JPEG"] = 112 * 2**20
MAX_PIXELS_HELD = 12 * 2**20  # of a JPEG that is painted over, and has to be held for that
# Not AVIF: a header may understate the frames behind it, and Pillow has no limit for those. Nor
# HEIC, whose decoders for Pillow have no wheel for all platforms or bring one under the GPL.
FORMATS = tuple(MAX_PIXELS)
RLE = (1, 2)  # how a BMP says that it is run-length encoded
# Every scan of a progressive JPEG goes over the whole image, and an empty one takes 16 bytes:
# without a limit, two megabytes keep a processor busy for half an hour. Usual are 10.
MAX_SCANS = 20

# WebP's lossless compression may give every 16 pixels codes of their own, which take 6 kB and as
# long to read as so many pixels.
MAX_CODES = 8_192
CODE_COST = 100
# To find a digit on paper takes as long as to decode so many pixels for each of a picture, up to
# the size to which it is reduced for that.
READING = 6
MOST_READ = paper.SIDE**2

# What has more pixels is made smaller, and a process decodes only one such image at a time: each
# takes up to 200 MB meanwhile.
LARGE = 2**20
LONGEST = 4096
JPEG_SIDE = 1000  # the longer one, at least, of a JPEG that is made smaller while it is read
DEPTHS = (8, 12)  # bits that scanners use of 16
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
Image.MAX_IMAGE_PIXELS = MAX_PIXELS["JPEG"]
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
# Threads would share what takes microseconds, and wait for one another.
cv2.setNumThreads(1)


class DrawingError(ValueError):
    """A drawing that can't be read. Its text is a sentence for the person who sent it.

    Whoever shows it in another language translates the template, and then puts in the values.
    """

    def __init__(self, template: str, **values: int | str) -> None:
        self.template, self.values = template, values
        written = {name: f"{v:,}" if isinstance(v, int) else v for name, v in values.items()}
        super().__init__(template % written)


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for translators, as Django's function of this name does."""
    return sentence


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
    is_large: bool
    cost: int  # in pixels of a PNG, or in what takes as long to decode

    def decode(self) -> UInt8Array:
        """As `decode` does."""
        with _named_errors(self.data):
            return _decode(_drafted(Image.open(io.BytesIO(self.data), formats=FORMATS)), self)


def check(data: bytes) -> Checked:
    """Read the header of an image file. Raises UndecodableDrawing, DrawingTooLarge."""
    with _named_errors(data):
        return _open(data)[1]


def decode(data: bytes) -> UInt8Array:
    """Decode the bytes of an image file (PNG, JPEG, WebP, GIF or BMP).

    Returns uint8: (height, width) of a grey image, (height, width, 3), RGB, of any other. It has at
    most LARGE pixels: of a larger image, areas are averaged. A transparent image is laid on white
    paper, or on black when what was drawn is light.
    Checks size before it decodes.

    Raises UndecodableDrawing, DrawingTooLarge.
    """
    with _named_errors(data):
        return _decode(*_open(data))


def _open(data: bytes) -> tuple[Image.Image, Checked]:
    if len(data) > MAX_BYTES:
        raise DrawingTooLarge(
            gettext_noop("This image has %(size)s bytes; %(most)s is the most that is accepted."),
            size=len(data),
            most=MAX_BYTES,
        )
    file = imagefile.essence(data)
    image: Image.Image = Image.open(io.BytesIO(file.data), formats=FORMATS)
    _check_size(image, MAX_PIXELS[str(image.format)] if file.passes == 1 else MAX_PIXELS_HELD)
    if file.passes > MAX_SCANS + 1:
        raise DrawingTooLarge(
            gettext_noop("This JPEG is painted over more than %(most)s times."), most=MAX_SCANS
        )
    codes = min(file.codes, -(-image.height // 4) * -(-image.width // 4))
    if codes > MAX_CODES:
        raise DrawingTooLarge(
            gettext_noop("This lossless WebP is too large. Send a PNG or a JPEG.")
        )
    pixels = image.height * image.width
    image = _drafted(image)
    cost = _cost(image, pixels, file) + CODE_COST * codes
    return image, Checked(file.data, file.orientation, pixels > LARGE, cost)


def _check_size(image: Image.Image, most: int) -> None:
    if max(image.size) > MAX_SIDE or image.width * image.height > most:
        raise DrawingTooLarge(
            gettext_noop(
                "This image is %(width)s x %(height)s pixels; of a %(format)s at most %(side)s a"
                " side and %(most)s in all are accepted."
            ),
            width=str(image.width),
            height=str(image.height),
            format=str(image.format),
            side=MAX_SIDE,
            most=most,
        )


def _drafted(image: Image.Image) -> Image.Image:
    """Have a large JPEG made smaller while it is read, by 2, 4 or 8; nothing else can be."""
    if image.format == "JPEG" and _scale(image) < 1:
        longer = max(image.size)
        width, height = (max(1, side * JPEG_SIDE // longer) for side in image.size)
        image.draft(None, (width, height))
    return image


def _cost(image: Image.Image, pixels: int, file: imagefile.Essence) -> int:
    """What it takes to decode and read it, in pixels of a PNG.

    pixels: of the file, of which a JPEG is made smaller.
    """
    decoded = image.height * image.width
    cost = decoded + READING * min(decoded, MOST_READ) + len(file.data) // 2
    return cost + pixels * file.passes // 8 if image.format == "JPEG" else cost


def _decode(image: Image.Image, file: Checked) -> UInt8Array:
    with _large if file.is_large else nullcontext():
        if image.info.get("compression") in RLE:
            image = _unrolled(file.data, image.size)
        image = _reduced(image)
        turn = TURNS.get(file.orientation)
        return _flatten(image if turn is None else image.transpose(turn))


def _scale(image: Image.Image) -> float:
    """At most 1: what brings it within the limits of what is returned."""
    pixels = image.width * image.height
    return min(1, math.sqrt(LARGE / pixels), LONGEST / max(image.size))


def _reduced(image: Image.Image) -> Image.Image:
    scale = _scale(image)
    if scale == 1:
        return image
    # Numbers of colours have no mean, nor has a colour that stands for none.
    if image.mode in ("1", "P", "PA") or ("transparency" in image.info and not _is_deep(image)):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    width, height = (max(1, int(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BOX)


@contextmanager
def _named_errors(data: bytes) -> Iterator[None]:
    try:
        yield
    except DrawingError:
        raise
    except Image.DecompressionBombError as error:
        template = gettext_noop("This image has more pixels than are accepted.")
        raise DrawingTooLarge(template) from error
    except imagefile.TooManyParts as error:
        template = gettext_noop("This file has more than %(most)s parts. Save the picture anew.")
        raise DrawingTooLarge(template, most=imagefile.MAX_PARTS) from error
    except Exception as error:
        # Pillow's decoders raise nearly anything on a damaged file (OSError, SyntaxError,
        # struct.error, ...), so everything else means the same.
        raise _undecodable(imagefile.foreign_kind(data)) from error


def _undecodable(kind: str) -> UndecodableDrawing:
    if not kind:
        return UndecodableDrawing(
            gettext_noop(
                "This is not an image that can be read. Send a PNG, JPEG, WebP, GIF or BMP file."
            )
        )
    template = gettext_noop(
        "%(kind)s can't be read here. Export the picture as a JPEG or PNG, or send a screenshot of"
        " it."
    )
    return UndecodableDrawing(template, kind=kind)


def _is_deep(image: Image.Image) -> bool:
    return image.mode.startswith("I;16") or image.mode == "I"


def _flatten(image: Image.Image) -> UInt8Array:
    """Any Pillow image to uint8 (height, width) or (height, width, 3)."""
    if _is_deep(image):
        # Pillow clips 16-bit grey to white instead of scaling it. Scanners use 12 bits, or 8.
        values = np.asarray(image, np.int32)
        bits = next((bits for bits in DEPTHS if values.max() < 2**bits), 16)
        return np.asarray(np.clip(values >> (bits - 8), 0, 255), np.uint8)
    if not image.has_transparency_data:
        mode = "L" if image.mode in ("1", "L") else "RGB"
        # To convert what has that mode would copy it.
        return np.asarray(image if image.mode == mode else image.convert(mode))
    rgba = image if image.mode == "RGBA" else image.convert("RGBA")
    pixels = np.asarray(rgba)
    alpha = np.asarray(cv2.extractChannel(pixels, 3), np.uint8)
    drawn = _mean(alpha) / 255
    if drawn == 1:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), np.uint8)
    # Mostly opaque: the paper is in the picture, so what lies beneath hardly matters.
    if drawn >= 0.5:
        return _composite(255, rgba)
    on_black = _composite(0, rgba)
    if drawn > 0 and _mean(on_black) / drawn > 127:  # light
        return on_black
    on_white = cv2.add(on_black, cv2.cvtColor(255 - alpha, cv2.COLOR_GRAY2RGB))
    return np.asarray(on_white, np.uint8)


def _unrolled(bmp: bytes, size: tuple[int, int]) -> Image.Image:
    """Decode a run-length encoded BMP of this width and height, for which Pillow has no C."""
    pixels = cv2.imdecode(np.frombuffer(bmp, np.uint8), cv2.IMREAD_COLOR_RGB)
    if pixels is None or pixels.shape[1::-1] != size:
        raise ValueError("damaged")
    return Image.fromarray(np.asarray(pixels, np.uint8))


def _mean(values: UInt8Array) -> float:
    return sum(cv2.sumElems(values)) / values.size


def _composite(background: int, rgba: Image.Image) -> UInt8Array:
    """Lay it on a background of this grey: uint8 (height, width, 3)."""
    image = Image.new("RGB", rgba.size, (background, background, background))
    image.paste(rgba, mask=rgba)
    return np.asarray(image)
