import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin

from ml.decoding import READING, DrawingTooLarge, check, decode
from ml.imagefile import MAX_PARTS, TooManyParts, essence, png_chunk
from ml.preprocessing import preprocess
from tests.support.bombs import MEGABYTE, SEVEN, exif, gif_with, jpeg_with, png_with, segment
from tests.support.digits import as_decoded, encoded

PICTURE = Image.fromarray(np.dstack([SEVEN, SEVEN // 2, 255 - SEVEN])[:200])

# What costs much, or fills the log, and shows nothing.
BALLAST = {
    "profiles": png_with(*[png_chunk(b"iCCP", b"x\0\0" + MEGABYTE)] * 100),
    "packed texts": png_with(*[png_chunk(b"zTXt", b"x\0\0" + MEGABYTE)] * 100),
    "packed notes": png_with(*[png_chunk(b"iTXt", b"x\0\1\0\0\0" + MEGABYTE)] * 100),
    "exif in a PNG": png_with(png_chunk(b"eXIf", exif(60_000))),
    "exif in a JPEG": jpeg_with(*[segment(0xE1, b"Exif\0\0" + exif(5000))] * 20),
    "comments in a JPEG": jpeg_with(*[segment(0xFE, b"x" * 60_000)] * 20),
    "thumbnails": jpeg_with(*[segment(0xE2, b"MPF\0" + exif(2000))] * 20),
    "comments in a GIF": gif_with(b"!\xfe" + b"\x01x" * 5000 + b"\0"),
}
TOO_MANY = {
    "chunks": png_with(*[png_chunk(b"tEXt", b"")] * MAX_PARTS),
    "parts of pixels": png_with(*[png_chunk(b"IDAT", b"")] * MAX_PARTS),
    "segments": jpeg_with(*[segment(0xFE, b"")] * MAX_PARTS),
    "tables": jpeg_with(*[segment(0xDB, b"")] * MAX_PARTS),
    "filling": jpeg_with(b"\xff" * MAX_PARTS),
    "comments": gif_with(b"!\xfe\0" * MAX_PARTS),
    "parts of a comment": gif_with(b"!\xfe" + b"\x01x" * MAX_PARTS + b"\0"),
}


@pytest.mark.parametrize("name", BALLAST)
def test_a_decoder_sees_nothing_but_the_picture(name):
    data = BALLAST[name]
    assert len(essence(data).data) < 12_000
    format = {b"\xff\xd8": "JPEG", b"GI": "GIF"}.get(data[:2], "PNG")
    assert np.array_equal(decode(data), decode(encoded(SEVEN, format)))


@pytest.mark.parametrize("name", TOO_MANY)
def test_a_file_in_too_many_parts_is_refused(name):
    with pytest.raises(TooManyParts):
        essence(TOO_MANY[name])
    with pytest.raises(DrawingTooLarge, match="10,000 parts"):
        preprocess(TOO_MANY[name])


def test_of_an_animation_only_the_first_frame_is_seen():
    frames = [PICTURE, PICTURE.rotate(90), PICTURE.rotate(180)]
    for format in ("GIF", "PNG", "WEBP", "MPO"):
        moving = encoded(frames[0], format, save_all=True, append_images=frames[1:])
        assert np.array_equal(decode(moving), by_pillow(moving))
    with Image.open(io.BytesIO(essence(moving).data)) as image:
        assert image.format == "JPEG"


def by_pillow(data):
    return as_decoded(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_pictures_are_turned_as_their_exif_says(format, orientation):
    notes = Image.Exif()
    notes[0x010F], notes[0x0112] = "Camera", orientation
    assert np.array_equal(decode(data := encoded(PICTURE, format, exif=notes)), by_pillow(data))
    assert b"Camera" not in essence(data).data
    motorola = Image.Exif()
    motorola.endian = ">"
    motorola[0x0112] = orientation
    assert np.array_equal(decode(data := encoded(PICTURE, format, exif=motorola)), by_pillow(data))


@pytest.mark.parametrize("orientation", range(10))
def test_pictures_are_turned_as_their_xmp_says(orientation):
    xmp = f'<rdf:Description tiff:Orientation="{orientation}"/>'
    for format in ("JPEG", "WEBP"):
        data = encoded(PICTURE, format, xmp=xmp.encode())
        assert np.array_equal(decode(data), by_pillow(data))
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt("XML:com.adobe.xmp", xmp)
    data = encoded(PICTURE, pnginfo=notes)
    assert np.array_equal(decode(data), by_pillow(data))


@pytest.mark.parametrize(
    "notes",
    [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", exif(0)[:9], exif(300, 99), exif(3, 6)[:12], b"II"],
)
def test_exif_that_makes_no_sense_turns_nothing(notes):
    damaged = jpeg_with(segment(0xE1, b"Exif\0\0" + notes), image=PICTURE)
    assert np.array_equal(decode(damaged), decode(jpeg_with(image=PICTURE)))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"keep_rgb": True}])
def test_a_jpeg_keeps_its_colours(mode, options):
    data = encoded(PICTURE.convert(mode), "JPEG", icc_profile=b"x" * 70_000, **options)
    assert np.array_equal(decode(data), by_pillow(data))


def test_a_lossless_webp_may_not_have_a_code_for_every_few_pixels():
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (512, 512, 3), np.uint8))
    for options in ({"lossless": True}, {"save_all": True, "lossless": True}):
        with pytest.raises(DrawingTooLarge, match="Send a PNG or a JPEG"):
            check(encoded(noise, "WEBP", **options))
    see_through = noise.convert("RGBA")
    see_through.putalpha(Image.fromarray(rng.integers(0, 256, (512, 512), np.uint8)))
    with pytest.raises(DrawingTooLarge):
        check(encoded(see_through, "WEBP", quality=50))
    usual = check(encoded(noise, "WEBP", quality=50)).cost
    assert usual < 512 * 512 * (2 + READING)
    drawing = check(encoded(SEVEN, "WEBP", lossless=True)).cost
    assert 280 * 280 * (1 + READING) < drawing < 280 * 280 * (3 + READING)


def test_what_is_wrong_with_a_file_does_not_fill_the_log(tmp_path):
    path = tmp_path / "tags"
    for data in (
        encoded(PICTURE, "JPEG", exif=b"Exif\0\0" + exif(60)),
        encoded(PICTURE, "WEBP", exif=exif(60_000)),
        png_with(png_chunk(b"eXIf", exif(60_000))),
        png_with(png_chunk(b"acTL", b"\xff" * 8)),
        encoded(PICTURE, "BMP").replace(b"\x28\0\0\0", b"\x29\0\0\0"),
        encoded(Image.new("1", (9999, 9999))),  # of which Pillow warns, as of a bomb
        b"BM" + bytes(12) + b"\x28\0\0\0" + b"\x09\0\0\0" * 2 + b"\1\0\x08\0\1" + bytes(2000),
    ):
        path.write_bytes(data)
        code = f"""
import logging; logging.basicConfig(level=logging.INFO)
from ml.decoding import DrawingError
from ml.preprocessing import preprocess
try: preprocess(open({str(path)!r}, "rb").read())
except DrawingError: pass
"""
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        assert (run.stdout, run.stderr.replace(b"ResourceWarning", b"")) == (b"", b"")
