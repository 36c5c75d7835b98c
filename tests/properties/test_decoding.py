"""Files of all five formats, damaged: they are decoded or refused, and never more than that."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ml.decoding import LARGE, DrawingError, check, decode
from ml.imagefile import TooManyParts, essence
from tests.support.bombs import exif, gif_with, jpeg_with, png_with, segment
from tests.support.digits import encoded, ink
from tests.support.strategies import damaged

SEVEN = Image.fromarray(255 - ink(7, canvas=280, pen=18))
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")


def saved(format, mode="RGB", **options):
    return encoded(SEVEN.resize((70, 70)).convert(mode), format, **options)


FILES = {
    "PNG": saved("PNG"),
    "grey PNG": saved("PNG", "L"),
    "transparent PNG": saved("PNG", "RGBA"),
    "PNG with a palette": saved("PNG", "P"),
    "PNG with chunks": png_with(),
    "JPEG": saved("JPEG"),
    "progressive JPEG": saved("JPEG", progressive=True),
    "turned JPEG": jpeg_with(segment(0xE1, b"Exif\0\0" + exif(0, orientation=6))),
    "lossy WebP": saved("WEBP"),
    "lossless WebP": saved("WEBP", lossless=True),
    "GIF": saved("GIF", "P"),
    "GIF with an extension": gif_with(b"!\xfe\x03abc\0"),
    "BMP": saved("BMP"),
    "BMP with a palette": saved("BMP", "P"),
}


def test_they_are_files_of_all_formats():
    found = {Image.open(io.BytesIO(file)).format for file in FILES.values()}
    assert found == set(FORMATS)


@pytest.mark.parametrize("name", FILES)
@given(st.data())
def test_what_is_damaged_is_decoded_or_refused_with_a_reason(name, data):
    file = data.draw(damaged(FILES[name]))
    try:
        pixels = decode(file)
    except DrawingError as error:
        assert str(error).endswith(".")
    else:
        height, width, *channels = pixels.shape
        assert pixels.dtype == np.uint8 and channels in ([], [3])
        assert 0 < height * width <= LARGE
        assert np.array_equal(check(file).decode(), pixels)


@pytest.mark.parametrize("name", FILES)
@given(st.data())
def test_what_is_cut_down_to_its_picture_stays_no_larger(name, data):
    file = data.draw(damaged(FILES[name]))
    try:
        left = essence(file)
    except (TooManyParts, IndexError, ValueError, struct.error):
        return
    assert len(left.data) <= len(file) + 64
    assert 1 <= left.orientation <= 8


@pytest.mark.parametrize("name", FILES)
def test_whole_they_show_the_same_as_before(name):
    assert essence(FILES[name]).data[:2] == FILES[name][:2]
    assert decode(FILES[name]).min() < 100


@given(st.binary(max_size=300))
def test_bytes_are_refused(data):
    with pytest.raises(DrawingError):
        decode(data)
