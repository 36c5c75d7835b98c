import numpy as np
import pytest

from ml import ink
from ml.strokes import LARGEST, PEN

# As they are stored, one with its times.
DOT = [[3.5], [4]]
LINE = [[0, 1, 30], [0, 2.5, 40], [0, 8, 16]]
NOTHING = [[], []]


def test_what_is_packed_is_unpacked_drawing_by_drawing():
    arrays = ink.pack([[LINE, NOTHING, DOT], [], [DOT]], [[18, 6], None, [30.5]])
    assert {name: array.dtype for name, array in arrays.items()} == {
        name: dtype.base for name, dtype in ink.ARRAYS.items()
    }
    strokes, widths = ink.unpack(arrays)
    dot, line = [[3.5, 4]], [[0, 0], [1, 2.5], [30, 40]]
    found = [[points.tolist() for points in drawing] for drawing in strokes]
    assert found == [[line, dot], [], [dot]]
    assert [pens.tolist() for pens in widths] == [[18, 6], [], [30.5]]


def test_a_pen_that_is_not_known_has_the_usual_width():
    assert ink.pack([[LINE, DOT]], [[6]])["widths"].tolist() == [6, PEN]


def test_what_lies_beyond_all_bounds_is_finite():
    points = ink.pack([[[[1e300, float("nan")], [-1e300, 0]]]], [None])["points"]
    assert points.tolist() == np.float32([[LARGEST, -LARGEST], [-LARGEST, 0]]).tolist()


@pytest.mark.parametrize("drawings", [[], [[]], [[], []]])
def test_nothing_can_be_packed_too(drawings):
    assert ink.unpack(ink.pack(drawings, drawings))[0] == drawings


@pytest.mark.parametrize("name", ink.ARRAYS)
def test_arrays_that_do_not_belong_together_are_refused(name):
    arrays = ink.pack([[LINE, DOT], [DOT]], [[18, 6], [30]])
    with pytest.raises(ValueError):
        ink.unpack(arrays | {name: arrays[name][1:]})
    with pytest.raises(KeyError):
        ink.unpack({other: arrays[other] for other in arrays if other != name})
