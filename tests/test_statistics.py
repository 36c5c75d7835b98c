from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from predictor import statistics
from predictor.models import Label, ModelVersion
from predictor.statistics import Proportion
from tests.support.samples import labelled, stored

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


def test_a_proportion_has_a_confidence_interval():
    proportion = Proportion(97, 100)
    assert (str(proportion), proportion.interval()) == ("97.00%", "91.55% to 98.97%")
    nothing = Proportion(0, 0)
    assert (str(nothing), nothing.interval()) == ("unknown", "unknown")


def test_all_are_reviewed_or_waiting(ann):
    reviewed(7, ann)
    reviewed(Label.CANT_TELL, ann)
    stored()
    assert statistics.totals() == {"drawings": 3, "reviewed": 2, "waiting": 1}


def test_every_day_is_there_also_one_without_drawings(ann):
    reviewed(7, ann, created_at=NOON)
    stored(created_at=NOON)
    stored(created_at=NOON - timedelta(29))
    stored(created_at=NOON - timedelta(30))
    days = statistics.days(TODAY)
    assert [day.day for day in days] == [TODAY - timedelta(i) for i in range(29, -1, -1)]
    counts = [(day.drawings, day.reviewed, day.waiting) for day in days]
    assert counts == [(1, 0, 1), *[(0, 0, 0)] * 28, (2, 1, 1)]


def test_accuracy_is_that_of_the_audit_sample(ann):
    """However many mistakes are labelled that were not sampled at random."""
    for label in (7, 7, 7, 1):
        reviewed(label, ann, **AUDIT)
    reviewed(10, ann, **AUDIT | {"is_digit": False})
    reviewed(Label.CANT_TELL, ann, **AUDIT)
    stored(**AUDIT)
    for _ in range(5):
        reviewed(1, ann, **SEVEN)
    [row] = statistics.accuracies()
    assert (row.accuracy, row.waiting) == (Proportion(4, 5), 1)


def test_each_network_has_an_accuracy_of_its_own_the_newest_first(ann):
    new = ModelVersion.objects.create(
        version="new", metadata={}, tflite=b"", keras=b"", added_at=timezone.now() + timedelta(1)
    )
    reviewed(7, ann, **AUDIT, model=new)
    reviewed(1, ann, **AUDIT)
    rows = statistics.accuracies()
    assert [row.accuracy for row in rows] == [Proportion(1, 1), Proportion(0, 1)]
    assert rows[0].network == "new"


def test_the_confusion_matrix_counts_predictions_by_label(ann):
    other = ModelVersion.objects.create(version="other", metadata={}, tflite=b"", keras=b"")
    for label in (7, 7, 1):
        reviewed(label, ann, **SEVEN)
    reviewed(7, ann, **SEVEN | {"is_digit": False}, model=other)
    reviewed(Label.CANT_TELL, ann, **SEVEN)
    stored(**SEVEN)

    def found(version):
        cells = [cell for _, row in statistics.confusion_matrix(version) for cell in row]
        assert len(cells) == 121
        return {(cell.label, cell.predicted): cell for cell in cells if cell.drawings}

    cells = found(None)
    assert {key: cell.drawings for key, cell in cells.items()} == {
        (7, 7): 2,
        (1, 7): 1,
        (7, 10): 1,
    }
    assert cells[7, 7].fraction == pytest.approx(2 / 3)
    assert [cells[key].shade() for key in ((7, 7), (1, 7))] == ["right", "often"]
    assert set(found("other")) == {(7, 10)}


def test_calibration_compares_confidence_with_accuracy(ann):
    for confidence, label in [(0.3, 7), (0.95, 7), (0.97, 1), (0.9995, 7), (1.0, 7)]:
        reviewed(label, ann, **AUDIT | {"confidence": confidence})
    reviewed(7, ann, **SEVEN)  # not sampled
    reviewed(7, ann, **AUDIT | {"is_digit": False})
    stored(**AUDIT)
    bins = statistics.calibration(None)
    assert [str(bin) for bin in bins] == ["0 to 50%", "95 to 99%", "99.9 to 100%"]
    assert [bin.accuracy for bin in bins] == [Proportion(1, 1), Proportion(1, 2), Proportion(2, 2)]
    assert [bin.confidence for bin in bins] == pytest.approx([0.3, 0.96, 0.99975])
    assert statistics.calibration("other") == []


def test_false_rates_count_how_often_is_digit_was_wrong(ann):
    for label in (7, 1, 10):
        reviewed(label, ann, **AUDIT)
    for label in (3, 10):
        reviewed(label, ann, **AUDIT | {"is_digit": False})
    reviewed(10, ann, **SEVEN)  # not sampled
    assert statistics.false_rates(None) == {
        "false rejects: digits rejected": Proportion(1, 3),
        "false accepts: other drawings accepted": Proportion(1, 2),
    }


def test_throughput_is_that_of_each_reviewer(ann):
    bob = User.objects.create(username="bob")
    for seconds in (0, 2, 4, 600):
        labelled(stored(), 7, ann, NOON + timedelta(seconds=seconds))
    labelled(stored(), 7, ann, NOON - timedelta(7))
    for days in (1, 30):
        labelled(stored(), 7, bob, NOON - timedelta(days))
    rows = statistics.throughput(TODAY)
    assert [(row["name"], row["today"], row["week"], row["month"]) for row in rows] == [
        ("ann", 4, 4, 5),
        ("bob", 0, 1, 1),
    ]
    assert rows[0]["per_minute"] == pytest.approx(30, abs=0.1)
    assert rows[1]["per_minute"] is None
