from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from predictor import erasure
from predictor.exports import arrivals
from predictor.exports.exporter import Filters, export
from predictor.models import LabelArrival, ModelVersion, Submission
from predictor.registry import retraining
from tests.support.concurrency import all_at_once
from tests.support.samples import labelled, stored

committed = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def ann(db):
    return User.objects.create(username="ann")


@contextmanager
def long_transaction(submission: Submission, ann: User) -> Iterator[Event]:
    """Label the drawing, by the clock an hour ago; commit when the event is set, or at the end."""
    is_labelled, may_commit = Event(), Event()

    def label() -> None:
        with transaction.atomic():
            labelled(submission, 7, ann, timezone.now() - HOUR)
            is_labelled.set()
            may_commit.wait(20)
        connection.close()

    thread = Thread(target=label)
    thread.start()
    assert is_labelled.wait(20)
    try:
        yield may_commit
    finally:
        may_commit.set()
        thread.join()


def ids(tmp_path, **filters) -> set[str]:
    export(tmp_path / "out.npz", "npz", Filters(**filters), lambda count: None)
    with np.load(tmp_path / "out.npz") as arrays:
        return set(arrays["id"].astype(str).tolist())


@committed
def test_a_label_that_is_committed_after_an_export_is_in_the_next(ann, tmp_path):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time, for which an export waits")
    early, late = stored(), stored()
    labelled(early, 3, ann)
    with long_transaction(late, ann):
        until = arrivals.settle()
        assert ids(tmp_path, until=until) == {str(early.pk)}
    assert ids(tmp_path, since=until) == {str(late.pk)}
    # The places are for good.
    assert ids(tmp_path, until=until) == {str(early.pk)}
    assert ids(tmp_path, since=until) == {str(late.pk)}


@committed
def test_an_export_waits_for_the_one_who_writes_to_sqlite(ann, tmp_path):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has many writers at once")
    late, found = stored(), []

    def settle() -> None:
        found.append(arrivals.settle())
        connection.close()

    with long_transaction(late, ann) as may_commit:
        exporting = Thread(target=settle)
        exporting.start()
        may_commit.set()
        exporting.join()
    assert ids(tmp_path, until=found[0]) == {str(late.pk)}
    assert ids(tmp_path, since=found[0]) == set()


@committed
def test_a_retraining_gets_what_was_committed_after_the_last_one_began(ann, folders):
    early, late = stored(), stored()
    labelled(early, 3, ann)
    base = ModelVersion.objects.get()
    first = retraining.Run.resume_or_begin(base.pk)
    assert set(first.filters.select("npz")) == {early}
    manifest = retraining.export_all(first)
    labelled(late, 7, ann, timezone.now() - HOUR)  # as if it had been committed only now
    assert set(first.filters.select("npz")) == {early}  # as when it is resumed
    ModelVersion.objects.update(manifests=[manifest])
    (folders / "retrain/work/run.json").unlink()
    second = retraining.Run.resume_or_begin(base.pk)
    assert second.count_new() == 1
    assert set(second.filters.select("npz")) == {early, late}


@pytest.mark.django_db
def test_a_label_has_the_time_at_which_it_was_given_if_no_export_missed_it(ann):
    row, given = stored(), timezone.now() - HOUR
    labelled(row, 7, ann, given)
    arrivals.settle()
    arrivals.settle()
    assert LabelArrival.objects.get(submission=row).at == given


@pytest.mark.django_db
def test_a_label_that_was_changed_counts_anew(ann, tmp_path):
    row = stored()
    labelled(row, 7, ann)
    until = arrivals.settle()
    row.events.create(actor=ann, at=timezone.now() - HOUR, old=7, new=1, source="queue")
    assert not arrivals.between(Submission.objects.all(), None, until).exists()
    assert ids(tmp_path, since=until) == {str(row.pk)}


@pytest.mark.django_db
def test_what_is_dated_ahead_waits_for_its_time(ann):
    row = stored()
    labelled(row, 7, ann, timezone.now() + HOUR)
    until = arrivals.settle()
    assert not arrivals.between(Submission.objects.all(), None, until).exists()
    assert arrivals.between(Submission.objects.all(), until, None).get() == row


@pytest.mark.django_db
def test_a_clock_that_is_put_back_loses_nothing(ann, monkeypatch):
    until = arrivals.settle()
    monkeypatch.setattr(timezone, "now", lambda: until - HOUR)
    row = stored()
    labelled(row, 7, ann, until - HOUR)
    assert arrivals.settle() == until
    assert arrivals.between(Submission.objects.all(), until, None).get() == row


@pytest.mark.django_db
def test_the_place_of_an_erased_drawing_goes_with_it(ann):
    row = stored()
    labelled(row, 7, ann)
    arrivals.settle()
    erasure.erase(row)
    assert not LabelArrival.objects.exists()


@committed
def test_many_exports_at_once_give_each_label_one_place(ann):
    rows = [stored() for _ in range(3)]
    for row in rows:
        labelled(row, 7, ann)
    answers = all_at_once(*[arrivals.settle] * 4)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert LabelArrival.objects.count() == 3


@committed
def test_labels_of_an_older_version_are_where_they_were(migrate_to, ann):
    row, given = stored(), timezone.now() - HOUR
    labelled(row, 7, ann, given)
    stored()
    migrate_to("0011_standard_names")
    migrate_to("0012_label_arrivals")
    assert LabelArrival.objects.get(submission=row).at == given
