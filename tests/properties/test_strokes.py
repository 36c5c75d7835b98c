import math

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ml import svg
from ml.strokes import CANVAS, PEN, finite, from_lists, on_canvas, paint, place, render
from tests.support.strategies import strokes

WILD = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(10**15), 10**15)
WIDTHS = st.floats(1, 40)


@given(strokes(WILD), WIDTHS)
def test_whatever_is_stored_can_be_painted(drawn, width):
    for read in (finite, from_lists):
        lines = read(drawn)
        assert len(lines) == len(drawn)
        assert all(np.isfinite(line).all() for line in lines)
    picture = paint(from_lists(drawn), width)
    assert (picture.shape, picture.dtype) == ((CANVAS, CANVAS), np.uint8)
    assert on_canvas(from_lists(drawn)) in (True, False)


@given(strokes(), WIDTHS)
def test_there_is_ink_where_a_stroke_begins_and_none_far_from_all(drawn, width):
    picture = paint(from_lists(drawn), width)
    for xs, ys, *_ in drawn:
        x, y = (min(CANVAS - 1, int(axis[0])) for axis in (xs, ys))
        assert picture[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].max() > 0
    away = np.full((CANVAS, CANVAS), 255, np.uint8)
    for line in from_lists(drawn):
        points = np.rint(line).clip(0, CANVAS - 1).astype(np.int32)
        cv2.polylines(away, [points], False, 0)
        cv2.circle(away, points[0].tolist(), 1, 0, -1)  # also where that is all
    distance = cv2.distanceTransform(away, cv2.DIST_L2, 5)
    assert picture[distance > width / 2 + 8].max(initial=0) == 0


@given(strokes(), st.floats(0.1, 1), st.floats(-180, 180))
def test_placed_strokes_lie_on_the_canvas(drawn, fraction, degrees):
    placed = place(from_lists(drawn), fraction=fraction, degrees=degrees)
    every = np.concatenate(placed)
    slack = PEN / 2 + 1  # what is smaller than the pen is still drawn by it
    assert every.min() >= -slack and every.max() <= CANVAS + slack
    assert np.ptp(every, axis=0).max() <= max(fraction * CANVAS - PEN, 1) + 0.5


@given(strokes())
def test_the_order_of_strokes_makes_no_difference(drawn):
    there, back = (render(from_lists(each)) for each in (drawn, drawn[::-1]))
    assert np.array_equal(there, back)


@given(strokes(), st.lists(WIDTHS, min_size=4, max_size=4))
def test_as_svg_it_is_well_formed_and_all_numbers(drawn, widths):
    paths = svg.paths(drawn, widths[: len(drawn)])
    assert len(paths) == (len(drawn) if on_canvas(from_lists(drawn)) else 0)
    for path in paths:
        assert set(path.d) <= set("MmLlQqCcHhVvZz0123456789.,- ")
        assert "nan" not in path.d and "inf" not in path.d
        assert math.isfinite(path.width)
