import pickle

import numpy as np
import pytest

from ml import data, dataset
from ml.dataset import Sources, render_drawings, render_epoch, targets
from tests.support.digits import make_data


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = make_data(tmp_path_factory.mktemp("data"))
    corrections = np.full((2, 28, 28), 7, np.uint8), np.array([3, 10], np.uint8)
    corrections[0][:, 5:20, 10:14] = 255
    digits, other = data.load_digits(folder), data.load_negatives(folder)
    train = data.load_mnist(folder)["train"]
    return Sources(train, digits["train"], other["train"], corrections)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(dataset, "NEGATIVES", 30)
    monkeypatch.setattr(dataset, "SYNTHETIC_NEGATIVES", 12)


def test_an_epoch_has_everything_in_its_proportion(sources):
    pixels, labels = render_epoch(sources, 1, 0)
    n = 100 + 3 * 20 + 30 + 12 + 15 * 2
    assert len(pixels) == len(labels) == sources.epoch_size() == n
    assert pixels.shape == (n, 28, 28) and pixels.dtype == np.uint8
    counts = np.bincount(labels, minlength=11)
    assert counts[3] == 10 + 3 * 2 + 15  # images, drawings, a correction
    assert counts[data.NOT_A_DIGIT] == 30 + 12 + 15


def test_corrections_are_redrawn(sources, monkeypatch):
    monkeypatch.setattr(
        dataset.augment, "augment_correction", lambda image, rng: np.full_like(image, 201)
    )
    pixels, labels = render_epoch(sources, 1, 0)
    assert sorted(labels[(pixels == 201).all(axis=(1, 2))]) == [3] * 15 + [10] * 15


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


def test_a_part_of_pen_digits_and_negatives_is_seen_on_paper(sources, monkeypatch):
    marked = np.full((28, 28), 202, np.uint8)
    monkeypatch.setattr(dataset.augment, "render_corrupted", lambda strokes, rng, ratio: marked)
    monkeypatch.setattr(dataset, "CORRUPTED", 0.5)
    pixels, labels = render_epoch(sources, 1, 0)
    on_paper = (pixels == 202).all(axis=(1, 2))
    assert on_paper[labels != data.NOT_A_DIGIT].sum() in range(15, 46)  # of 60
    assert on_paper[labels == data.NOT_A_DIGIT].sum() in range(10, 33)  # of 42
