import pickle
from dataclasses import replace

import numpy as np
import pytest

from ml import data, dataset
from ml.dataset import Sources, render_drawings, render_epoch, targets
from tests.support.corrections import unstroked
from tests.support.digits import DIGITS, make_data


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = make_data(tmp_path_factory.mktemp("data"))
    pixels = np.full((2, 28, 28), 7, np.uint8)
    pixels[:, 5:20, 10:14] = 255
    names = np.array(["a", "b"])
    corrections = unstroked(pixels, np.array([3, 10], np.uint8), names, names)
    digits, other = data.load_digits(folder), data.load_negatives(folder)
    train = data.load_mnist(folder)["train"]
    return Sources(train, digits["train"], other["train"], corrections)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(dataset, "NEGATIVES", 30)
    monkeypatch.setattr(dataset, "SYNTHETIC_NEGATIVES", 12)
    monkeypatch.setattr(dataset, "MNIST_PAIRS", 5)
    monkeypatch.setattr(dataset, "CORRECTION_REPEATS", 15)


ORIGINAL = 100 + 3 * 20 + 30 + 12 + 5


def test_an_epoch_has_everything_in_its_proportion(sources):
    pixels, labels = render_epoch(sources, 1, 0)
    n = ORIGINAL + 15 * 2
    assert len(pixels) == len(labels) == sources.epoch_size() == n
    assert pixels.shape == (n, 28, 28) and pixels.dtype == np.uint8
    counts = np.bincount(labels, minlength=11)
    assert counts[3] == 10 + 3 * 2 + 15  # images, drawings, a correction
    assert counts[data.NOT_A_DIGIT] == 30 + 12 + 5 + 15


@pytest.mark.parametrize("count", [40, 1000])
def test_many_corrections_are_a_quarter_of_an_epoch_whatever_their_number(
    sources, monkeypatch, count
):
    rows = np.arange(count)
    pixels = np.zeros((count, 28, 28), np.uint8)
    labels = np.full(count, 9, np.uint8)
    many = replace(sources, corrections=unstroked(pixels, labels, rows, rows))
    shown = []
    monkeypatch.setattr(
        dataset.augment, "augment_correction", lambda image, rng: shown.append(image) or image
    )
    for row in rows:
        many.corrections.pixels[row, 0, :2] = divmod(row, 256)
    _, labels = render_epoch(many, 1, 0)
    assert len(labels) == many.epoch_size() == ORIGINAL + ORIGINAL // 3
    assert len(shown) == ORIGINAL // 3
    times = np.bincount(
        [int(image[0, 0]) * 256 + int(image[0, 1]) for image in shown], minlength=count
    )
    assert times.max() - times.min() == 1  # all as often as each other


def test_an_epoch_may_replay_a_part_of_the_original_data(sources):
    part = replace(sources, replay=0.5)
    _, labels = render_epoch(part, 1, 0)
    assert len(labels) == part.epoch_size() == 50 + 3 * 10 + 15 + 6 + 2 + 15 * 2
    assert np.bincount(labels, minlength=11)[data.NOT_A_DIGIT] == 15 + 6 + 2 + 15


def test_corrections_are_redrawn(sources, monkeypatch):
    monkeypatch.setattr(
        dataset.augment, "augment_correction", lambda image, rng: np.full_like(image, 201)
    )
    pixels, labels = render_epoch(sources, 1, 0)
    assert sorted(labels[(pixels == 201).all(axis=(1, 2))]) == [3] * 15 + [10] * 15


def test_corrections_are_redrawn_from_their_strokes_where_there_are_some(sources, monkeypatch):
    def redraw(strokes, widths, rng):
        assert strokes == DIGITS[3] and widths.tolist() == [6]
        return np.full((28, 28), 202, np.uint8)

    monkeypatch.setattr(dataset.augment, "redraw_correction", redraw)
    drawn = replace(
        sources.corrections, strokes=[DIGITS[3], []], widths=[np.array([6]), np.array([])]
    )
    pixels, labels = render_epoch(replace(sources, corrections=drawn), 1, 0)
    assert labels[(pixels == 202).all(axis=(1, 2))].tolist() == [3] * 15


def test_labels_stay_with_their_pixels_when_shuffled(sources):
    pixels, labels = render_epoch(sources, 1, 0)
    # A one has far less ink than an eight, whatever was done to it.
    amount = [np.median(pixels[labels == digit].mean(axis=(1, 2))) for digit in (1, 8)]
    assert amount[0] < 0.7 * amount[1]
    assert (np.diff(labels.astype(int)) != 0).mean() > 0.7


def test_an_epoch_can_be_made_again_and_the_next_one_is_another(sources):
    first, again, following = (render_epoch(sources, 1, epoch) for epoch in (4, 4, 5))
    assert first[0].tobytes() == again[0].tobytes()
    assert first[1].tobytes() == again[1].tobytes()
    assert first[0].tobytes() != following[0].tobytes()
    assert render_epoch(sources, 2, 4)[0].tobytes() != first[0].tobytes()


def test_the_sources_are_not_changed(sources):
    before = pickle.dumps(sources)
    render_epoch(sources, 1, 0)
    assert pickle.dumps(sources) == before


def test_drawings_are_painted_as_told(sources):
    medium, thick = (
        render_drawings(sources.digits),
        render_drawings(sources.digits, pen=30, fraction=0.4),
    )
    assert medium.shape == thick.shape == (20, 28, 28)
    assert thick.mean() > 1.3 * medium.mean()


def test_what_is_not_a_digit_says_nothing_of_which_digit_it_is():
    wanted, weights = targets(np.array([4, 10, 0], np.uint8))
    assert wanted["digit_logits"].argmax(axis=1).tolist()[::2] == [4, 0]
    assert weights["digit_logits"].tolist() == [1, 0, 1]
    assert wanted["is_digit_logit"].tolist() == [[1], [0], [1]]
    assert weights["is_digit_logit"].tolist() == [1, 1, 1]
