from types import SimpleNamespace

import pytest

from predictor.templatetags.drawings import advice, bars, described


def prediction(shares: dict[int, float], is_digit: bool = True) -> SimpleNamespace:
    probabilities = [shares.get(digit, 0.001) for digit in range(10)]
    digit = max(range(10), key=probabilities.__getitem__)
    return SimpleNamespace(digit=digit, is_digit=is_digit, probabilities=probabilities)


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ({4: 0.85, 9: 0.12}, "A 4, perhaps a 9"),
        ({4: 0.85, 9: 0.10}, "A 4"),
        ({8: 0.7, 3: 0.2}, "An 8, perhaps a 3"),
        ({3: 0.7, 8: 0.2}, "A 3, perhaps an 8"),
        ({0: 0.4, 6: 0.3, 9: 0.2}, "A 0, perhaps a 6"),
    ],
)
def test_it_names_the_second_digit_where_there_is_doubt(shares, says):
    assert described(prediction(shares)) == says
    assert advice(prediction(shares)) == ""


def test_it_says_what_to_try_where_there_is_no_digit():
    scribble = prediction({8: 0.5, 3: 0.4}, is_digit=False)
    assert described(scribble) == "This doesn’t look like a digit"
    assert advice(scribble).startswith("If it is one, it looks most like an 8. Try ")


def test_the_likeliest_three_come_first():
    shares = prediction({4: 0.6, 9: 0.3, 0: 0.05}).probabilities
    assert [digit for digit, (_, is_first) in enumerate(bars(shares)) if is_first] == [0, 4, 9]
    assert [share for share, _ in bars(shares)] == shares
