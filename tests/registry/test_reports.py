import pytest

from predictor import erasure
from predictor.registry import evaluation, reports
from tests.support.digits import make_data
from tests.support.networks import reviewed

pytestmark = pytest.mark.django_db


def test_its_text_says_what_its_figures_say(good, bad, data):
    reviewed(good, [1, 10])
    text = " ".join(reports.as_text(evaluation.compare(bad, good, data)).split())
    assert "MNIST's test set: not available" in text
    assert "accuracy 50.00% (1 of 2) 100.00% (2 of 2)" in text
    assert "95% confidence interval 9.45% to 90.55% 34.24% to 100.00%" in text
    assert "negatives rejected 100.00% (1 of 1)" in text
    assert "accuracy on “1” 0.00% (0 of 1) 100.00% (1 of 1)" in text
    assert "fixed: 0, broken: 1 (McNemar's test: p = 1); accuracy -50.00 points" in text
    assert "(95% confidence interval -89.82 to +39.82)" in text
    assert "The audit sample, drawn at random, that neither was trained on: 0" in text
    assert "is 1, was predicted to be 1, now 2" in text


def test_pictures_are_looked_up_at_once(good, bad, data, django_assert_num_queries):
    make_data(data)
    erased, kept, *_ = reviewed(good, [1, 4, 7])
    comparison = evaluation.compare(bad, good, data)
    erasure.erase(erased)
    with django_assert_num_queries(1):
        audited, drawings, mnist = reports.with_pictures(comparison)
    _, [kind, count, flips] = drawings["flips"]
    assert (kind, count) == ("broken", 3)
    shown = {flip["said"]: flip for flip in flips}
    assert shown["is 1, was predicted to be 1, now 2"]["picture"] is None
    assert shown["is 1, was predicted to be 1, now 2"]["path"] is None
    assert shown["is 4, was predicted to be 4, now 5"]["path"].endswith(f"/{kept.pk}/change/")
    assert shown["is 4, was predicted to be 4, now 5"]["picture"].startswith(
        "data:image/png;base64,iV"
    )
    _, [_, count, flips] = mnist["flips"]
    assert count == len(flips) > 30 and all(flip["picture"] for flip in flips)
