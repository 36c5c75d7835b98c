import json

import numpy as np
import pytest

from ml.corrections import Corrections, confirmed, split, without_holdout


def corrections(visitors: int) -> Corrections:
    names = np.array([f"visitor-{number // 2}" for number in range(2 * visitors)])
    count = len(names)
    return Corrections(
        np.zeros((count, 28, 28), np.uint8), np.zeros(count, np.uint8), np.arange(count), names
    )


def test_no_visitor_is_on_two_sides():
    trained, validated = split(corrections(200))
    assert len(trained) + len(validated) == 400
    assert not set(trained.visitors) & set(validated.visitors)
    assert 40 < len(validated) < 120


def test_the_holdout_is_the_same_each_time_and_empty_by_default():
    assert len(without_holdout(corrections(200), 0)) == 400
    few, many = (without_holdout(corrections(count), 20) for count in (100, 200))
    assert 280 < len(many) < 360
    assert set(few.visitors) == set(many.visitors) & set(corrections(100).visitors)


def test_enough_is_left_to_learn_from_and_to_validate_on():
    trained, validated = split(without_holdout(corrections(200), 20))
    assert len(trained) > 200 and len(validated) > 40


def test_no_corrections_are_split_into_none():
    assert [len(part) for part in split(without_holdout(corrections(0), 20))] == [0, 0]


@pytest.mark.parametrize("number", range(40))
def test_an_only_visitor_is_trained_on(number):
    one = corrections(number + 1).take(np.array([2 * number, 2 * number + 1]))
    assert len(set(one.visitors)) == 1
    trained, validated = split(without_holdout(one, 20))
    assert len(trained) == 2 and not len(validated)


def test_what_was_looked_at_again_is_told_by_the_manifests(tmp_path):
    new, old = tmp_path / "new.npz", tmp_path / "old.npz"
    for file, told in ((new, {"confirmed": ["a", "b"]}), (old, {"files": {}})):
        (tmp_path / f"{file.name}.manifest.json").write_text(json.dumps(told))
    assert confirmed([new, old, tmp_path / "without.npz"]) == ["a", "b"]
