import io
import random
import struct
import subprocess
import sys
import time
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from PIL import Image

from ml import decoding
from ml.decoding import DrawingError, DrawingTooLarge, UndecodableDrawing, check, decode
from ml.preprocessing import preprocess
from tests.support.bombs import bmp
from tests.support.digits import as_decoded, encoded, ink

SEVEN = ink(7)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_says_it_is(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("size", [(16_385, 1), (1, 20_000), (4097, 3072), (60_000, 60_000)])
def test_the_size_is_checked_before_anything_is_decoded(size):
    bomb = png_that_says_it_is(*size)
    with pytest.raises(DrawingTooLarge):
        preprocess(png_that_says_it_is(5000, 5000))  # so that Pillow has its modules by now
    tracemalloc.start()
    try:
        # Decoded, it would be found to be truncated.
        with pytest.raises(DrawingTooLarge, match="pixels"):
            preprocess(bomb)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_too_many_bytes_are_refused_unread():
    data = encoded(SEVEN).ljust(decoding.MAX_BYTES, b"\0")
    assert preprocess(data).max() == 255
    with pytest.raises(DrawingTooLarge, match="16,000,001 bytes"):
        preprocess(data + b"\0")


def test_a_jpeg_that_is_painted_over_and_over_is_refused_at_once():
    picture = Image.new("L", (2048, 2048), 200)
    picture.paste(0, (640, 640, 960, 1280))
    jpeg = encoded(picture, "JPEG", progressive=True)
    last_scan = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    bomb = jpeg[:-2] + last_scan * 5_000 + jpeg[-2:]
    assert len(bomb) < decoding.MAX_BYTES
    started = time.process_time()
    with pytest.raises(DrawingTooLarge, match="This JPEG is painted over"):
        preprocess(bomb)
    assert time.process_time() - started < 0.5
    assert preprocess(jpeg).max() == 255


@pytest.mark.parametrize("format", decoding.FORMATS)
def test_damaged_files_raise_nothing_but_named_errors(format):
    whole = encoded(255 - ink(2, canvas=100, pen=7), format)
    chance = random.Random(format)
    refused = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            # Headers are short and have the most to break.
            end = chance.choice([40, len(damaged)])
            damaged[chance.randrange(min(end, len(damaged)))] ^= 1 << chance.randrange(8)
        if chance.random() < 0.3:
            del damaged[chance.randrange(len(damaged)) :]
        try:
            pixels = preprocess(bytes(damaged))
        except DrawingError as error:
            refused += 1
            assert str(error).endswith((".", "first.", "darker."))
        else:
            assert pixels.shape == (28, 28) and pixels.dtype == np.uint8
    assert refused > 10


def run_length(picture, half_bytes=False):
    """A BMP's run-length encoding, in runs of one colour, from the lowest row on."""
    rows = []
    for row in picture[::-1]:
        ends = [*np.flatnonzero(np.diff(row.astype(int))) + 1, len(row)]
        for start, end in zip([0, *ends], ends, strict=False):
            grey = row[start] * 17 if half_bytes else row[start]
            rows += [bytes([min(255, end - at), grey]) for at in range(start, end, 255)]
        rows.append(b"\0\0")
    return b"".join([*rows, b"\0\1"])


@pytest.mark.parametrize(("compression", "bits"), [(1, 8), (2, 4)])
def test_a_run_length_encoded_bmp_is_read_as_pillow_does(compression, bits):
    picture = (255 - SEVEN)[::2, ::3] // 17 if bits == 4 else (255 - SEVEN)[::2, ::3]
    height, width = picture.shape
    data = bmp(width, height, compression, bits, run_length(picture, bits == 4))
    assert np.array_equal(decode(data), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
    with pytest.raises(UndecodableDrawing):
        decode(data[:-200])


def test_a_transparent_drawing_is_laid_on_the_paper_that_it_was_drawn_for():
    rng = np.random.default_rng(0)
    for alpha in (SEVEN, 255 - SEVEN, rng.integers(0, 200, SEVEN.shape, np.uint8)):
        for grey in (0, 130, 255):
            picture = np.dstack([np.full_like(SEVEN, grey)] * 3 + [np.uint8(alpha)])
            image = Image.fromarray(picture)
            papers = [Image.new("RGB", image.size, (paper,) * 3) for paper in (0, 255)]
            for paper in papers:
                paper.paste(image, mask=image)
            light = alpha.mean() < 127 and grey > 127
            assert np.array_equal(decode(encoded(image)), np.asarray(papers[0 if light else 1]))


def test_many_scans_of_a_jpeg_cost_more():
    jpeg = encoded(255 - SEVEN, "JPEG", progressive=True)
    last_scan = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    more = jpeg[:-2] + last_scan * 8 + jpeg[-2:]
    assert check(more).cost - check(jpeg).cost == SEVEN.size + len(last_scan * 8) // 2


def as_before(data):
    """Decoded whole, whatever it takes."""
    return as_decoded(Image.open(io.BytesIO(data)))


def photograph(width, height):
    """A seven on grey paper."""
    seven = cv2.resize(ink(7, canvas=560), (width, height), interpolation=cv2.INTER_LINEAR)
    return Image.fromarray(np.uint8(210 - seven * 0.6))


def is_like(pixels, other, most=3):
    """Whether they are of one size, and hardly differ."""
    if pixels.shape[:2] != other.shape[:2]:
        return False
    return np.abs(np.atleast_3d(pixels).astype(int) - np.atleast_3d(other)).mean() < most


FORMS = {
    "PNG": {},
    "grey PNG": {"mode": "L"},
    "transparent PNG": {"mode": "RGBA"},
    "grey PNG with alpha": {"mode": "LA"},
    "palette": {"mode": "P"},
    "16 bits": {"mode": "I;16"},
    "GIF": {"mode": "L", "format": "GIF"},
    "BMP": {"format": "BMP", "mode": "L"},
    "WebP": {"format": "WEBP", "method": 0},
    "JPEG": {"format": "JPEG"},
    "progressive JPEG": {"format": "JPEG", "progressive": True},
    "CMYK": {"format": "JPEG", "mode": "CMYK"},
}


def in_form(picture, mode="RGB", format="PNG", **options):
    if mode == "I;16":
        return encoded(Image.fromarray(np.asarray(picture, np.uint16) * 257))
    return encoded(picture.convert(mode), format, **options)


@pytest.mark.parametrize("form", FORMS)
def test_up_to_a_megapixel_every_pixel_stays(form):
    for size in ((1024, 1024), (4096, 256)):
        data = in_form(photograph(*size), **FORMS[form])
        if form == "16 bits":
            assert np.array_equal(decode(data), photograph(*size))
        else:
            assert np.array_equal(decode(data), as_before(data))


@pytest.mark.parametrize("form", FORMS)
def test_of_a_larger_picture_areas_are_averaged(form):
    picture = photograph(2294, 2134)
    pixels = decode(in_form(picture, **FORMS[form]))
    height, width = pixels.shape[:2]
    assert width >= 1000 and height * width <= decoding.LARGE
    assert width / height == pytest.approx(2294 / 2134, rel=0.01)
    smaller = picture.resize((width, height), Image.Resampling.BOX)
    assert is_like(pixels, np.asarray(smaller))


def test_a_colour_that_stands_for_none_is_not_averaged():
    picture = Image.new("RGB", (2000, 1000), (255, 0, 0))
    picture.paste((0, 0, 0), (500, 0, 1500, 1000))
    pixels = decode(encoded(picture, transparency=(255, 0, 0)))
    assert (pixels[:, 0] == 255).all() and not pixels[:, pixels.shape[1] // 2].any()


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_large_photograph_is_turned_as_its_exif_says(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = photograph(2400, 1200)
    pixels = decode(encoded(picture, "JPEG", exif=exif))
    turn = decoding.TURNS.get(orientation)
    upright = picture if turn is None else picture.transpose(turn)
    size = pixels.shape[1::-1]
    assert is_like(pixels, np.asarray(upright.resize(size)))


@pytest.mark.parametrize(
    "size", [(1179, 2556), (1440, 3200), (2048, 2732), (4032, 3024), (1080, 11_000)]
)
def test_photographs_and_screenshots_are_read(size):
    for format in ("PNG", "JPEG"):
        assert preprocess(encoded(photograph(*size), format)).max() == 255


@pytest.mark.parametrize("size", [(8064, 6048), (12_000, 9000)])
def test_a_jpeg_may_have_more_pixels_than_could_be_held(size):
    flat = Image.new("L", size, 200)
    flat.paste(20, (size[0] // 3, size[1] // 3, size[0] // 2, size[1] // 2))
    pixels = decode(encoded(flat, "JPEG"))
    assert pixels.shape[1] >= 1000
    assert is_like(pixels, np.asarray(flat.resize(pixels.shape[1::-1])))
    with pytest.raises(DrawingTooLarge, match="12,582,912 in all"):
        check(encoded(flat, "JPEG", progressive=True))
    with pytest.raises(DrawingTooLarge, match="12,582,912 in all"):
        check(encoded(flat))


def test_a_jpeg_in_several_scans_is_held_too_though_it_is_not_progressive():
    one_scan = encoded(Image.new("RGB", (4096, 3080)), "JPEG")
    scan = one_scan.index(b"\xff\xda")
    check(one_scan)
    with pytest.raises(DrawingTooLarge):
        check(one_scan[:-2] + one_scan[scan:])


def test_a_jpeg_that_ignores_to_what_size_it_is_read_is_refused():
    baseline = encoded(photograph(1500, 1200), "JPEG")
    for kind in (0xC3, 0xC5, 0xCB, 0xCF):
        with pytest.raises(UndecodableDrawing):
            check(baseline.replace(b"\xff\xc0", bytes([0xFF, kind])))


def test_what_phones_keep_behind_a_photograph_is_not_looked_at():
    jpeg = encoded(photograph(400, 300), "JPEG")
    film = b"\0\0\0\x18ftypmp42" + b"\xff\xda\xff\xd9" * 1000
    assert check(jpeg + film).data == check(jpeg).data
    assert np.array_equal(decode(jpeg + film), decode(jpeg))
    progressive = encoded(photograph(400, 300), "JPEG", progressive=True)
    assert check(progressive + film).data == check(progressive).data


def test_16_bits_that_use_only_12_or_8_are_stretched():
    levels = np.linspace(0, 1, SEVEN.size).reshape(SEVEN.shape)
    for bits in (8, 12, 16):
        grey = np.uint16(levels * (2**bits - 1))
        assert np.array_equal(decode(encoded(Image.fromarray(grey))), grey >> (bits - 8))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "AVIF"),
        (encoded(SEVEN, "TIFF"), "TIFF"),
        (b"%PDF-1.7\n", "PDF"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    ],
)
def test_of_pictures_in_other_formats_it_says_what_to_do(data, kind):
    for read in (check, decode):
        with pytest.raises(UndecodableDrawing, match=f"{kind} can't be read here. Export"):
            read(data)


DECODE_ONCE = """
import sys
from ml.decoding import decode
decode(open(sys.argv[2], "rb").read())

def status(name):
    lines = open("/proc/self/status").read().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name))

open("/proc/self/clear_refs", "w").write("5")
before = status("VmRSS")
decode(open(sys.argv[1], "rb").read())
print(status("VmHWM") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="another system")
@pytest.mark.parametrize(
    ("form", "size", "most"),
    [
        ("JPEG", (8064, 6048), 60),
        ("progressive JPEG", (4032, 3024), 120),
        ("PNG", (4032, 3024), 120),
        ("transparent PNG", (4032, 3024), 200),
        ("WebP", (2732, 2048), 200),
    ],
)
def test_the_largest_pictures_take_so_many_megabytes(form, size, most, tmp_path):
    (tmp_path / "large").write_bytes(in_form(photograph(*size), **FORMS[form]))
    (tmp_path / "small").write_bytes(in_form(photograph(60, 60), **FORMS[form]))
    command = [sys.executable, "-c", DECODE_ONCE, tmp_path / "large", tmp_path / "small"]
    assert 0 < int(subprocess.run(command, capture_output=True, check=True).stdout) < most * 10**6


def test_large_images_are_read_one_after_the_other_and_small_ones_at_once():
    large = encoded(ink(7, canvas=1100, pen=70))
    with ThreadPoolExecutor(2) as threads:
        with decoding._large:
            waiting = threads.submit(preprocess, large)
            assert threads.submit(preprocess, encoded(SEVEN)).result().shape == (28, 28)
            assert not waiting.done()
        assert waiting.result().shape == (28, 28)
