import numpy as np
import pytest

from ml import augment, data, negatives, symbols
from ml.preprocessing import preprocess
from tests.support.digits import DIGITS, ink


def rng(seed=0):
    return np.random.default_rng(seed)


def drawings(label=None):
    labels = np.arange(10, dtype=np.uint8) if label is None else np.full(10, label, np.uint8)
    names = [str(digit) for digit in range(10)]
    return data.Drawings(DIGITS, labels, names, names, names)


def made(seed=0):
    return negatives.synthetic_negative(drawings(), drawings(data.NOT_A_DIGIT), rng(seed))


def test_the_same_seed_makes_the_same_and_another_does_not():
    assert np.array_equal(np.concatenate(made()), np.concatenate(made()))
    assert not np.array_equal(np.concatenate(made()), np.concatenate(made(1)))


def test_what_is_made_up_can_always_be_rendered():
    chance = rng()
    counts = set()
    for seed in range(300):
        strokes = made(seed)
        counts.add(len(strokes))
        assert augment.render_augmented(augment.warp_strokes(strokes, chance), chance).max() == 255
    assert {1, 2, 3, 4} <= counts


def test_digits_stand_side_by_side():
    wide = [np.ptp(np.concatenate(negatives._row(DIGITS[:2], rng(i))), axis=0) for i in range(50)]
    assert sum(width > 0.7 * height for width, height in wide) > 25


def test_a_digit_in_a_mirror_or_on_its_side_is_none_of_those_it_is_made_of():
    digits = [np.concatenate(digit) for digit in DIGITS]
    for seed in range(40):
        strange = np.concatenate(negatives._strange(drawings(), rng(seed)))
        alike = [points for points in digits if points.shape == strange.shape]
        assert not any(np.allclose(np.diff(strange, axis=0), np.diff(p, axis=0)) for p in alike)


def test_two_images_share_one():
    images = np.stack([preprocess(ink(digit)) for digit in range(10)])
    chance, widths = rng(), []
    for _ in range(50):
        pair = negatives.pair_of_images(images, chance)
        assert pair.shape == (28, 28) and pair.dtype == np.uint8 and pair.max() == 255
        columns = np.flatnonzero(pair.max(axis=0))
        widths.append(columns[-1] - columns[0])
    assert np.median(widths) > 14


@pytest.mark.parametrize("index", range(len(symbols.SYMBOLS)))
def test_every_symbol_can_be_rendered(index):
    strokes = [np.asarray(points, np.float32) for points in symbols.SYMBOLS[index]]
    assert augment.render_augmented(strokes, rng()).any()
