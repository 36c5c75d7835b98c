import numpy as np

from ml.corrections import Corrections, split, without_judges


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
