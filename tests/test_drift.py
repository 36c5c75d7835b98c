from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection

from predictor import drift
from predictor.drift import Change
from predictor.models import Label, Pointer, Submission
from predictor.statistics import Proportion
from tests.support.samples import labelled, many, stored

NOW = datetime(2026, 2, 20, 12, tzinfo=UTC)
THIS_WEEK, LAST_MONTH = NOW - timedelta(days=3), NOW - timedelta(days=20)
pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db):
    return User.objects.create(username="ann")


def sampled(by, count, label=7, created_at=THIS_WEEK, **columns):
    facts = {"digit": 7, "is_digit": True, "audited_at": created_at, "created_at": created_at}
    for submission in many(count, **facts | columns):
        labelled(submission, label, by, created_at)


def read(change):
    return [(part.count, part.total) for part in (change.before, change.now)]


def test_this_week_is_compared_with_the_four_weeks_before(ann):
    sampled(ann, 3)
    sampled(ann, 1, label=1)
    sampled(ann, 2, created_at=LAST_MONTH)
    sampled(ann, 5, created_at=NOW - timedelta(days=36))
    [everything, _] = drift.changes(NOW)
    assert read(everything) == [(2, 2), (3, 4)]


def test_only_the_audit_sample_counts_and_what_can_be_told(ann):
    sampled(ann, 2)
    sampled(ann, 1, label=Label.CANT_TELL)
    labelled(stored(created_at=THIS_WEEK), 1, ann)
    stored(created_at=THIS_WEEK, audited_at=THIS_WEEK)
    assert read(drift.changes(NOW)[0]) == [(0, 0), (2, 2)]


def test_each_kind_of_device_has_a_line_of_its_own(ann):
    sampled(ann, 1, pointer=Pointer.MOUSE, canvas=480)
    sampled(ann, 2, pointer=Pointer.TOUCH, canvas=343)
    sampled(ann, 3, pointer=Pointer.TOUCH, canvas=480)
    sampled(ann, 4)
    found = {change.name: change.now.total for change in drift.changes(NOW)}
    assert found == {
        "all drawings": 10,
        "mouse on a large canvas": 1,
        "finger on a large canvas": 3,
        "finger on a small canvas, as of phones": 2,
        "unknown, such as pictures": 4,
    }


def test_the_interval_of_a_change_is_newcombes():
    """The first example of his table II: 56 of 70 and 48 of 80."""
    change = Change("", before=Proportion(48, 80), now=Proportion(56, 70))
    assert change.bounds == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert change.verdict() == "read better"


@pytest.mark.parametrize(
    "before, now, verdict",
    [
        ((980, 1000), (930, 1000), "read worse"),
        ((98, 100), (93, 100), "no difference to be seen"),
        ((98, 100), (0, 0), "too few to say"),
    ],
)
def test_a_verdict_takes_more_than_chance(before, now, verdict):
    assert Change("", Proportion(*before), Proportion(*now)).verdict() == verdict


WORSE = Change("all drawings", Proportion(980, 1000), Proportion(930, 1000))
SAME = Change("all drawings", Proportion(980, 1000), Proportion(980, 1000))


@pytest.mark.parametrize(
    "change, labels, worth_it",
    [(SAME, 999, False), (SAME, 1000, True), (WORSE, 199, False), (WORSE, 200, True)],
)
def test_a_retraining_is_worth_it_sooner_where_drawings_are_read_worse(change, labels, worth_it):
    said = drift.advice([change], labels)
    assert ("A retraining is worth it." in said) == worth_it
    assert ("label more of these" in said) == (change is WORSE and not worth_it)


def test_labels_count_from_the_day_until_when_the_network_has_learnt(ann):
    sampled(ann, 2)
    sampled(ann, 3, created_at=LAST_MONTH)
    assert drift.labels_since(LAST_MONTH.date()) == 5
    assert drift.labels_since(THIS_WEEK.date()) == 2


def test_no_drawing_is_looked_at_that_is_not_in_the_sample(django_assert_num_queries):
    with django_assert_num_queries(1) as done:
        drift.changes(NOW)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {done.captured_queries[0]['sql']}")
            assert "COVERING INDEX submission_audited" in str(cursor.fetchall())


def test_what_was_drawn_with_is_stored(client):
    assert Submission.objects.count() == 0
    strokes = [[[80, 200, 120], [70, 70, 225]]]
    sent = {"strokes": strokes, "device": {"pointer": "pen", "canvas": 343}}
    assert client.post("/api/v1/submissions/", sent, "application/json").status_code == 201
    [row] = Submission.objects.all()
    assert (row.pointer, row.canvas) == (Pointer.PEN, 343)


@pytest.mark.parametrize(
    "device",
    [
        None,
        "touch",
        {},
        {"pointer": "pen"},
        {"pointer": "foot", "canvas": 300},
        {"pointer": ["pen"], "canvas": 300},
        {"pointer": "pen", "canvas": "300"},
        {"pointer": "pen", "canvas": True},
        {"pointer": "pen", "canvas": 0},
        {"pointer": "pen", "canvas": 10_001},
        {"pointer": "pen", "canvas": 300, "agent": "x"},
    ],
)
def test_other_devices_are_refused(client, device):
    sent = {"strokes": [[[80, 200], [70, 70]]], "device": device}
    answer = client.post("/api/v1/submissions/", sent, "application/json")
    assert answer.status_code == 400
    assert list(answer.json()) == ["device"]
