import numpy as np
import pytest

from ml import augment, negatives
from ml.preprocessing import preprocess
from tests.support.digits import DIGITS, ink


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    "change",
    [
        lambda rng: augment.render_augmented(DIGITS[3], rng),
        lambda rng: np.concatenate(augment.warp_strokes(DIGITS[4], rng)),
        lambda rng: augment.augment_image(preprocess(ink(8)), rng),
        lambda rng: augment.augment_correction(preprocess(ink(8)), rng),
        lambda rng: np.concatenate(negatives.synthetic_negative(DIGITS, rng)),
    ],
)
def test_the_same_seed_gives_the_same_bytes_and_another_does_not(change):
    assert change(rng()).tobytes() == change(rng()).tobytes()
    assert change(rng()).tobytes() != change(rng(1)).tobytes()


@pytest.mark.parametrize("digit", range(10))
def test_a_drawing_is_painted_with_thin_and_thick_pens(digit):
    chance = rng()
    painted = [augment.render_augmented(DIGITS[digit], chance) for _ in range(40)]
    assert {(image.shape, image.dtype.name) for image in painted} == {((28, 28), "uint8")}
    amounts = [image.mean() for image in painted]
    assert max(amounts) > 1.7 * min(amounts)


@pytest.mark.parametrize("digit", range(10))
def test_a_warped_digit_is_still_that_digit(digit):
    original = preprocess(ink(digit)).astype(float).ravel()
    chance = rng()
    likeness = []
    for _ in range(30):
        warped = augment.warp_strokes(DIGITS[digit], chance)
        assert len(warped) == len(DIGITS[digit])
        assert all(len(points) and points.dtype == np.float32 for points in warped)
        pixels = augment.render_augmented(warped, chance).astype(float).ravel()
        likeness.append(np.corrcoef(original, pixels)[0, 1])
    assert np.median(likeness) > 0.5  # turned upside down or mirrored, it is about 0.3
    assert max(likeness) < 0.999


def test_a_dot_can_be_warped_and_painted():
    dot = [np.zeros((1, 2), np.float32)]
    assert augment.render_augmented(augment.warp_strokes(dot, rng()), rng()).max() == 255


def how_often_varied(digit, strokes, times=2000):
    chance = rng()
    changed = [augment.vary_style(strokes, digit, chance) for _ in range(times)]
    return sum(len(new) != len(strokes) for new in changed) / times, changed


def test_some_zeros_get_a_slash_within_their_bounds():
    part, changed = how_often_varied(0, DIGITS[0])
    assert part == pytest.approx(augment.SLASHED_ZERO, abs=0.02)
    slash = next(new for new in changed if len(new) == 2)[1]
    assert slash[0, 0] < 50 < slash[-1, 0] and slash[0, 1] > 50 > slash[-1, 1]  # as in "/"
    low, high = DIGITS[0][0].min(axis=0), DIGITS[0][0].max(axis=0)
    assert (slash > low - 0.5 * (high - low)).all() and (slash < high + 0.5 * (high - low)).all()


def test_some_sevens_get_a_bar_and_some_ones_a_foot_or_a_flag():
    part, changed = how_often_varied(7, DIGITS[7])
    assert part == pytest.approx(augment.BARRED_SEVEN, abs=0.02)
    bar = next(new for new in changed if len(new) == 2)[1]
    assert abs(np.ptp(bar[:, 1])) < np.ptp(bar[:, 0]) / 2
    part, changed = how_often_varied(1, DIGITS[1])
    assert part == pytest.approx(augment.FLAGGED_ONE + augment.FOOTED_ONE, abs=0.03)
    assert {len(new) for new in changed} == {1, 2, 3}


@pytest.mark.parametrize("digit", [2, 3, 4, 5, 6, 8, 9])
def test_other_digits_keep_their_style(digit):
    part, changed = how_often_varied(digit, DIGITS[digit], 100)
    assert part == 0 and changed[0] is DIGITS[digit]


def test_a_zero_that_has_a_slash_gets_no_second_one():
    slashed = [*DIGITS[0], np.array([[20, 80], [80, 20]], float)]
    assert how_often_varied(0, slashed, 200)[0] == 0


def test_distorted_images_stay_images_and_some_stay_as_they_are():
    original = preprocess(ink(6))
    chance = rng()
    same = 0
    for _ in range(100):
        image = augment.augment_image(original, chance)
        assert image.shape == (28, 28) and image.dtype == np.uint8
        assert image.sum() > 0.5 * original.sum()
        same += np.array_equal(image, original)
    assert 5 < same < 35


@pytest.mark.parametrize("digit", range(10))
def test_a_redrawn_image_is_another_sharp_one_each_time(digit):
    original = preprocess(ink(digit))
    chance = rng()
    made = np.stack([augment.augment_correction(original, chance) for _ in range(40)])
    assert made.shape == (40, 28, 28) and made.dtype == np.uint8
    assert len({image.tobytes() for image in made}) == 40
    likeness = [np.corrcoef(original.ravel(), image.ravel())[0, 1] for image in made]
    assert np.median(likeness) > 0.5 and max(likeness) < 0.999
    # A sharp edge is a pixel or two wide, and one that is warped in 28x28 is wider.
    blurred = np.stack([augment.augment_image(original, chance) for _ in range(40)])
    steep = []
    for part in (made, blurred):
        both = [np.abs(np.diff(part.astype(int), axis=axis)).ravel() for axis in (1, 2)]
        steps = np.concatenate(both)
        steep.append((steps > 170).sum() / (steps > 40).sum())
    assert steep[0] > 1.3 * steep[1]


@pytest.mark.parametrize("digit", range(10))
def test_an_image_is_redrawn_with_thinner_and_thicker_pens(digit, monkeypatch):
    monkeypatch.setattr(augment, "_warp", lambda pixels, rng: pixels)
    original = preprocess(ink(digit))
    chance = rng()
    amounts = [augment.augment_correction(original, chance).mean() for _ in range(40)]
    assert min(amounts) < 0.8 * original.mean()
    assert max(amounts) > 1.2 * original.mean()


def test_nothing_is_warped_out_of_a_redrawn_image(monkeypatch):
    monkeypatch.setattr(augment.preprocessing, "preprocess", lambda pixels: pixels)
    original = np.zeros((28, 28), np.uint8)
    original[8:20, 2:5] = 255
    chance = rng()
    for _ in range(40):
        image = augment.augment_correction(original, chance)
        assert image.any() and not image[:, [0, -1]].any() and not image[[0, -1]].any()


def test_the_finest_and_the_widest_line_can_be_redrawn():
    faint = np.zeros((28, 28), np.uint8)
    faint[4:24, 14] = 90
    chance = rng()
    for original in (faint, preprocess(ink(1, canvas=28, pen=1)), np.full((28, 28), 255, np.uint8)):
        assert all(augment.augment_correction(original, chance).max() == 255 for _ in range(100))


def test_nonsense_can_always_be_painted_and_is_of_every_kind():
    chance = rng()
    counts = []
    for _ in range(300):
        strokes = negatives.synthetic_negative(DIGITS, chance)
        assert augment.render_augmented(augment.warp_strokes(strokes, chance), chance).max() == 255
        counts.append(len(strokes))
    assert {1, 2, 3, 4} <= set(counts)


def test_two_digits_stand_side_by_side():
    chance = rng()
    wide = 0
    for _ in range(50):
        pair = np.concatenate(negatives._pair(DIGITS, chance))
        width, height = np.ptp(pair, axis=0)
        wide += width > height
    assert wide > 25


def test_a_digit_on_paper_is_the_digit():
    chance = rng()
    clean = augment.render_augmented(DIGITS[8], rng())
    alike = []
    for _ in range(40):
        image = augment.render_corrupted(DIGITS[8], chance)
        assert image.shape == (28, 28) and image.dtype == np.uint8 and image.max() == 255
        alike.append(np.corrcoef(clean.ravel(), image.ravel())[0, 1])
    assert np.median(alike) > 0.6


def test_a_picture_that_cannot_be_read_leaves_the_drawing(monkeypatch):
    monkeypatch.setattr(augment, "corrupt", lambda drawing, rng: np.full((60, 60, 3), 9, np.uint8))
    image = augment.render_corrupted(DIGITS[8], rng())
    assert image.max() == 255 and image.any(axis=1).sum() > 15
