from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from predictor import dashboard
from predictor.dashboard import Share
from predictor.models import Label, ModelVersion
from tests.samples import labelled, stored

TODAY = date(2026, 2, 20)
NOON = datetime(2026, 2, 20, 12, tzinfo=UTC)
SEVEN = {"digit": 7, "is_digit": True, "confidence": 0.97}
AUDIT = SEVEN | {"audited_at": NOON}
pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db):
    return User.objects.create(username="ann")


def reviewed(label, by, **columns):
    return stored(label=label, reviewed_by=by, **columns)


def test_a_share_knows_its_bounds():
    share = Share(97, 100)
    assert (str(share), share.interval()) == ("97.00%", "91.55% to 98.97%")
    nothing = Share(0, 0)
    assert (str(nothing), nothing.interval()) == ("unknown", "unknown")


def test_all_are_reviewed_or_waiting(ann):
    reviewed(7, ann)
    reviewed(Label.CANT_TELL, ann)
    stored()
    assert dashboard.in_all() == {"drawings": 3, "reviewed": 2, "waiting": 1}


def test_every_day_is_there_also_one_without_drawings(ann):
    reviewed(7, ann, created_at=NOON)
    stored(created_at=NOON)
    stored(created_at=NOON - timedelta(29))
    stored(created_at=NOON - timedelta(30))
    days = dashboard.days(TODAY)
    assert [day.day for day in days] == [TODAY - timedelta(i) for i in range(29, -1, -1)]
    counts = [(day.drawings, day.reviewed, day.waiting) for day in days]
    assert counts == [(1, 0, 1), *[(0, 0, 0)] * 28, (2, 1, 1)]


def test_the_accuracy_is_that_of_what_chance_chose(ann):
    """However many mistakes are labelled that people came upon in another way."""
    for label in (7, 7, 7, 1):
        reviewed(label, ann, **AUDIT)
    reviewed(10, ann, **AUDIT | {"is_digit": False})
    reviewed(Label.CANT_TELL, ann, **AUDIT)
    stored(**AUDIT)
    for _ in range(5):
        reviewed(1, ann, **SEVEN)
    [row] = dashboard.accuracies()
    assert (row.right, row.waiting) == (Share(4, 5), 1)


def test_each_network_has_an_accuracy_of_its_own_the_newest_first(ann):
    new = ModelVersion.objects.create(
        version="new", metadata={}, tflite=b"", keras=b"", added_at=timezone.now() + timedelta(1)
    )
    reviewed(7, ann, **AUDIT, model=new)
    reviewed(1, ann, **AUDIT)
    rows = dashboard.accuracies()
    assert [row.right for row in rows] == [Share(1, 1), Share(0, 1)]
    assert rows[0].network == "new"


def test_the_confusion_tells_what_is_read_as_what(ann):
    other = ModelVersion.objects.create(version="other", metadata={}, tflite=b"", keras=b"")
    for label in (7, 7, 1):
        reviewed(label, ann, **SEVEN)
    reviewed(7, ann, **SEVEN | {"is_digit": False}, model=other)
    reviewed(Label.CANT_TELL, ann, **SEVEN)
    stored(**SEVEN)

    def found(network):
        cells = [cell for _, row in dashboard.confusion(network) for cell in row]
        assert len(cells) == 121
        return {(cell.label, cell.predicted): cell for cell in cells if cell.drawings}

    cells = found(None)
    assert {key: cell.drawings for key, cell in cells.items()} == {
        (7, 7): 2,
        (1, 7): 1,
        (7, 10): 1,
    }
    assert cells[7, 7].share == pytest.approx(2 / 3)
    assert [cells[key].shade() for key in ((7, 7), (1, 7))] == ["right", "often"]
    assert set(found("other")) == {(7, 10)}


def test_confidences_are_held_against_what_was_right(ann):
    for confidence, label in [(0.3, 7), (0.95, 7), (0.97, 1), (0.9995, 7), (1.0, 7)]:
        reviewed(label, ann, **AUDIT | {"confidence": confidence})
    reviewed(7, ann, **SEVEN)  # that chance did not choose
    reviewed(7, ann, **AUDIT | {"is_digit": False})
    stored(**AUDIT)
    bands = dashboard.reliability(None)
    assert [str(band) for band in bands] == ["0 to 50%", "95 to 99%", "99.9 to 100%"]
    assert [band.right for band in bands] == [Share(1, 1), Share(1, 2), Share(2, 2)]
    assert [band.said for band in bands] == pytest.approx([0.3, 0.96, 0.99975])
    assert dashboard.reliability("other") == []


def test_it_counts_how_often_is_digit_was_wrong(ann):
    for label in (7, 1, 10):
        reviewed(label, ann, **AUDIT)
    for label in (3, 10):
        reviewed(label, ann, **AUDIT | {"is_digit": False})
    reviewed(10, ann, **SEVEN)  # that chance did not choose
    assert dashboard.rejections(None) == {
        "digits taken for none": Share(1, 3),
        "others taken for a digit": Share(1, 2),
    }


def test_it_tells_each_reviewers_pace(ann):
    bob = User.objects.create(username="bob")
    for seconds in (0, 2, 4, 600):
        labelled(stored(), 7, ann, NOON + timedelta(seconds=seconds))
    labelled(stored(), 7, ann, NOON - timedelta(7))
    for days in (1, 30):
        labelled(stored(), 7, bob, NOON - timedelta(days))
    rows = dashboard.paces(TODAY)
    assert [(row["name"], row["today"], row["week"], row["month"]) for row in rows] == [
        ("ann", 4, 4, 5),
        ("bob", 0, 1, 1),
    ]
    assert rows[0]["a_minute"] == pytest.approx(30, abs=0.1)
    assert rows[1]["a_minute"] is None
