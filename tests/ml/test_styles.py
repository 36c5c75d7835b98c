import numpy as np
import pytest

from ml import styles
from tests.support.digits import DIGITS


def varied(digit, strokes=None, times=600):
    chance = np.random.default_rng(0)
    strokes = strokes or DIGITS[digit]
    made = [styles.vary_style(strokes, digit, chance) for _ in range(times)]
    return [new for new in made if new is not strokes]


@pytest.mark.parametrize("digit", [0, 1, 7])
def test_some_drawings_get_another_style(digit):
    changed = varied(digit)
    assert 0.5 * styles.STYLED[digit] < len(changed) / 600 < 1.3 * styles.STYLED[digit]
    assert all(points.shape[1] == 2 for new in changed for points in new)


@pytest.mark.parametrize("digit", [2, 3, 4, 6, 8])
def test_other_digits_keep_their_style(digit):
    assert not varied(digit)


def test_what_has_several_strokes_has_a_style_already():
    slashed = [*DIGITS[0], np.array([[20, 80], [80, 20]], float)]
    assert not varied(0, slashed)


def test_zeros_are_struck_through_in_every_direction_and_beyond_the_ring():
    struck = [new[1] for new in varied(0, times=2000) if len(new) == 2]
    run, rise = np.array([line[-1] - line[0] for line in struck]).T
    angles = np.degrees(np.arctan2(-rise, run)) % 180
    assert all(((angles > low) & (angles < low + 45)).any() for low in (0, 45, 90, 135))
    height = np.ptp(DIGITS[0][0][:, 1])
    reaches = np.hypot(run, rise) / height
    assert reaches.min() < 0.9 and reaches.max() > 1.3


def test_sevens_are_barred_in_the_middle_and_low_down():
    bars = [new[1] for new in varied(7, times=2000) if len(new) == 2]
    top, bottom = DIGITS[7][0][:, 1].min(), DIGITS[7][0][:, 1].max()
    heights = [(bar[:, 1].mean() - top) / (bottom - top) for bar in bars]
    assert min(heights) < 0.5 and max(heights) > 0.65


def test_ones_get_flags_and_feet():
    line = [np.array([(50, y) for y in range(0, 100, 10)], np.float32)]
    changed = varied(1, line)
    assert {len(new) for new in changed} == {1, 2}
    tops = [new[0][0] for new in changed]
    assert sum(top[0] < 45 for top in tops) > 0.7 * len(tops)  # a flag begins at the left


def test_a_stroke_of_one_point_is_left_as_it_is():
    assert not varied(1, [np.zeros((1, 2), np.float32)])
