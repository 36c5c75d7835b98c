from xml.etree import ElementTree

import numpy as np
import pytest
from django.utils.translation import override

from ml.metrics import BINS
from predictor.admin.side_by_side import side_by_side
from predictor.models import Comparison
from predictor.registry import evaluation
from tests.support.digits import make_data
from tests.support.networks import another, reviewed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data")]


def side(bins=(), confusion=()):
    """What is stored of a network. bins: drawings, mean confidence and right answers by number."""
    sums, matrix = np.zeros((3, BINS)), np.zeros((11, 11), int)
    for i, (drawings, confidence, right) in dict(bins).items():
        sums[:, i] = drawings, drawings * confidence, right
    for (label, answer), count in dict(confusion).items():
        matrix[label, answer] = count
    return {"calibration_bins": sums.tolist(), "confusion": matrix.tolist()}


def compared(new, old, language="en"):
    comparison = Comparison(new_id="b", old_id="a", report={"mnist": {"new": new, "old": old}})
    with override(language):
        return side_by_side(comparison, "mnist")


@pytest.mark.parametrize("language", ["en", "de"])
def test_accuracy_is_drawn_over_confidence_for_each(language):
    new, old = compared(
        side({7: (3, 0.5, 0), 14: (63, 0.975, 63)}), side({14: (3, 1, 0)}), language
    ).sides
    assert (new.role, old.role) == ("new", "old")
    assert new.line() == "M50.00 100.00L97.50 0.00"
    assert new.dots() == "M50.00 100.00h0M97.50 0.00h0"
    assert old.intervals() == "M100.00 100.00V43.85"  # Wilson's, of 0 of 3
    # As long as the logarithm: 4 is a third of 64's. The old one's stand beside the new one's.
    assert new.bars() == "M46.67 124v-6.67h3.33V124zM93.33 124v-20.00h3.33V124z"
    assert old.bars() == "M96.67 124v-6.67h3.33V124z"


def test_the_plot_is_a_table_too():
    found = compared(side({7: (3, 0.5, 1), 14: (2000, 0.98, 1999)}), side({9: (1, 0.625, 1)}))
    assert found.bins() == [
        ("46.7 to 53.3%", ["3", "50.00%", "33.33%", "6.15% to 79.23%", "0", "", "", ""]),
        ("60 to 66.7%", ["0", "", "", "", "1", "62.50%", "100.00%", "20.65% to 100.00%"]),
        ("93.3 to 100%", ["2,000", "98.00%", "99.95%", "99.72% to 99.99%", "0", "", "", ""]),
    ]
    assert found.ticks() == [(0, 100, "0%"), (50, 50, "50%"), (100, 0, "100%")]


def test_what_one_confuses_more_often_is_marked():
    new, old = compared(
        side(confusion={(0, 0): 5, (4, 9): 3, (7, 1): 1}),
        side(confusion={(0, 0): 7, (4, 9): 1, (7, 1): 1}),
    ).sides
    assert new.confusion[4][1][9] == ("3", "wrong") and old.confusion[4][1][9] == ("1", "")
    assert new.confusion[7][1][1] == old.confusion[7][1][1] == ("1", "")
    assert new.confusion[0][1][0] == ("5", "right") and new.confusion[0][1][1] == ("0", "zero")
    assert new.confusion[1][1][1] == ("0", "zero")


@pytest.mark.parametrize("where", [(3, 10), (10, 3), (10, 10)])
def test_not_a_digit_has_a_row_only_where_there_is_such_a_thing(where):
    names = [str(digit) for digit in range(10)]
    for each in compared(side(confusion={(1, 1): 1}), side(confusion={(1, 1): 1})).sides:
        assert [name for name, _ in each.confusion] == names and len(each.confusion[0][1]) == 10
    for each in compared(side(confusion={where: 1}), side()).sides:
        assert [name for name, _ in each.confusion] == [*names, "not a digit"]
        assert len(each.confusion[10][1]) == 11


def test_what_was_compared_before_this_was_stored_has_none(admin_client, good, bad, data):
    reviewed(good, [1])
    comparison = evaluation.compare(bad, good, data)
    for role in ("new", "old"):
        del comparison.report["reviewed"][role]["confusion"]
    comparison.save()
    assert side_by_side(comparison, "reviewed") is None
    page = admin_client.get(comparison.get_absolute_url()).content.decode()
    assert "Broken: 1" in page and "reliability" not in page


def test_without_digits_there_is_nothing_to_be_sure_of(admin_client, good, bad, data):
    reviewed(good, [10, 11])
    page = admin_client.get(evaluation.compare(bad, good, data).get_absolute_url())
    assert 'class="reliability"' not in page.content.decode()
    assert "There are none." in page.content.decode()


@pytest.mark.parametrize("labels", [[1], [1, 4, 10] * 20])
def test_the_page_shows_both_without_asking_the_networks(
    admin_client, good, bad, data, labels, monkeypatch, django_assert_num_queries
):
    make_data(data)
    reviewed(good, labels)
    comparison = evaluation.compare(bad, good, data)
    monkeypatch.setattr("predictor.registry.serving.load", None)
    monkeypatch.setattr("ml.runtime.Network.scores", None)
    # The session, the user and the comparison, and the drawings that are shown.
    with django_assert_num_queries(4) as asked:
        page = admin_client.get(comparison.get_absolute_url()).content.decode()
    assert not any("tflite" in query["sql"] for query in asked.captured_queries)
    main = page.split("<main")[1]
    assert "style=" not in main and "<script" not in main.split("</main")[0]
    assert main.count('<table class="figures confusion">') == 4  # of visitors' drawings, of MNIST
    assert main.count("<details>") == main.count('<svg class="reliability"') == 2
    plot = main[main.index('<svg class="reliability"') : main.index("</svg>") + 6]
    paths = [path for path in ElementTree.fromstring(plot).iter() if path.tag.endswith("path")]
    assert len(paths) == 10 and all(path.get("d") for path in paths)
    drawn = labels.count(1) + labels.count(4)
    assert f"Broken: {drawn}" in main and "Is 1, was predicted to be 1, now 2" in main


def test_two_alike_are_drawn_alike(good, data):
    reviewed(good, [1, 4, 10])
    new, old = side_by_side(evaluation.compare(another("twin"), good, data), "reviewed").sides
    assert new.line() == old.line() and new.confusion == old.confusion
    assert new.name == "twin (new)" and old.name == f"{good} (old)"
    assert [new.confusion[i][1][i] for i in (1, 4, 10)] == [("1", "right")] * 3
