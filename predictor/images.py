"""Pictures as they are stored and shown."""

import base64

import cv2
import numpy as np

from ml import decoding

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# What a picture needs to look the same. Text, dates, places and cameras are nobody's business.
SHOWN = {b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"IDAT", b"IEND"}
LONGER_SIDE = 1024  # pixels that are kept of a photograph
MAX_STORED_BYTES = 2_000_000  # of a PNG as it was sent
MAX_SCREEN_BYTES = 64_000  # bytes; ten that are heavier would keep a reviewer waiting
SCREEN_SIDE = 560  # pixels
COMPRESSION = (cv2.IMWRITE_PNG_COMPRESSION, 3)  # a tenth larger than the best, in half the time


def as_square(pixels: bytes | memoryview) -> np.ndarray:
    """Stored bytes to uint8 (28, 28)."""
    return np.frombuffer(pixels, np.uint8).reshape(28, 28)


def as_png(picture: np.ndarray, longer_side: int = LONGER_SIDE) -> bytes:
    """uint8 (height, width) grey, or (height, width, 3) RGB, to a grey PNG."""
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    scale = longer_side / max(grey.shape)
    if scale < 1:
        height, width = (max(1, round(side * scale)) for side in grey.shape)
        grey = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".png", grey, COMPRESSION)[1].tobytes()


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
