import pickle

import numpy as np
import pytest

from ml import data, samples
from ml.samples import Sources, as_drawn, make_epoch, samples_an_epoch, targets
from tests.digits import make_data


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = make_data(tmp_path_factory.mktemp("data"))
    corrections = np.full((2, 28, 28), 7, np.uint8), np.array([3, 10], np.uint8)
    corrections[0][:, 5:20, 10:14] = 255
    digits, other = data.load_digits(folder), data.load_other(folder)
    train = data.load_mnist(folder)["train"]
    return Sources(train, digits["train"], other["train"], corrections)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(samples, "OTHER_SAMPLES", 30)
    monkeypatch.setattr(samples, "NONSENSE_SAMPLES", 12)


def test_an_epoch_has_everything_in_its_proportion(sources):
    made = make_epoch(sources, 1, 0)
    n = 100 + 3 * 20 + 30 + 12 + 15 * 2
    assert len(made.pixels) == len(made.labels) == samples_an_epoch(sources) == n
    assert made.pixels.shape == (n, 28, 28, 1) and made.pixels.dtype == np.uint8
    counts = np.bincount(made.labels, minlength=11)
    assert counts[3] == 10 + 3 * 2 + 15  # images, drawings, a correction
    assert counts[data.NOT_A_DIGIT] == 30 + 12 + 15


def test_corrections_are_redrawn(sources, monkeypatch):
    monkeypatch.setattr(samples.augment, "redrawn", lambda image, rng: np.full_like(image, 201))
    made = make_epoch(sources, 1, 0)
    assert sorted(made.labels[(made.pixels == 201).all(axis=(1, 2, 3))]) == [3] * 15 + [10] * 15


def test_labels_stay_with_their_pixels_when_shuffled(sources):
    made = make_epoch(sources, 1, 0)
    # A one has far less ink than an eight, whatever was done to it.
    amount = [np.median(made.pixels[made.labels == digit].mean(axis=(1, 2))) for digit in (1, 8)]
    assert amount[0] < 0.7 * amount[1]
    assert (np.diff(made.labels.astype(int)) != 0).mean() > 0.7


def test_an_epoch_can_be_made_again_and_the_next_one_is_another(sources):
    first, again, following = (make_epoch(sources, 1, epoch) for epoch in (4, 4, 5))
    assert first.pixels.tobytes() == again.pixels.tobytes()
    assert first.labels.tobytes() == again.labels.tobytes()
    assert first.pixels.tobytes() != following.pixels.tobytes()
    assert make_epoch(sources, 2, 4).pixels.tobytes() != first.pixels.tobytes()


def test_the_sources_are_not_changed(sources):
    before = pickle.dumps(sources)
    make_epoch(sources, 1, 0)
    assert pickle.dumps(sources) == before


def test_drawings_are_painted_as_told(sources):
    medium, thick = as_drawn(sources.digits), as_drawn(sources.digits, pen=30, part=0.4)
    assert medium.shape == thick.shape == (20, 28, 28)
    assert thick.mean() > 1.3 * medium.mean()


def test_what_is_not_a_digit_says_nothing_of_which_digit_it_is():
    wanted, weights = targets(np.array([4, 10, 0], np.uint8))
    assert wanted["digit_logits"].argmax(axis=1).tolist()[::2] == [4, 0]
    assert weights["digit_logits"].tolist() == [1, 0, 1]
    assert wanted["is_digit_logit"].tolist() == [[1], [0], [1]]
    assert weights["is_digit_logit"].tolist() == [1, 1, 1]
