"""Any picture is read or refused with a reason; and where on the paper a digit lies is nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from ml.decoding import DrawingError
from ml.preprocessing import preprocess, steps
from ml.strokes import CANVAS, PEN, from_lists, render
from tests.support.digits import DIGITS
from tests.support.strategies import strokes

SIDE = 28
GREY = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=80))
COLOUR = array_shapes(min_dims=2, max_dims=2, max_side=60).flatmap(
    lambda shape: arrays(np.uint8, (*shape, 3))
)


@given(GREY | COLOUR)
def test_a_picture_is_read_or_refused_with_a_reason(picture):
    before = picture.copy()
    try:
        read = preprocess(picture)
    except DrawingError as error:
        assert str(error).endswith(".")
    else:
        assert (read.shape, read.dtype) == ((SIDE, SIDE), np.uint8)
        assert read.max() > 0
        assert np.array_equal(read, preprocess(picture))
    assert np.array_equal(picture, before)


@given(strokes())
def test_what_is_drawn_on_the_page_is_read_and_its_steps_end_with_what_was_read(drawn):
    picture = 255 - render(from_lists(drawn))
    try:
        read = preprocess(picture)
    except DrawingError:
        assert np.ptp(picture) < 255 or np.count_nonzero(picture < 255) < 20
        return
    shown = list(steps(picture).values())
    assert np.array_equal(shown[-1], read)
    assert all(step.dtype == np.uint8 and step.size for step in shown)


@given(
    digit=st.integers(0, 9),
    x=st.integers(0, CANVAS - 140),
    y=st.integers(0, CANVAS - 140),
)
def test_where_a_digit_lies_makes_no_difference(digit, x, y):
    shifted = [points + (x + PEN, y + PEN) for points in DIGITS[digit]]
    middle = [points + (90, 90) for points in DIGITS[digit]]
    moved, expected = (preprocess(255 - render(lines)) for lines in (shifted, middle))
    assert np.array_equal(moved, expected)


@given(st.integers(0, 9), st.integers(0, 255), st.integers(0, 255))
def test_ink_is_what_differs_from_the_paper_whichever_is_lighter(digit, paper, pen):
    mask = render([points + 90 for points in DIGITS[digit]]).astype(float)[..., None] / 255
    picture = np.rint(paper + (pen - paper) * mask).astype(np.uint8).repeat(3, axis=2)
    if abs(paper - pen) < 60:
        return  # nobody could tell them apart on a photograph
    expected = preprocess(255 - np.uint8(mask[..., 0] * 255))
    assert np.abs(preprocess(picture).astype(int) - expected).max() <= 16


def test_an_empty_picture_is_refused():
    with pytest.raises(DrawingError):
        preprocess(np.zeros((0, 5), np.uint8))
