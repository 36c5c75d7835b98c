"""The counts that the database keeps, held against a count of what is there."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from predictor import classifier, services
from predictor.models import LabelEvent, ModelVersion, Submission
from predictor.tallies import BANDS, DayTally, PaceTally, Tally
from tests.samples import labelled, stored
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
    LabelEvent.objects.create(submission=row, actor=ann, at=later, old=3, new=None, way="undo")
    [(labels, timed, seconds)] = (
        PaceTally.objects.values("reviewer")
        .annotate(labels=Sum("labels"), timed=Sum("timed"), seconds=Sum("seconds"))
        .values_list("labels", "timed", "seconds")
    )
    assert (labels, timed) == (1, 0)
    assert seconds == pytest.approx(4, abs=0.001)


def test_a_network_that_nobody_asked_goes_with_its_counts(ann):
    other = ModelVersion.objects.create(version="other", metadata={}, tflite=b"", keras=b"")
    row = stored(model=other)
    services.erase(row)
    other.delete()
    assert_tallies_are_right()
