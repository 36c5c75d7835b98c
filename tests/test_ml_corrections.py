import json

import numpy as np
import pytest

from ml.corrections import Corrections, confirmed, doubted, split, without_judges


def corrections(visitors: int) -> Corrections:
    names = np.array([f"visitor-{number // 2}" for number in range(2 * visitors)])
    count = len(names)
    return Corrections(
        np.zeros((count, 28, 28), np.uint8), np.zeros(count, np.uint8), np.arange(count), names
    )


def test_no_visitor_is_on_two_sides():
    learnt, validated = split(corrections(200))
    assert len(learnt) + len(validated) == 400
    assert not set(learnt.visitors) & set(validated.visitors)
    assert 40 < len(validated) < 120


def test_judges_are_the_same_ones_each_time_and_none_by_default():
    assert len(without_judges(corrections(200), 0)) == 400
    few, many = (without_judges(corrections(count), 20) for count in (100, 200))
    assert 280 < len(many) < 360
    assert set(few.visitors) == set(many.visitors) & set(corrections(100).visitors)


def test_enough_is_left_to_learn_from_and_to_validate_on():
    learnt, validated = split(without_judges(corrections(200), 20))
    assert len(learnt) > 200 and len(validated) > 40


def test_no_corrections_are_split_into_none():
    assert [len(part) for part in split(without_judges(corrections(0), 20))] == [0, 0]


@pytest.mark.parametrize("number", range(40))
def test_an_only_visitor_is_learnt_from(number):
    one = corrections(number + 1).take(np.array([2 * number, 2 * number + 1]))
    assert len(set(one.visitors)) == 1
    learnt, validated = split(without_judges(one, 20))
    assert len(learnt) == 2 and not len(validated)


@pytest.fixture
def labelled():
    """Ten kinds of drawings by forty visitors, with features that tell them apart."""
    rng = np.random.default_rng(0)
    labels = np.tile(np.arange(10), 40).astype(np.uint8)
    features = np.tile(np.eye(10)[labels] * 8, 20) + rng.normal(0, 1, (400, 200))
    visitors = np.array([f"visitor-{row // 10}" for row in range(400)])
    ids = np.array([f"id-{row}" for row in range(400)])
    return Corrections(np.zeros((400, 28, 28), np.uint8), labels, ids, visitors), features


def test_wrong_labels_are_doubted_and_right_ones_are_not(labelled):
    pytest.importorskip("sklearn", reason="only training needs scikit-learn")
    corrections, features = labelled
    truth = corrections.labels.copy()
    corrections.labels[[5, 77, 300]] = (truth[[5, 77, 300]] + 1) % 10
    found = doubted(corrections, features, features[:100], truth[:100], [])
    assert set(np.flatnonzero(found)) == {5, 77, 300}
    found = doubted(corrections, features, features[:100], truth[:100], ["id-77", "id-8"])
    assert set(np.flatnonzero(found)) == {5, 300}


def test_what_was_looked_at_again_is_told_by_the_manifests(tmp_path):
    new, old = tmp_path / "new.npz", tmp_path / "old.npz"
    for file, told in ((new, {"confirmed": ["a", "b"]}), (old, {"files": {}})):
        (tmp_path / f"{file.name}.manifest.json").write_text(json.dumps(told))
    assert confirmed([new, old, tmp_path / "without.npz"]) == ["a", "b"]
