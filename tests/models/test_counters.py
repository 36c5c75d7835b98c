"""The counts that the database keeps, held against a count of what is there."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from predictor import erasure, labelling, submissions
from predictor.models import (
    CONFIDENCE_BINS,
    DailyCount,
    LabelEvent,
    ModelVersion,
    ReviewerActivity,
    Submission,
    SubmissionCount,
)
from predictor.registry import serving
from tests.support.concurrency import all_at_once
from tests.support.samples import labelled, many, stored

MONDAY = datetime(2026, 2, 2, 23, 59, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db):
    return User.objects.create(username="ann")


def added(table, alike, value):
    rows = table.objects.values_list(*alike).annotate(total=Sum(value))
    return {tuple(key): total for *key, total in rows if abs(total) > 1e-9}


def assert_counters_are_right():
    drawings, confidences, days, reviewed = Counter(), Counter(), Counter(), Counter()
    for row in Submission.objects.all():
        audited = row.audited_at is not None
        bin = None
        if audited and row.is_digit:
            bin = max(i for i, low in enumerate(CONFIDENCE_BINS) if row.confidence >= low)
        alike = (row.model_id, row.predicted, row.label, audited, bin)
        drawings[alike] += 1
        confidences[alike] += row.confidence
        days[(row.created_at.date(),)] += 1
        reviewed[(row.created_at.date(),)] += row.label is not None
    alike = ("model_version", "predicted", "label", "audited", "confidence_bin")
    assert added(SubmissionCount, alike, "drawings") == drawings
    assert added(SubmissionCount, alike, "confidence") == pytest.approx(+confidences)
    assert added(DailyCount, ["day"], "drawings") == days
    assert added(DailyCount, ["day"], "reviewed") == +reviewed


def shuffle(ann, seed):
    """Whatever may happen to drawings, in any order."""
    chance = random.Random(seed)
    for _ in range(60):
        rows = list(Submission.objects.all())
        some = Submission.objects.filter(pk__in=[r.pk for r in rows if chance.random() < 0.3])
        digit, confidence = chance.randrange(10), chance.choice([*CONFIDENCE_BINS, 0.45, 0.97, 1.0])
        match chance.choice(["draw", "draw", "label", "label", "audit", "erase", "answer"]):
            case "draw":
                stored(digit=digit, confidence=confidence, is_digit=chance.random() < 0.7)
            case "label":
                label = chance.choice([None, digit, 10, 11])
                labelling.relabel(some, label, actor=ann, source=LabelEvent.Source.PAGE)
            case "audit":
                some.update(audited_at=timezone.now())
            case "answer":
                some.update(confidence=confidence, created_at=MONDAY + timedelta(days=digit))
            case "erase":
                erasure.erase_all(some.filter(predicted__lt=4))


@pytest.mark.parametrize("seed", range(3))
def test_they_are_right_whatever_happens(ann, seed):
    shuffle(ann, seed)
    assert_counters_are_right()


def test_they_stay_few_however_many_drawings_there_are(ann):
    columns = Submission.objects.values().get(pk=stored().pk)
    for name in ("predicted", "disputed", "id", "sampling_key"):
        del columns[name]
    Submission.objects.bulk_create((Submission(**columns) for _ in range(4000)), batch_size=500)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # which comes to this by chance, one time in a thousand
            cursor.execute("SELECT predictor_fold()")
    assert_counters_are_right()
    assert SubmissionCount.objects.count() < 1100
    assert DailyCount.objects.count() < 1100


@pytest.mark.django_db(transaction=True)
def test_many_at_once_neither_wait_for_each_other_nor_get_lost():
    network = serving.network()
    ann = User.objects.create(username="ann")
    rows = [stored(digit=7, is_digit=True) for _ in range(8)]

    def label(first):
        for row in rows[first::4]:
            labelled(row, 7, ann)
            submissions.submit(network, visitor=row.visitor, image=bytes(row.drawing))
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT predictor_fold()")

    assert all_at_once(*[partial(label, first) for first in range(4)]) == [None] * 4
    assert_counters_are_right()


def test_only_labels_given_at_a_stretch_are_timed(ann):
    bob = User.objects.create(username="bob")
    moment = MONDAY
    for seconds in (0, 2, 3, 61, 5):
        moment += timedelta(seconds=seconds)
        labelled(stored(), 3, ann, moment)
    labelled(stored(), 3, bob, MONDAY)
    tuesday = (moment.date(), ann.pk)  # the last two
    monday = (MONDAY.date(), ann.pk)
    assert added(ReviewerActivity, ["day", "reviewer"], "labels") == {
        monday: 3,
        tuesday: 2,
        (MONDAY.date(), bob.pk): 1,
    }
    assert added(ReviewerActivity, ["day", "reviewer"], "timed") == {monday: 2, tuesday: 1}
    seconds = added(ReviewerActivity, ["day", "reviewer"], "seconds")
    assert seconds == pytest.approx({monday: 5, tuesday: 5}, abs=0.001)


def test_what_is_taken_back_took_time_and_gave_no_label(ann):
    row = stored()
    labelled(row, 3, ann, MONDAY)
    later = MONDAY + timedelta(seconds=4)
    LabelEvent.objects.create(
        submission=row, actor=ann, at=later, old=3, new=None, source="undo", idempotency_key=uuid4()
    )
    [(labels, timed, seconds)] = (
        ReviewerActivity.objects.values("reviewer")
        .annotate(labels=Sum("labels"), timed=Sum("timed"), seconds=Sum("seconds"))
        .values_list("labels", "timed", "seconds")
    )
    assert (labels, timed) == (1, 0)
    assert seconds == pytest.approx(4, abs=0.001)


def timed(ann):
    rows = ReviewerActivity.objects.filter(reviewer=ann)
    return rows.aggregate(labels=Sum("labels"), timed=Sum("timed"), seconds=Sum("seconds"))


def by(source, count, ann, at):
    rows = Submission.objects.unreviewed()[:count]
    LabelEvent.objects.bulk_create(
        LabelEvent(submission=row, actor=ann, at=at, new=7, source=source) for row in rows
    )


@pytest.mark.parametrize("source", ["confirm", "claim", "grid", "admin-list", "again"])
def test_what_is_labelled_by_the_dozen_is_counted_and_not_timed(ann, source):
    many(610)
    by("queue", 1, ann, MONDAY)
    by(source, 600, ann, MONDAY + timedelta(seconds=1))
    assert timed(ann) == {"labels": 601, "timed": 0, "seconds": 0}
    by("queue", 1, ann, MONDAY + timedelta(seconds=3))  # two seconds after all that
    by("admin-page", 1, ann, MONDAY + timedelta(seconds=7))
    assert timed(ann) == {"labels": 603, "timed": 2, "seconds": pytest.approx(6, abs=0.01)}


def test_what_arrives_at_once_after_a_break_is_not_timed(ann):
    many(60)
    by("queue", 1, ann, MONDAY)
    for milliseconds in range(20):
        by("queue", 1, ann, MONDAY + timedelta(minutes=9, milliseconds=3 * milliseconds))
    assert timed(ann) == {"labels": 21, "timed": 0, "seconds": 0}
    for seconds in (4, 4.01, 4.02):  # three that were decided in four seconds
        by("queue", 1, ann, MONDAY + timedelta(minutes=9, seconds=seconds))
    assert timed(ann) == {"labels": 24, "timed": 3, "seconds": pytest.approx(3.96, abs=0.01)}


def test_a_network_that_nobody_asked_goes_with_its_counts(ann):
    other = ModelVersion.objects.create(version="other", metadata={}, tflite=b"", keras=b"")
    row = stored(model=other)
    erasure.erase(row)
    other.delete()
    assert_counters_are_right()


# Databases of versions before


def submissions_before(apps, count, **columns):
    version = apps.get_model("predictor", "ModelVersion").objects.get()
    table = apps.get_model("predictor", "Submission")
    values = {
        "model": version, "preprocessing": "1", "digit": 7, "confidence": 0.97, "is_digit": True,
        "digit_score": 1, "probabilities": [], "pixels": bytes(784), "drawing": b"",
    }  # fmt: skip
    return [table.objects.create(visitor=uuid4(), **values | columns) for _ in range(count)]


def label_before(apps, rows, ann, source, at):
    table = apps.get_model("predictor", "LabelEvent")
    for row in rows:
        table.objects.create(submission=row, actor_id=ann.pk, at=at, new=7, way=source)


def test_what_was_there_before_the_counters_is_counted(migrate_to, ann):
    apps = migrate_to("0004_labels_follow_events")
    audited = submissions_before(apps, 3, audited_at=MONDAY, created_at=MONDAY)
    negatives = submissions_before(apps, 2, is_digit=False, confidence=0.3)
    label_before(apps, [*audited[1:], negatives[0]], ann, "queue", MONDAY)
    migrate_to("")
    assert_counters_are_right()
    alike = ["day", "reviewer"]
    assert added(ReviewerActivity, alike, "labels") == {(MONDAY.date(), ann.pk): 3}
    shuffle(ann, 8)
    assert_counters_are_right()


def test_what_was_timed_wrongly_is_timed_anew(migrate_to, ann):
    apps = migrate_to("0009_heartbeat")
    rows = submissions_before(apps, 35)
    now = timezone.now() - timedelta(hours=1)
    label_before(apps, rows[:1], ann, "queue", now)
    label_before(apps, rows[1:31], ann, "confirm", now + timedelta(seconds=1))
    label_before(apps, rows[31:32], ann, "queue", now + timedelta(seconds=4))
    for row in rows[1:6]:
        apps.get_model("predictor", "Tombstone").objects.create(pk=row.pk, erased_at=now)
        row.delete()
    assert apps.get_model("predictor", "PaceTally").objects.aggregate(n=Sum("timed"))["n"] == 31
    migrate_to("")
    assert timed(ann) == {"labels": 32, "timed": 1, "seconds": pytest.approx(3, abs=0.01)}
    by("confirm", 3, ann, now + timedelta(seconds=6))
    assert timed(ann)["labels"] == 35 and timed(ann)["timed"] == 1
