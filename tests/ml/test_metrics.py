from math import comb

import numpy as np
import pytest

from ml.metrics import EXACT_LIMIT, gain_interval, mcnemar, wilson_interval


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


def test_the_interval_of_a_gain_holds_it_as_often_as_it_says():
    """Of all that can come of 100 drawings, of which 6% are fixed and 3% are broken."""
    ways = np.array(
        [
            [comb(100, fixed) * comb(100 - fixed, broken) for broken in range(51)]
            for fixed in range(50)
        ]
    )
    fixed, broken = np.indices(ways.shape)
    chances = ways * 0.06**fixed * 0.03**broken * 0.91 ** (100.0 - fixed - broken)
    inside = [
        [low <= 0.03 <= high for low, high in (gain_interval(f, b, 100) for b in range(51))]
        for f in range(50)
    ]
    assert 0.94 < (chances * inside).sum() < 0.97
    assert chances.sum() == pytest.approx(1)


def test_the_interval_of_a_gain_is_the_same_either_way_and_stays_in_bounds():
    low, high = gain_interval(7, 2, 50)
    assert gain_interval(2, 7, 50) == pytest.approx((-high, -low))
    assert gain_interval(0, 0, 0) == (-1.0, 1.0)
    assert gain_interval(3, 0, 3)[1] == 1.0


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
