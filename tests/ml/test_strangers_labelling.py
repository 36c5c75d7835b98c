import numpy as np
import pytest

from ml import dataset
from ml.preprocessing import preprocess
from ml.strangers import labelling
from ml.strangers.orders import ORDERS, Waiting
from ml.strangers.rows import append, read
from tests.support.digits import ink, make_data


def sure(*confidences):
    """Of the first digit, the rest being the second's."""
    probabilities = np.zeros((len(confidences), 10))
    probabilities[:, 0] = confidences
    probabilities[:, 1] = 1 - probabilities[:, 0]
    return probabilities


POINTS = np.array([[0.0, 0], [1, 0], [10, 0], [10, 1], [0, 6]])
WAITING = Waiting(
    probabilities=sure(0.9, 0.6, 0.99, 0.8, 0.7),
    before=sure(0.9, 0.6, 0.1, 0.9, 0.5),
    features=POINTS,
    labelled=np.array([[0.0, 0.5]]),
)


def ordered(name, waiting=WAITING, seed=1):
    return ORDERS[name](waiting, np.random.default_rng(seed)).tolist()


@pytest.mark.parametrize("name", ORDERS)
def test_every_drawing_has_its_turn_once(name):
    assert sorted(ordered(name)) == [0, 1, 2, 3, 4]


def test_the_least_confident_comes_first():
    assert ordered("uncertainty") == [1, 4, 3, 0, 2]


def test_where_the_networks_differ_most_comes_first():
    assert ordered("disagreement")[:2] == [2, 4]


def test_what_is_unlike_all_that_is_labelled_comes_first():
    assert ordered("k-centre")[:2] == [2, 4]
    near = Waiting(WAITING.probabilities, WAITING.before, POINTS, POINTS[2:])
    assert ordered("k-centre", near)[0] == 1


def test_what_is_drawn_alike_has_its_turn_too():
    alike = Waiting(sure(*[0.9] * 5), sure(*[0.9] * 5), POINTS[[0, 0, 2, 2, 2]], POINTS[:1])
    assert sorted(ordered("k-centre", alike)) == [0, 1, 2, 3, 4]


def test_chance_is_another_with_another_seed():
    orders = {tuple(ordered("chance", seed=seed)) for seed in range(20)}
    assert len(orders) > 10 and ordered("chance") == ordered("chance")


def test_the_interval_of_a_mean_is_students():
    low, high = labelling.mean_interval([1, 2, 3, 4, 5])
    assert (low, high) == pytest.approx((1.0368, 4.9632), abs=1e-4)
    assert labelling.mean_interval([7]) == (-np.inf, np.inf)


def test_rows_are_kept_and_added_to(tmp_path):
    file = tmp_path / "new" / "rows.ndjson"
    assert read(file) == []
    append(file, [{"seed": 1}, {"seed": 2}])
    append(file, [{"seed": 3}])
    assert [row["seed"] for row in read(file)] == [1, 2, 3]


def test_seeds_are_compared_with_chance():
    rows = [
        {"seed": seed, "order": name, "budget": budget, "before": 60, "mistakes": mistakes + seed}
        for name, mistakes in zip(ORDERS, (50, 44, 50, 50), strict=True)
        for budget in labelling.BUDGETS
        for seed in (1, 2)
    ]
    lines = labelling.as_text(rows).splitlines()
    assert len(lines) == 1 + len(ORDERS) * len(labelling.BUDGETS)
    assert lines[2].split() == ["100", "uncertainty", "45.5", "6.0", "(6.0", "to", "6.0)"]


def test_every_order_is_measured_once(tmp_path, monkeypatch, capsys):
    for name, value in {"NEGATIVES": 64, "SYNTHETIC_NEGATIVES": 32, "MNIST_PAIRS": 32}.items():
        monkeypatch.setattr(dataset, name, value)
    small = {"MNIST_VALIDATION": 30, "FIRST": 5, "WAITING": 15, "BUDGETS": (3, 15)}
    for name, value in {**small, "REPLAY": 1, "SEEDS": range(1, 2)}.items():
        monkeypatch.setattr(labelling, name, value)
    output = tmp_path / "rows.ndjson"
    arguments = ["--data", str(make_data(tmp_path)), "--output", str(output)]
    labelling.main(arguments)
    rows = read(output)
    cells = [(row["order"], row["budget"]) for row in rows]
    assert cells == [(name, budget) for name in ORDERS for budget in (3, 15)]
    assert len({row["before"] for row in rows}) == 1
    # Of all that wait, every order learns the same.
    assert len({row["mistakes"] for row in rows if row["budget"] == 15}) == 1
    assert f"{len(rows)} rows of 1 seeds are in {output}." in capsys.readouterr().out

    monkeypatch.setattr(labelling.Round, "of", None)
    labelling.main(arguments)
    assert read(output) == rows


def test_the_last_layer_learns():
    learner = labelling.Learner()
    pixels = np.stack([preprocess(ink(row % 10)) for row in range(10)])
    features, wrong = learner.features(pixels), np.roll(np.arange(10, dtype=np.uint8), 1)
    assert labelling.probabilities(learner.base, features).argmax(axis=1).tolist() == [*range(10)]
    learnt = learner.learn(features.repeat(3000, axis=0), wrong.repeat(3000))
    assert labelling.probabilities(learnt, features).argmax(axis=1).tolist() == wrong.tolist()


def test_missing_data_are_refused_in_a_sentence(tmp_path):
    with pytest.raises(SystemExit) as stopped:
        labelling.main(["--data", str(tmp_path), "--output", str(tmp_path / "rows.ndjson")])
    assert "ml.strangers.labelling: " in stopped.value.code
