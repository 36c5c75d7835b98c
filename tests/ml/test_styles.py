import numpy as np
import pytest

from ml import styles
from tests.support.digits import DIGITS

TOP, BOTTOM = 1, 3  # of a box


def rng(seed=0):
    return np.random.default_rng(seed)


def varied(style, strokes, times=200):
    chance = rng()
    return [style(strokes, chance) for _ in range(times)]


def box(strokes):
    points = np.concatenate(strokes)
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def slope(points):
    """In degrees, 0 for level and 90 for upright, 45 as "/"."""
    (x, y), length = points[-1] - points[0], np.linalg.norm(points[-1] - points[0])
    return np.degrees(np.arctan2(-y, x)) % 180 if length else 0


@pytest.mark.parametrize("digit", range(10))
def test_the_part_of_a_digit_that_is_varied_leaves_most_as_drawn(digit):
    chance = rng()
    made = [styles.vary_style(DIGITS[digit], digit, chance) for _ in range(1000)]
    changed = sum(strokes is not DIGITS[digit] for strokes in made) / 1000
    assert 0.02 < changed <= sum(part for part, _ in styles.STYLES[digit]) + 0.04 < 0.55


@pytest.mark.parametrize("digit", range(10))
def test_the_same_seed_gives_the_same_style(digit):
    for seed in range(20):
        one, other = (styles.vary_style(DIGITS[digit], digit, rng(seed)) for _ in range(2))
        assert np.concatenate(one).tobytes() == np.concatenate(other).tobytes()


def test_zeros_are_struck_through_at_every_angle_and_also_far_beyond_the_ring():
    made = varied(styles._slashed, DIGITS[0])
    slashes = [strokes[1] for strokes in made if len(strokes) == 2]
    angles = np.array([slope(slash) for slash in slashes])
    for angle in (0, 45, 90, 135):
        assert (abs((angles - angle + 90) % 180 - 90) < 12).any()
    beyond = [box([slash])[TOP] < box(DIGITS[0])[TOP] - 10 for slash in slashes]
    assert 0.05 < np.mean(beyond) < 0.6
    assert 0.1 < np.mean([len(strokes) == 1 for strokes in made]) < 0.4  # in one stroke


def test_a_zero_that_is_struck_through_gets_no_second_slash():
    slashed = [*DIGITS[0], np.array([[20, 80], [80, 20]], float)]
    assert all(strokes is slashed for strokes in varied(styles._slashed, slashed))


def test_sevens_are_barred_from_under_the_roof_to_low_down():
    made = varied(styles._barred, DIGITS[7])
    heights = [strokes[1][:, 1].mean() for strokes in made]
    assert min(heights) < 40 and max(heights) > 70
    for strokes in made:
        stem = np.interp(strokes[1][:, 1].mean(), [6, 98], [84, 40])
        assert strokes[1][:, 0].min() < stem < strokes[1][:, 0].max()


def test_a_bar_is_moved_and_never_doubled():
    barred = [*DIGITS[7], np.array([[40, 50], [80, 50]], float)]
    assert {len(strokes) for strokes in varied(styles._barred, barred)} == {2}


def test_sevens_begin_with_a_serif_under_the_start_of_the_roof():
    for strokes in varied(styles._hooked_seven, DIGITS[7]):
        assert strokes[0][0, 1] > DIGITS[7][0][0, 1] + 5 and len(strokes[0]) > len(DIGITS[7][0])


def test_a_ones_flag_comes_up_to_its_top_and_the_longer_the_steeper():
    made = varied(styles._flagged, DIGITS[1])
    assert {len(strokes) for strokes in made} == {1, 2}
    flags = [strokes[0] for strokes in made if len(strokes) == 2]
    for flag in flags:
        assert np.allclose(flag[-1], DIGITS[1][0][0]) and flag[0, 1] > flag[-1, 1]
    lengths = np.array([np.linalg.norm(flag[-1] - flag[0]) for flag in flags])
    slopes = np.array([slope(flag) for flag in flags])
    assert lengths.max() > 50 and lengths.min() < 20
    assert slopes[lengths > 50].min() > 30 and slopes.max() > 70


def test_a_ones_foot_lies_under_its_stem():
    made = varied(styles._footed, DIGITS[1])
    assert {len(strokes) for strokes in made} == {1, 2}
    for strokes in made:
        left, _, right, _ = box(strokes)
        assert left < 50 - 5 and right > 50 + 5
        assert np.concatenate(strokes)[:, 1].max() > 90
    both = varied(styles._flagged_and_footed, DIGITS[1])
    assert {len(strokes) for strokes in both} >= {2, 3}


def test_a_one_that_is_not_plain_gets_neither_flag_nor_foot():
    for style in (styles._flagged, styles._footed):
        assert style(DIGITS[7], rng()) is DIGITS[7]


def test_a_nines_tail_curls_to_the_left():
    for strokes in varied(styles._curled_tail, DIGITS[9]):
        assert box(strokes)[BOTTOM] > box(DIGITS[9])[BOTTOM] + 2
        end = DIGITS[9][0][-1]
        assert strokes[0][len(DIGITS[9][0]) :, 0].max() <= end[0] + 1


def test_a_fives_roof_is_moved_and_no_other_second_stroke():
    body, roof = np.array([[20, 0], [18, 45], [60, 70], [10, 100]]), np.array([[20, 0], [70, 2]])
    made = varied(styles._loose_roof, [body, roof])
    assert all(strokes[0] is body for strokes in made)
    starts = [strokes[1][0, 0] for strokes in made]
    assert min(starts) < 10 and max(starts) > 25  # across the stem, and short of it
    low = [body, roof + (0, 80)]
    assert styles._loose_roof(low, rng()) is low


def test_a_roof_that_may_be_either_is_drawn_as_often_for_one_and_seven():
    ones, sevens = ({style: part for part, style in styles.STYLES[digit]} for digit in (1, 7))
    [shared] = ones.keys() & sevens.keys()
    assert ones[shared] == sevens[shared]


def test_what_has_no_stem_gets_no_bar():
    flat = [np.array([[0, 5], [30, 5], [60, 5]], np.float32)]
    back_up = [np.array([[0, 0], [60, 0], [30, 90], [30, 70]], np.float32)]
    assert styles._barred(flat, rng()) is flat
    assert all(len(strokes) == 2 for strokes in varied(styles._barred, back_up))
