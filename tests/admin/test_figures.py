import json
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.utils.translation import override

from predictor.admin import figures

pytestmark = pytest.mark.usefixtures("english")
METADATA = {
    "data": [{"name": "mnist.npz", "rows": 55000}],
    "averaged_epochs": [7, 8],
    "temperature": 0.75096877,
    "losses": [0.4, 0.2, 0.1],
    "validation_losses": [0.5, 0.3, 0.3],
    "metrics": {
        "pens": {"turned left": {"drawings": 2844, "accuracy": 0.99120956}},
        "confusion": [[1234, 0], [3, 0]],
    },
}


@pytest.fixture
def english():
    with override("en"):
        yield


def test_measures_are_rows_with_percentages():
    assert figures.measured(METADATA) == [
        ("pens › turned left › drawings", "2,844"),
        ("pens › turned left › accuracy", "99.12%"),
    ]


def test_the_rest_of_the_training_is_rows_without_percentages():
    assert figures.training(METADATA) == [
        ("data › 1 › name", "mnist.npz"),
        ("data › 1 › rows", "55,000"),
        ("averaged epochs", "7, 8"),
        ("temperature", "0.751"),
    ]


def test_the_confusion_matrix_tells_right_from_wrong():
    assert figures.confusion(METADATA) == [
        ("0", [("1,234", "right"), ("0", "")]),
        ("1", [("3", "wrong"), ("0", "")]),
    ]


def test_losses_are_two_lines_in_one_scale():
    found = figures.curves(METADATA)
    assert found.trained == "0.00,25.00 50.00,75.00 100.00,100.00"
    assert found.validated == "0.00,0.00 50.00,50.00 100.00,50.00"
    assert (found.lowest, found.highest) == ("0.1", "0.5")
    assert found.epochs[1] == (2, "0.2", "0.3")


def test_losses_that_stay_the_same_are_a_line():
    found = figures.curves({"losses": [0.5, 0.5], "validation_losses": [0.5, 0.5]})
    assert found.trained == "0.00,0.00 100.00,0.00"


@pytest.mark.parametrize("wrong", [None, 1, "x", [1], [[1, 2]], [[-1]], [[True]], [["1"]]])
def test_a_confusion_matrix_that_is_none_is_left_out(wrong):
    assert figures.confusion({"metrics": {"confusion": wrong}}) == []


@pytest.mark.parametrize("wrong", [None, 1, [0.5], [0.5, "x"], [0.5, float("inf")], [0.1, 0.2, 3]])
def test_losses_that_are_none_are_left_out(wrong):
    assert figures.curves({"losses": wrong, "validation_losses": [0.1, 0.2]}) is None


@pytest.mark.parametrize("wrong", [None, 1, "x", [], [None, [1]], {"metrics": [1]}])
def test_metadata_of_any_shape_can_be_shown(wrong):
    figures.measured(wrong), figures.training(wrong), figures.facts(wrong)


@pytest.mark.django_db
def test_the_page_of_the_bundled_network_has_tables_and_a_plot(admin_client, good):
    [folder] = (settings.BASE_DIR / "ml" / "artifacts").glob("*/metadata.json")
    good.metadata = json.loads(folder.read_text())
    good.save()
    page = admin_client.get(f"/admin/predictor/modelversion/{good.pk}/change/").content.decode()
    assert "<pre>" not in page and "style=" not in page.split("<main")[1]
    assert "99.62%" in page and "css/admin" in page
    start = page.index('<svg class="curves"')
    plot = ElementTree.fromstring(page[start : page.index("</svg>", start) + 6])
    assert [len(line.get("points").split()) for line in plot] == [8, 8]
