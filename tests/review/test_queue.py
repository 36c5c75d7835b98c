import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from predictor import erasure, labelling
from predictor.models import LabelEvent, Lease, Submission
from predictor.review import queue
from tests.support.samples import many, stored

pytestmark = pytest.mark.django_db
SURE = {"digit": 7, "is_digit": True, "confidence": 0.95}


@pytest.fixture
def ann():
    return User.objects.create(username="ann")


@pytest.fixture
def bob():
    return User.objects.create(username="bob")


def decide(reviewer, submission, new, *, old=None, key=None, skip=False):
    return queue.decide(
        reviewer,
        queue.Decision(
            submission=submission.pk,
            idempotency_key=key or uuid4(),
            old=old,
            new=new,
            skip=skip,
        ),
    )


def events():
    return list(LabelEvent.objects.values_list("old", "new", "actor__username", "source"))


def label(submission):
    return Submission.objects.get(pk=submission.pk).label


def run_out():
    Lease.objects.update(until=timezone.now() - timedelta(seconds=1))


# What comes next


def test_disagreements_come_first_and_then_what_the_network_was_least_confident_of(ann, no_audit):
    confident, unsure = stored(**SURE), stored(**SURE | {"confidence": 0.3})
    agreed = stored(**SURE | {"confidence": 0.9}, visitor_label=7)
    disputed = stored(**SURE, visitor_label=1)
    labelling.relabel(
        Submission.objects.filter(pk=stored(**SURE).pk), 7, actor=ann, source=LabelEvent.Source.PAGE
    )
    rows = [disputed, unsure, agreed, confident]
    assert queue.hand_out(ann) == [row.pk for row in rows]


def test_a_reviewer_has_ten_at_once_and_the_same_when_the_page_is_loaded_again(ann, no_audit):
    rows = many(12, **SURE)
    first = queue.hand_out(ann)
    assert len(first) == queue.QUEUE_LENGTH
    assert set(queue.hand_out(ann)) == set(first)
    decide(ann, next(row for row in rows if row.pk == first[0]), 7)
    second = queue.hand_out(ann)
    assert len(second) == queue.QUEUE_LENGTH
    assert len(set(second) - set(first)) == 1


def test_two_reviewers_never_have_the_same(ann, bob, no_audit):
    many(15, **SURE)
    hers, his = queue.hand_out(ann), queue.hand_out(bob)
    assert (len(hers), len(his)) == (10, 5)
    assert not set(hers) & set(his)


def test_a_lease_that_has_run_out_is_anybodys(ann, bob):
    row = stored(**SURE)
    assert queue.hand_out(ann) == [row.pk]
    assert queue.hand_out(bob) == []
    run_out()
    assert queue.hand_out(bob) == [row.pk]
    assert queue.hand_out(ann) == []


def test_working_on_makes_a_lease_last(ann, bob):
    row = stored(**SURE)
    queue.hand_out(ann)
    Lease.objects.update(until=timezone.now() + timedelta(seconds=1))
    queue.hand_out(ann)
    assert Lease.objects.get(pk=row.pk).until > timezone.now() + queue.LEASE_TIME / 2


def test_a_label_given_elsewhere_ends_the_lease(ann, bob):
    row = stored(**SURE)
    queue.hand_out(ann)
    labelling.relabel(Submission.objects.all(), 7, actor=bob, source=LabelEvent.Source.LIST)
    assert queue.hand_out(ann) == []
    assert not Lease.objects.filter(pk=row.pk).exists()


def test_an_erased_drawing_leaves_the_queue(ann):
    erasure.erase(stored(**SURE))
    row = stored(**SURE)
    queue.hand_out(ann)
    erasure.erase(row)
    assert queue.hand_out(ann) == []


@pytest.mark.django_db(transaction=True)
def test_reviewers_who_ask_at_the_same_moment_share_nothing(ann):
    many(60, **SURE)
    reviewers = [User.objects.create(username=f"r{i}") for i in range(4)]
    start = threading.Barrier(len(reviewers))
    had, problems = Counter(), []

    def work(reviewer):
        try:
            start.wait()
            while ids := queue.hand_out(reviewer):
                for id in ids:
                    had[id] += 1
                    assert decide(reviewer, Submission(pk=id), 7) == ""
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[reviewer]) for reviewer in reviewers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert Counter(had.values()) == {1: 60}
    assert LabelEvent.objects.count() == 60
    assert not Lease.objects.exists()


# Decisions


def test_a_decision_is_stored_once_however_often_it_is_sent(ann):
    row, key = stored(**SURE), uuid4()
    queue.hand_out(ann)
    assert [decide(ann, row, 3, key=key) for _ in range(3)] == [""] * 3
    assert events() == [(None, 3, "ann", "queue")]
    assert (label(row), Lease.objects.count()) == (3, 0)
    decide(ann, row, None, old=3)
    assert decide(ann, row, 3, key=key) == ""
    assert label(row) is None


def test_a_key_belongs_to_its_drawing(ann):
    key = uuid4()
    assert [decide(ann, stored(), 3, key=key) for _ in range(2)] == ["", ""]
    assert len(events()) == 2


def test_who_comes_late_does_not_overwrite_what_another_said(ann, bob):
    row = stored(**SURE)
    decide(ann, row, 3)
    assert decide(bob, row, 5) == "Somebody else set this to “3” meanwhile."
    assert decide(bob, row, None, old=3) == "Somebody else set this to “3” meanwhile."
    assert decide(ann, row, 5) == "You set this to “3” in another tab or window meanwhile."
    assert events() == [(None, 3, "ann", "queue")]


def test_it_tells_who_holds_what_waits(ann, bob, django_assert_num_queries):
    rows = [stored(**SURE) for _ in range(3)]
    assert queue.held(bob, 7) == []
    queue.hand_out_grid(ann, 7)
    Lease.objects.update(until=datetime(2026, 2, 2, 14, 32, tzinfo=UTC))
    with django_assert_num_queries(1):
        said = queue.held(bob, 7)
    assert said == ["3 drawings held by ann until 14:32 UTC, if not labelled before."]
    Lease.objects.filter(pk=rows[0].pk).update(reviewer=bob, in_grid=False)
    Lease.objects.filter(pk=rows[1].pk).update(reviewer=None)
    assert set(queue.held(bob, 7)) == {
        "1 drawing held by ann until 14:32 UTC, if not labelled before.",
        "1 drawing in your own queue.",
        "1 drawing, skipped before, can be had again from 14:32 UTC.",
    }
    assert len(queue.held(bob)) == 3
    assert queue.held(bob, 8) == []


def test_what_it_shall_be_it_may_be_already(ann, bob):
    row = stored(**SURE)
    assert [decide(who, row, 3) for who in (ann, ann, bob)] == ["", "", ""]
    assert [decide(ann, row, None, old=3) for _ in range(2)] == ["", ""]
    assert [event[:3] for event in events()] == [(None, 3, "ann"), (3, None, "ann")]


def test_an_erased_drawing_takes_no_label(ann):
    row = stored()
    erasure.erase(row)
    assert decide(ann, row, 3) == "The drawing was erased meanwhile."


def test_taking_back_is_another_event_and_brings_the_drawing_back(ann, bob):
    row = stored(**SURE)
    queue.hand_out(ann)
    decide(ann, row, 3)
    decide(ann, row, None, old=3)
    assert events() == [(None, 3, "ann", "queue"), (3, None, "ann", "undo")]
    assert queue.hand_out(bob) == []
    assert queue.hand_out(ann) == [row.pk]


def test_what_is_skipped_is_nobodys_for_a_while(ann, bob):
    row = stored(**SURE)
    queue.hand_out(ann)
    decide(ann, row, None, skip=True)
    assert queue.hand_out(ann) == queue.hand_out(bob) == []
    decide(ann, row, None)  # on second thoughts
    assert queue.hand_out(ann) == [row.pk]
    decide(ann, row, None, skip=True)
    run_out()
    assert queue.hand_out(bob) == [row.pk]
    assert events() == []


def test_skipping_late_takes_nothing_from_another(ann, bob):
    row = stored(**SURE)
    queue.hand_out(ann)
    run_out()
    queue.hand_out(bob)
    decide(ann, row, None, skip=True)
    decide(ann, row, None)
    assert queue.hand_out(bob) == [row.pk]
    assert queue.hand_out(ann) == []


# The audit sample


def test_one_in_ten_is_sampled_at_random(ann):
    many(600, **SURE)
    seen = 0
    while seen < 400:
        for id in queue.hand_out(ann):
            decide(ann, Submission(pk=id), 7)
            seen += 1
    assert 0.05 < Submission.objects.audited().count() / seen < 0.16


def test_sampling_is_from_all_and_what_has_its_label_counts_at_once(ann, bob):
    rows = many(10, **SURE)
    half = Submission.objects.filter(pk__in=[row.pk for row in rows[:5]])
    labelling.relabel(half, 7, actor=bob, source=LabelEvent.Source.LIST)
    sampled = [id for _ in range(10) for id in queue.sample(ann)]
    assert sorted(sampled) == sorted(row.pk for row in rows[5:])
    assert Submission.objects.audited().count() == 10
    assert queue.sample(ann) == []


def test_the_lowest_sampling_key_comes_first(ann):
    many(20, **SURE)
    lowest = list(Submission.objects.order_by("sampling_key").values_list("pk", flat=True)[:3])
    assert [queue.sample(ann) for _ in lowest] == [[id] for id in lowest]
    assert set(Submission.objects.audited().values_list("pk", flat=True)) == set(lowest)


def test_what_was_sampled_is_shown_until_it_has_a_label(ann, bob):
    many(20, **SURE)
    [sampled] = queue.sample(ann)
    Lease.objects.all().delete()
    assert queue.sample(bob) == [sampled]
    assert Submission.objects.audited().count() == 1


def test_nothing_is_sampled_for_whom_nothing_waits(ann, bob, monkeypatch):
    monkeypatch.setattr(queue, "AUDIT_RATE", 1)
    decide(bob, stored(**SURE), 7)
    assert queue.hand_out(ann) == []
    assert not Submission.objects.audited().exists()


# The grid


def test_the_grid_has_what_the_network_is_most_confident_of(ann, bob):
    rows = [stored(**SURE | {"confidence": confidence}) for confidence in (0.9, 0.99, 0.8)]
    stored(**SURE, visitor_label=1)
    stored(**SURE | {"digit": 1})
    none = stored(**SURE | {"is_digit": False})
    ids = [rows[i].pk for i in (1, 0, 2)]
    assert queue.hand_out_grid(ann, 7) == queue.hand_out_grid(ann, 7) == ids
    assert queue.hand_out_grid(bob, 7) == []
    assert queue.hand_out_grid(ann, 10) == [none.pk]
    assert queue.hand_out_grid(bob, 7) == ids


def test_all_but_the_clicked_are_confirmed_and_those_come_next_in_the_queue(ann, bob, no_audit):
    rows = many(4, **SURE)
    stored(**SURE | {"confidence": 0.1})
    shown, key = queue.hand_out_grid(ann, 7), uuid4()
    wrong = shown[:1]
    press = {"shown": shown, "wrong": wrong, "typed": {}, "idempotency_key": key}
    assert len(shown) == 5
    assert queue.confirm(ann, 7, **press) == queue.confirm(ann, 7, **press) == {7: 4}
    assert events() == [(None, 7, "ann", "grid")] * 4
    assert queue.hand_out(ann)[0] == wrong[0]
    assert sum(label(row) == 7 for row in rows) == 3


def test_a_grid_takes_nothing_that_was_labelled_or_predicted_otherwise(ann, bob):
    first, second, other = stored(**SURE), stored(**SURE), stored(**SURE | {"digit": 1})
    decide(bob, first, 3)
    shown = [first.pk, second.pk, other.pk]
    assert queue.confirm(ann, 7, shown=shown, wrong=[], typed={}, idempotency_key=uuid4()) == {7: 1}
    assert [label(row) for row in (first, second, other)] == [3, 7, None]


def test_one_press_takes_a_grid_back_and_no_more(ann, bob):
    rows = many(4, **SURE)
    decide(ann, rows[0], 7)
    shown, key = [row.pk for row in rows], uuid4()
    queue.confirm(ann, 7, shown=shown, wrong=[], typed={}, idempotency_key=key)
    labelling.relabel(
        Submission.objects.filter(pk=rows[1].pk), 1, actor=bob, source=LabelEvent.Source.PAGE
    )
    assert queue.undo(bob, shown, key) == 0
    assert queue.undo(ann, shown, key) == 2
    assert queue.undo(ann, shown, key) == 0
    assert [label(row) for row in rows] == [7, 1, None, None]
    assert events()[-2:] == [(7, None, "ann", "undo")] * 2


# However many there are


def test_each_question_costs_the_same_however_many_wait(
    ann, no_audit, django_assert_max_num_queries
):
    many(30, **SURE)
    row = Submission(pk=queue.hand_out(ann)[0])
    with django_assert_max_num_queries(14):
        decide(ann, row, 7)
    with django_assert_max_num_queries(10):
        queue.hand_out(ann)
    with django_assert_max_num_queries(10):
        queue.hand_out_grid(ann, 7)


def test_the_last_labels_are_those_that_still_stand(ann, bob):
    first, second, third = stored(**SURE), stored(**SURE), stored(**SURE)
    for row, label in ((first, 1), (second, 2), (third, 3)):
        decide(ann, row, label)
    decide(ann, first, 4, old=1)
    decide(ann, second, None, old=2)
    decide(bob, second, 5)
    assert [(row.pk, row.label) for row in queue.recent(ann)] == [(first.pk, 4), (third.pk, 3)]
