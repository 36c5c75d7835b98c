"""Pictures as they are stored and shown."""

import base64
import io

import numpy as np
from PIL import Image

from ml import decoding

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# What a picture needs to look the same. Text, dates, places and cameras are nobody's business.
SHOWN = {b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"IDAT", b"IEND"}
LONGER_SIDE = 1024  # pixels that are kept of a photograph
MAX_STORED_BYTES = 2_000_000  # of a PNG as it was sent
MAX_SCREEN_BYTES = 64_000  # bytes; ten that are heavier would keep a reviewer waiting
SCREEN_SIDE = 560  # pixels


def as_square(pixels: bytes | memoryview) -> np.ndarray:
    """Stored bytes to uint8 (28, 28)."""
    return np.frombuffer(pixels, np.uint8).reshape(28, 28)


def as_png(picture: np.ndarray, longer_side: int = LONGER_SIDE) -> bytes:
    """uint8 (height, width) grey, or (height, width, 3) RGB, to a grey PNG."""
    image = Image.fromarray(picture).convert("L")
    image.thumbnail((longer_side, longer_side))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def for_screen(png: bytes) -> bytes:
    """A stored drawing, made smaller if it is heavy."""
    if len(png) <= MAX_SCREEN_BYTES:
        return png
    return as_png(255 - decoding.decode(png), SCREEN_SIDE)


def as_data_url(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def to_store(data: bytes, picture: np.ndarray) -> bytes:
    """The file as it was sent, without its metadata, if it is a PNG and not large; else what it
    shows as one."""
    is_large = len(data) > MAX_STORED_BYTES or _png_pixels(data) > decoding.LARGE
    return (not is_large and _without_metadata(data)) or as_png(picture)


def _png_pixels(data: bytes) -> int:
    return int.from_bytes(data[16:20]) * int.from_bytes(data[20:24])


def _without_metadata(data: bytes) -> bytes | None:
    """None for what is not a whole PNG."""
    if not data.startswith(SIGNATURE):
        return None
    kept = [SIGNATURE]
    start = len(SIGNATURE)
    while start < len(data):
        end = start + 12 + int.from_bytes(data[start : start + 4])
        kind = data[start + 4 : start + 8]
        if end > len(data):
            return None
        if kind in SHOWN:
            kept.append(data[start:end])
        if kind == b"IEND":
            return b"".join(kept)
        start = end
    return None
