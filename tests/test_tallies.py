"""The counts that the database keeps, held against a count of what is there."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from predictor import classifier, services
from predictor.models import LabelEvent, ModelVersion, Submission
from predictor.tallies import BANDS, DayTally, PaceTally, Tally
from tests.samples import labelled, many, stored
from tests.test_services import all_at_once

MONDAY = datetime(2026, 2, 2, 23, 59, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db):
    return User.objects.create(username="ann")


def added(table, alike, value):
    rows = table.objects.values_list(*alike).annotate(total=Sum(value))
    return {tuple(key): total for *key, total in rows if abs(total) > 1e-9}


def assert_tallies_are_right():
    drawings, confidences, days, reviewed = Counter(), Counter(), Counter(), Counter()
    for row in Submission.objects.all():
        audited = row.audited_at is not None
        band = None
        if audited and row.is_digit:
            band = max(i for i, low in enumerate(BANDS) if row.confidence >= low)
        alike = (row.model_id, row.predicted, row.label, audited, band)
        drawings[alike] += 1
        confidences[alike] += row.confidence
        days[(row.created_at.date(),)] += 1
        reviewed[(row.created_at.date(),)] += row.label is not None
    alike = ("network", "predicted", "label", "audited", "band")
    assert added(Tally, alike, "drawings") == drawings
    assert added(Tally, alike, "confidence") == pytest.approx(+confidences)
    assert added(DayTally, ["day"], "drawings") == days
    assert added(DayTally, ["day"], "reviewed") == +reviewed


def shuffle(ann, seed):
    """Whatever may happen to drawings, in any order."""
    chance = random.Random(seed)
    way = LabelEvent.Way.PAGE
    for _ in range(60):
        rows = list(Submission.objects.all())
        some = Submission.objects.filter(pk__in=[r.pk for r in rows if chance.random() < 0.3])
        digit, share = chance.randrange(10), chance.choice([*BANDS, 0.45, 0.97, 1.0])
        match chance.choice(["draw", "draw", "label", "label", "audit", "erase", "answer"]):
            case "draw":
                stored(digit=digit, confidence=share, is_digit=chance.random() < 0.7)
            case "label":
                label = chance.choice([None, digit, 10, 11])
                services.relabel(some, label, actor=ann, way=way)
            case "audit":
                some.update(audited_at=timezone.now())
            case "answer":
                some.update(confidence=share, created_at=MONDAY + timedelta(days=digit))
            case "erase":
                services.erase_all(some.filter(predicted__lt=4))


@pytest.mark.parametrize("seed", range(3))
def test_they_are_right_whatever_happens(ann, seed):
    shuffle(ann, seed)
    assert_tallies_are_right()


def test_a_migration_counts_what_is_there(ann):
    shuffle(ann, 7)
    paces = added(PaceTally, ["day", "reviewer"], "labels")
    for table in (Tally, DayTally, PaceTally):
        table.objects.all().delete()
    migration = import_module("predictor.migrations.0005_tallies")
    migration.count_what_is_there(None, connection.schema_editor())
    assert_tallies_are_right()
    left = LabelEvent.objects.exclude(new=None).count()
    assert sum(added(PaceTally, ["day", "reviewer"], "labels").values()) == left
    assert sum(paces.values()) >= left  # erasing takes away no work
    migration.drop_triggers(None, connection.schema_editor())
    migration.create_triggers(None, connection.schema_editor())
    shuffle(ann, 8)
    assert_tallies_are_right()


def test_they_stay_few_however_many_drawings_there_are(ann):
    columns = Submission.objects.values().get(pk=stored().pk)
    for name in ("predicted", "disputed", "id", "lot"):
        del columns[name]
    Submission.objects.bulk_create((Submission(**columns) for _ in range(4000)), batch_size=500)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # which comes to this by chance, one time in a thousand
            cursor.execute("SELECT predictor_fold()")
    assert_tallies_are_right()
    assert Tally.objects.count() < 1100
    assert DayTally.objects.count() < 1100


@pytest.mark.django_db(transaction=True)
def test_many_at_once_neither_wait_for_each_other_nor_get_lost():
    classifier.network()
    ann = User.objects.create(username="ann")
    rows = [stored(digit=7, is_digit=True) for _ in range(8)]

    def label(first):
        for row in rows[first::4]:
            labelled(row, 7, ann)
            services.submit(visitor=row.visitor, image=bytes(row.drawing))
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT predictor_fold()")

    assert all_at_once(*[partial(label, first) for first in range(4)]) == [None] * 4
    assert_tallies_are_right()


def test_the_pace_counts_only_what_was_done_at_a_stretch(ann):
    bob = User.objects.create(username="bob")
    moment = MONDAY
    for seconds in (0, 2, 3, 61, 5):
        moment += timedelta(seconds=seconds)
        labelled(stored(), 3, ann, moment)
    labelled(stored(), 3, bob, MONDAY)
    tuesday = (moment.date(), ann.pk)  # the last two
    monday = (MONDAY.date(), ann.pk)
    assert added(PaceTally, ["day", "reviewer"], "labels") == {
        monday: 3,
        tuesday: 2,
        (MONDAY.date(), bob.pk): 1,
    }
    assert added(PaceTally, ["day", "reviewer"], "timed") == {monday: 2, tuesday: 1}
    seconds = added(PaceTally, ["day", "reviewer"], "seconds")
    assert seconds == pytest.approx({monday: 5, tuesday: 5}, abs=0.001)


def test_what_is_taken_back_took_time_and_gave_no_label(ann):
    row = stored()
    labelled(row, 3, ann, MONDAY)
    later = MONDAY + timedelta(seconds=4)
    LabelEvent.objects.create(
        submission=row, actor=ann, at=later, old=3, new=None, way="undo", key=uuid4()
    )
    [(labels, timed, seconds)] = (
        PaceTally.objects.values("reviewer")
        .annotate(labels=Sum("labels"), timed=Sum("timed"), seconds=Sum("seconds"))
        .values_list("labels", "timed", "seconds")
    )
    assert (labels, timed) == (1, 0)
    assert seconds == pytest.approx(4, abs=0.001)


def timed(ann):
    rows = PaceTally.objects.filter(reviewer=ann)
    return rows.aggregate(labels=Sum("labels"), timed=Sum("timed"), seconds=Sum("seconds"))


def by(way, count, ann, at):
    rows = Submission.objects.unreviewed()[:count]
    LabelEvent.objects.bulk_create(
        LabelEvent(submission=row, actor=ann, at=at, new=7, way=way) for row in rows
    )


@pytest.mark.parametrize("way", ["confirm", "claim", "grid", "admin-list", "again"])
def test_what_is_labelled_by_the_dozen_is_counted_and_not_timed(ann, way):
    many(610)
    by("queue", 1, ann, MONDAY)
    by(way, 600, ann, MONDAY + timedelta(seconds=1))
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


def test_a_migration_times_anew_what_was_timed_wrongly(ann):
    migration = import_module("predictor.migrations.0010_paced_decisions")
    editor = connection.schema_editor()
    migration.restore_trigger(None, editor)
    many(40)
    now = timezone.now() - timedelta(hours=1)
    by("queue", 1, ann, now)
    by("confirm", 30, ann, now + timedelta(seconds=1))
    by("queue", 1, ann, now + timedelta(seconds=4))
    erased = Submission.objects.reviewed()[:5].values_list("pk", flat=True)
    services.erase_all(Submission.objects.filter(pk__in=list(erased)))
    assert timed(ann)["timed"] == 31
    migration.replace_trigger(None, editor)
    migration.time_anew(None, editor)
    assert timed(ann)["labels"] == 32 and timed(ann)["timed"] <= 1
    by("confirm", 3, ann, now + timedelta(seconds=6))
    assert timed(ann)["labels"] == 35 and timed(ann)["timed"] <= 1


def test_a_network_that_nobody_asked_goes_with_its_counts(ann):
    other = ModelVersion.objects.create(version="other", metadata={}, tflite=b"", keras=b"")
    row = stored(model=other)
    services.erase(row)
    other.delete()
    assert_tallies_are_right()
