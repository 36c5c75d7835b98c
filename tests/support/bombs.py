"""Small image files that would cost a decoder much."""

import struct
import zlib

from PIL import Image

from ml.imagefile import PNG, png_chunk
from tests.support.digits import encoded, ink

SEVEN = 255 - ink(7, canvas=280, pen=18)
MEGABYTE = zlib.compress(bytes(2**20), 9)


def png_with(*chunks: bytes) -> bytes:
    """A drawing, and these chunks behind its header."""
    png = encoded(SEVEN)
    return png[:33] + b"".join(chunks) + png[33:]


def jpeg_with(*segments: bytes, image: Image.Image | None = None) -> bytes:
    jpeg = encoded(image or Image.fromarray(SEVEN), "JPEG")
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def gif_with(extension: bytes) -> bytes:
    gif = encoded(Image.fromarray(SEVEN), "GIF")
    colours = 13 + 3 * 2 ** ((gif[10] & 7) + 1)
    return gif[:colours] + extension + gif[colours:]


def exif(tags: int, orientation: int | None = None) -> bytes:
    """Tags that point behind the end, and one that says how the picture is turned."""
    entries = [struct.pack("<HHII", 0x9000 + tag % 2000, 2, 4000, 8) for tag in range(tags)]
    if orientation:
        entries.insert(0, struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)


def bmp(width: int, height: int, compression: int, bits: int, content: bytes) -> bytes:
    """With a palette of greys; 1 is run-length encoding in bytes, 2 in half bytes."""
    greys = 2**bits
    palette = b"".join(bytes([grey * 255 // (greys - 1)] * 3 + [0]) for grey in range(greys))
    start = 54 + len(palette)
    header = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(content), 0, 0, greys, 0
    )
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, start) + header + palette + content


def png_of(width: int, height: int) -> bytes:
    """White, in 16 bits of four channels."""
    rows = (b"\0" + b"\xff" * 8 * width) * height
    header = struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")
    return PNG + b"".join(png_chunk(*chunk) for chunk in chunks)
