import math

import numpy as np
import pytest

from ml.preprocessing import preprocess
from ml.strokes import CANVAS, PEN, from_lists, on_canvas, paint, place, render
from tests.support.digits import DIGITS

SEVEN = DIGITS[7]


def box(image):
    """Left, top, right, bottom of what is inked by half."""
    rows, columns = (np.flatnonzero((image > 127).any(axis=axis)) for axis in (1, 0))
    return [int(edge) for edge in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)]


def test_times_are_dropped():
    strokes = from_lists([[[1, 2, 3], [4, 5, 6], [0, 10, 20]], [[7], [8]]])
    assert [points.tolist() for points in strokes] == [[[1, 4], [2, 5], [3, 6]], [[7, 8]]]
    assert {points.dtype for points in strokes} == {np.dtype(np.float32)}


@pytest.mark.parametrize("part", [0.33, 0.6, 0.9])
@pytest.mark.parametrize("pen", [6, 18, 30])
def test_the_longer_side_takes_its_part_of_the_canvas_pen_included(part, pen):
    left, top, right, bottom = box(render(place(SEVEN, fraction=part, pen=pen), pen=pen))
    assert max(right - left, bottom - top) == pytest.approx(part * CANVAS, abs=2)
    assert (left + right) / 2 == pytest.approx(CANVAS / 2, abs=1)
    assert (top + bottom) / 2 == pytest.approx(CANVAS / 2, abs=1)


def test_the_aspect_is_kept():
    before, after = (np.ptp(np.concatenate(strokes), axis=0) for strokes in (SEVEN, place(SEVEN)))
    assert after[0] / after[1] == pytest.approx(before[0] / before[1])


def test_it_goes_where_it_is_told_and_no_ink_is_cut_off():
    left, top, *_ = box(render(place(SEVEN, fraction=0.4, center=(0.3, 0.7))))
    assert left < 60 and top > 120
    for corner in ((0, 0), (1, 0), (0, 1), (1, 1)):
        image = render(place(SEVEN, fraction=0.4, center=corner))
        middle = render(place(SEVEN, fraction=0.4))
        assert image.sum() == pytest.approx(middle.sum(), rel=0.02)


def test_it_is_turned_clockwise():
    up = [np.array([[50, 100], [50, 0]], np.float32)]
    start, end = place(up, degrees=90)[0]
    assert end[0] > start[0] and end[1] == pytest.approx(start[1], abs=0.1)


def test_a_dot_is_as_wide_as_the_pen():
    dot = render([np.array([[140.0, 140.0]])], pen=PEN)
    assert np.sqrt(dot.sum() / 255 / np.pi) * 2 == pytest.approx(PEN, abs=1)
    left, top, right, bottom = box(dot)
    assert (left + right) / 2 == pytest.approx(140, abs=0.5)
    assert (top + bottom) / 2 == pytest.approx(140, abs=0.5)


def test_a_line_is_as_wide_as_the_pen_and_has_round_ends():
    line = render([np.array([[80.0, 140.0], [200.0, 140.0]])], pen=PEN)
    assert (line[:, 140] / 255).sum() == pytest.approx(PEN, abs=0.6)
    area = 120 * PEN + np.pi * (PEN / 2) ** 2
    assert line.sum() / 255 == pytest.approx(area, rel=0.04)


def test_a_drawing_without_extent_is_a_dot_in_its_place():
    dot = [np.array([[5.0, 5.0], [5.0, 5.0]], np.float32)]
    assert box(render(place(dot, center=(0.25, 0.75)))) == pytest.approx([61, 201, 79, 219], abs=1)


def test_nothing_is_painted_twice_as_dark():
    image = render([np.array([[50, 50], [200, 200], [50, 50]], float)] * 2)
    assert image.max() == 255


PAINT_IN_THE_BROWSER = """([strokes, size, pen]) => {
    const canvas = new OffscreenCanvas(size, size), context = canvas.getContext("2d");
    Object.assign(context, {lineWidth: pen, lineCap: "round", lineJoin: "round"});
    for (const points of strokes) {
        context.beginPath();
        for (const [x, y] of points) context.lineTo(x, y);
        context.stroke();
    }
    const rgba = context.getImageData(0, 0, size, size).data;
    return Array.from({length: size * size}, (_, i) => rgba[4 * i + 3]);
}"""


def test_it_paints_as_a_browser_does(new_page):
    page = new_page()
    for digit, pen in ((2, 6), (4, 18), (8, 30)):
        strokes = place(DIGITS[digit], pen=pen)
        points = [stroke.tolist() for stroke in strokes]
        painted = page.evaluate(PAINT_IN_THE_BROWSER, [points, CANVAS, pen])
        browsers = np.array(painted, np.uint8).reshape(CANVAS, CANVAS)
        ours = render(strokes, pen=pen)
        assert np.abs(ours.astype(int) - browsers).mean() < 1
        assert np.abs(preprocess(ours).astype(int) - preprocess(browsers)).mean() < 2


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "strokes",
    [
        [[[0, 5e-324, 0], [0, 0, 5e-324]]],
        [[[1e12, -1e12, 3], [0, 1e12, 3]]],
        [[[1e300, -1e300], [0, 1]]],
        [[[math.inf, 1], [math.nan, 2]]],
        [[[], []], [[1e11], [5e-324]]],
    ],
)
def test_opencv_gets_nothing_but_numbers_that_it_can_hold(strokes):
    points = from_lists(strokes)
    assert all(np.isfinite(stroke).all() for stroke in points)
    for drawn in (
        render(points),
        render(place(points)),
        render([stroke * 1e20 for stroke in points]),
    ):
        assert drawn.shape == (CANVAS, CANVAS)


def test_nothing_drawn_is_an_empty_canvas():
    assert from_lists([[[], []], []]) == []
    assert not render(from_lists([])).any()


def test_what_lies_far_outside_is_not_painted():
    assert not render([np.array([[1e9, 1e9], [1e12, 2e9]])]).any()


@pytest.mark.parametrize(
    ("scale", "expected"), [(1, True), (0.001, False), (0.05, False), (10, False), (-1, False)]
)
def test_it_tells_what_was_drawn_on_the_page(scale, expected):
    assert on_canvas([points * scale for points in place(SEVEN)]) is expected
    assert not on_canvas([])


def test_what_is_painted_is_smooth_between_its_points():
    bend = np.array([[60, 200], [140, 60], [220, 200]], np.float32)
    painted, straight = paint([bend]), render([bend], finer=4)
    assert straight[53, 140] == 255 and not painted[53, 140]
    assert np.abs(painted[100:].astype(int) - straight[100:]).mean() < 1  # far from the corner


@pytest.mark.parametrize("points", [[[140, 140]], [[140, 140]] * 3, [[60, 60], [220, 220]]])
def test_where_there_is_no_corner_nothing_is_smoothed(points):
    stroke = np.array(points, np.float32)
    assert np.array_equal(paint([stroke]), render([stroke], finer=4))


def test_each_line_is_as_wide_as_its_own_pen():
    lines = [np.array([[x, 60.0], [x, 220.0]]) for x in (60, 200)]
    ink = paint(lines, [10, 28])[140] / 255
    assert ink[:130].sum() == pytest.approx(10, abs=0.5)
    assert ink[130:].sum() == pytest.approx(28, abs=0.5)
