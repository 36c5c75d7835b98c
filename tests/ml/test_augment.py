import cv2
import numpy as np
import pytest

from ml import augment
from ml.preprocessing import preprocess
from ml.strokes import paint, place
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


def test_a_short_one_is_drawn_with_a_pen_almost_as_wide_as_it_is_long():
    line = [np.array([(50, y) for y in range(0, 100, 10)], np.float32)]
    chance = rng()
    widths = [cv2.boundingRect(augment.render_digit(line, 1, chance))[2] for _ in range(300)]
    assert max(widths) > 0.35 * 20


def test_some_drawings_become_tiny_pictures_and_some_pictures_of_paper(monkeypatch):
    seen = []
    real = augment.preprocessing.preprocess
    monkeypatch.setattr(
        augment.preprocessing, "preprocess", lambda image: seen.append(image.shape) or real(image)
    )
    chance = rng()
    for _ in range(600):
        augment.render_augmented(DIGITS[5], chance)
    tiny = sum(max(shape[:2]) <= 48 for shape in seen)
    of_paper = sum(len(shape) == 3 for shape in seen)
    assert tiny and tiny / 600 == pytest.approx(augment.TINY, abs=0.04)
    assert of_paper and of_paper / 600 == pytest.approx(augment.CORRUPTED, abs=0.025)


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


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("pen", [6, 18, 30])
def test_a_correction_is_redrawn_from_its_strokes_as_another_one_like_it(digit, pen):
    strokes = place(DIGITS[digit], pen=pen)
    widths = np.full(len(strokes), pen, np.float32)
    random = rng(digit)
    drawn = [augment.redraw_correction(strokes, widths, random) for _ in range(20)]
    assert len({image.tobytes() for image in drawn}) == 20
    seen = [preprocess(255 - paint(place(other, pen=pen), pen)) for other in DIGITS]
    blurred = [cv2.GaussianBlur(image, None, 2).ravel().astype(float) for image in seen]
    alike = [np.mean(drawn, axis=0).ravel() @ image / np.linalg.norm(image) for image in blurred]
    assert np.argmax(alike) == digit


def test_the_pen_of_a_correction_counts():
    strokes = place(DIGITS[3])
    inks = [
        np.mean([augment.redraw_correction(strokes, np.array([pen]), rng(i)) for i in range(20)])
        for pen in (6, 30)
    ]
    assert inks[0] < 0.7 * inks[1]


def test_a_dot_of_a_correction_can_be_redrawn():
    assert augment.redraw_correction([np.array([[140.0, 140]])], np.array([18.0]), rng()).max() > 0
