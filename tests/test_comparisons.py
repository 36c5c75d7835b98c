import pytest

from predictor import comparisons, gate, services
from tests.digits import make_data
from tests.networks import reviewed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data")]


def test_its_text_says_what_its_figures_say(good, bad):
    reviewed(good, [1, 10])
    text = " ".join(comparisons.as_text(gate.compare(bad, good)).split())
    assert "MNIST's test set: not at hand" in text
    assert "read right 50.00% (1 of 2) 100.00% (2 of 2)" in text
    assert "95 % interval 9.45% to 90.55% 34.24% to 100.00%" in text
    assert "others turned away 100.00% (1 of 1)" in text
    assert "“1” read right 0.00% (0 of 1) 100.00% (1 of 1)" in text
    assert "put right: 0, broken: 1 (McNemar's test: p = 1)" in text
    assert "is 1, was read as 1, now as 2" in text


def test_pictures_are_looked_up_at_once(good, bad, data, django_assert_num_queries):
    make_data(data)
    erased, kept, *_ = reviewed(good, [1, 4, 7])
    comparison = gate.compare(bad, good)
    services.erase(erased)
    with django_assert_num_queries(1):
        mnist, drawings = comparisons.with_pictures(comparison)
    _, [kind, count, flips] = drawings["flips"]
    assert (kind, count) == ("broken", 3)
    shown = {flip["said"]: flip for flip in flips}
    assert shown["is 1, was read as 1, now as 2"]["picture"] is None
    assert shown["is 1, was read as 1, now as 2"]["path"] is None
    assert shown["is 4, was read as 4, now as 5"]["path"].endswith(f"/{kept.pk}/change/")
    assert shown["is 4, was read as 4, now as 5"]["picture"].startswith("data:image/png;base64,iV")
    _, [_, count, flips] = mnist["flips"]
    assert count == len(flips) > 30 and all(flip["picture"] for flip in flips)
