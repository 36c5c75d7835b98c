import re

import numpy as np
import pytest

from ml.strokes import PEN, from_lists, paint, place, render
from ml.svg import MAX_POINTS, paths
from tests.support.digits import DIGITS


def stored(strokes, scale=1):
    return [np.rint(points * scale).astype(int).T.tolist() for points in strokes]


def flattened(d):
    """The points of a path, ten for each curve: float (n, 2)."""
    here, points = np.zeros(2), []
    for command, numbers in re.findall(r"([Mlq])([^Mlq]+)", d):
        steps = np.array(numbers.split(), float).reshape(-1, 2)
        if command == "q":
            t = np.linspace(0.1, 1, 10)[:, None]
            points += [*(here + 2 * t * (1 - t) * steps[0] + t**2 * steps[1])]
        else:
            points.append(here + steps[-1])
        here = points[-1]
    return np.array(points, np.float32)


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("fraction", [0.3, 0.9])
def test_they_are_the_curves_that_the_site_paints(digit, fraction):
    strokes = stored(place(DIGITS[digit], fraction=fraction))
    drawn = render([flattened(path.d) for path in paths(strokes, None)], finer=4)
    painted = paint(from_lists(strokes))
    assert np.abs(drawn.astype(int) - painted).mean() < 0.3
    assert (np.abs(drawn.astype(int) - painted) > 128).sum() == 0


def test_each_has_its_pen_and_its_times():
    strokes = [[[10, 90], [10, 90], [50, 250]], [[5], [5], [1050]]]
    line, dot = paths(strokes, [10, 28])
    assert (line.d, line.width, line.start, line.duration) == ("M10 10l80 80", 10, 0, 200)
    assert (dot.d, dot.width, dot.start, dot.duration) == ("M5 5l0.1 0", 28, 1000, 0)


def test_without_times_they_come_one_after_the_other_and_without_widths_by_the_usual_pen():
    first, second = paths([[[10, 90], [10, 90]], [[5], [5]]], None)
    assert (first.start, second.start) == (0, 1000)
    assert {first.width, second.width} == {PEN}


@pytest.mark.parametrize(
    "strokes",
    [
        None,
        [],
        [[[10, 20], [10, 20]]],  # a slip
        [[[10, 900], [10, 900]]],  # on another canvas
        [[[0, 200] * MAX_POINTS, [0, 200] * MAX_POINTS]],
        [[[10, 1e300], [10, 20]]],
    ],
)
def test_there_are_none_of_what_was_not_drawn_on_the_page(strokes):
    assert paths(strokes, None) == []
