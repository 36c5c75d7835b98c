import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from predictor.images import as_png, as_square, to_store
from tests.support.samples import png

PICTURE = np.zeros((10, 20, 3), np.uint8)


def test_a_plain_png_is_kept_byte_for_byte():
    assert to_store(png(), PICTURE) == png()


def test_what_a_png_says_beside_its_picture_is_dropped():
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "Ann Example")
    text.add_itxt("Place", "52.5, 13.4")
    exif = Image.Exif()
    exif[0x010F] = "Camera of Ann"
    image, file = Image.open(io.BytesIO(png())), io.BytesIO()
    image.save(file, "PNG", pnginfo=text, exif=exif)
    kept = to_store(file.getvalue() + b"Ann was here", PICTURE)
    assert b"Ann" in file.getvalue() and b"Ann" not in kept and b"52.5" not in kept
    assert Image.open(io.BytesIO(kept)).tobytes() == image.tobytes()


def test_transparency_and_colours_are_kept():
    image, file = Image.new("RGBA", (30, 30), (0, 0, 0, 0)), io.BytesIO()
    image.putpixel((3, 3), (200, 10, 10, 128))
    image.save(file, "PNG")
    assert Image.open(io.BytesIO(to_store(file.getvalue(), PICTURE))).tobytes() == image.tobytes()


@pytest.mark.parametrize(
    "data",
    [b"\xff\xd8\xff", b"GIF89a", png()[:-12], png()[:-1], png()[:8], b""]
    + [png()[:8] + struct.pack(">I", 2**32 - 1) + b"IHDR" + zlib.compress(b"")],
)
def test_anything_else_is_kept_as_the_picture_that_it_shows(data):
    assert Image.open(io.BytesIO(to_store(data, PICTURE))).size == (20, 10)


def test_a_large_photograph_is_made_smaller():
    kept = to_store(b"jpeg", np.zeros((4096, 1024, 3), np.uint8))
    assert Image.open(io.BytesIO(kept)).size == (256, 1024)


def test_stored_pixels_become_a_picture():
    pixels = bytes(range(196)) * 4
    assert Image.open(io.BytesIO(as_png(as_square(pixels)))).tobytes() == pixels
