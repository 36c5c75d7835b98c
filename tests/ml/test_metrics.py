import pytest

from ml.metrics import EXACT_LIMIT, mcnemar, wilson_interval


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    # As in Newcombe 1998, https://pubmed.ncbi.nlm.nih.gov/9595616/, table I
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_published_one(right, total, low, high):
    assert wilson_interval(right, total) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_stays_between_none_and_all():
    assert wilson_interval(7, 7)[1] == 1.0
    assert wilson_interval(0, 7)[0] == 0.0
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_few_differing_answers_are_counted_through():
    assert mcnemar(0, 0) == 1
    assert mcnemar(3, 3) == 1
    assert mcnemar(0, 5) == 2 / 2**5
    assert mcnemar(1, 9) == pytest.approx(22 / 2**10)
    assert mcnemar(9, 1) == mcnemar(1, 9)


def test_many_are_approximated_and_the_two_ways_meet():
    exact, approximated = mcnemar(450, EXACT_LIMIT - 450), mcnemar(450, EXACT_LIMIT - 449)
    assert exact == pytest.approx(approximated, rel=0.1)
    assert mcnemar(100_000, 101_000) == pytest.approx(0.0257, abs=1e-3)
    assert mcnemar(10**6, 10**6) == 1
