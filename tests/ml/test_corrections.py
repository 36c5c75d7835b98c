import json

import numpy as np
import pytest

from ml import ink
from ml.corrections import confirmed, keep_true_strokes, load, split, without_holdout
from ml.preprocessing import preprocess
from ml.strokes import paint, place
from tests.support.corrections import unstroked
from tests.support.digits import DIGITS


def corrections(visitors: int):
    names = np.array([f"visitor-{number // 2}" for number in range(2 * visitors)])
    count = len(names)
    return unstroked(
        np.zeros((count, 28, 28), np.uint8), np.zeros(count, np.uint8), np.arange(count), names
    )


def write(path, numbers, labels, **more):
    np.savez(
        path,
        pixels=np.stack([np.full((28, 28), number, np.uint8) for number in numbers]),
        label=np.array(labels, np.uint8),
        id=np.array([f"id-{number}" for number in numbers], "S36"),
        visitor=np.array(["somebody"] * len(numbers), "S32"),
        **more,
    )
    return path


def test_exports_are_read_with_strokes_where_they_have_them(tmp_path):
    line = [[[0, 9], [0, 9]]]
    old = write(tmp_path / "old.npz", [1, 2], [1, 2])
    new = write(tmp_path / "new.npz", [3, 4], [3, 4], **ink.pack([line, []], [[6], []]))
    read = load([old, new])
    assert read.ids.tolist() == ["id-1", "id-2", "id-3", "id-4"]
    assert [len(strokes) for strokes in read.strokes] == [0, 0, 1, 0]
    assert read.widths[2].tolist() == [6]
    some = read.take(np.array([2, 1]))
    assert some.strokes[0][0].tolist() == [[0, 0], [9, 9]] and some.strokes[1] == []
    assert len(load([])) == 0


def test_of_two_exports_the_later_label_counts(tmp_path):
    files = [write(tmp_path / f"{label}.npz", [7, label], [label, label]) for label in (1, 5)]
    read = load(files)
    assert dict(zip(read.ids, read.labels, strict=True)) == {"id-7": 5, "id-1": 1, "id-5": 5}


def test_strokes_that_do_not_add_up_are_refused(tmp_path):
    arrays = ink.pack([[[[0, 0, 0], [0, 0, 0]]]], [[6]])
    file = write(tmp_path / "file.npz", [1], [1], **arrays | {"points": np.zeros((2, 2))})
    with pytest.raises(ValueError, match="not an export of reviewed drawings"):
        load([file])


@pytest.mark.parametrize("pen", [6, 18, 30])
def test_strokes_are_kept_only_where_they_are_what_the_network_saw(pen):
    placed = [place(digit, pen=pen) for digit in DIGITS]
    seen = np.stack([preprocess(255 - paint(strokes, pen)) for strokes in placed])
    some = unstroked(seen, np.arange(10, dtype=np.uint8), np.arange(10), np.arange(10))
    some.widths = [np.full(len(strokes), pen, np.float32) for strokes in placed]
    some.strokes = placed
    assert keep_true_strokes(some).strokes == placed
    some.pixels = np.roll(seen, 1, axis=0)
    assert keep_true_strokes(some).strokes == [[]] * 10
    away = [[points + 1000 for points in strokes] for strokes in placed]
    some.strokes, some.pixels = away, seen
    assert keep_true_strokes(some).strokes == [[]] * 10


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
