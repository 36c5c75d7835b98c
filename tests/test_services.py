from concurrent.futures import ThreadPoolExecutor
from functools import partial
from operator import attrgetter
from threading import Barrier
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection

from ml.preprocessing import EmptyDrawing
from predictor import classifier, services
from predictor.models import LabelEvent, ModelVersion, Submission, Tombstone
from tests.samples import png, stored

pytestmark = pytest.mark.django_db
Way = LabelEvent.Way
at_once = pytest.mark.django_db(transaction=True)


def all_at_once(*calls):
    """What each returned or raised, when all began together, each with a connection of its own."""
    barrier = Barrier(len(calls))

    def run(call):
        try:
            barrier.wait()
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.fixture
def ann(db):
    return User.objects.create(username="ann", is_staff=True)


def events(submission):
    return list(submission.events.values_list("old", "new", "actor__username", "way"))


def one(submission):
    return Submission.objects.filter(pk=submission.pk)


# submit


@at_once
def test_of_many_with_one_id_only_the_first_is_stored():
    classifier.network()
    visitor, id = uuid4(), uuid4()
    send = partial(services.submit, visitor=visitor, id=id, image=png())
    answers = all_at_once(*[send] * 6)
    assert sorted(created for _, created in answers) == [False] * 5 + [True]
    assert {submission.pk for submission, _ in answers} == {id}
    assert Submission.objects.count() == 1


@at_once
def test_of_two_visitors_with_one_id_one_is_told_to_take_another():
    classifier.network()
    id = uuid4()
    answers = all_at_once(
        *[partial(services.submit, visitor=uuid4(), id=id, image=png()) for _ in range(2)]
    )
    assert {type(answer) for answer in answers} == {tuple, services.IdTaken}


def test_a_drawing_that_cannot_be_read_is_not_stored():
    white = png([])
    with pytest.raises(EmptyDrawing):
        services.submit(visitor=uuid4(), image=white)
    assert not Submission.objects.exists()


# claim


def test_a_claim_on_what_was_erased_meanwhile_is_refused():
    submission = stored()
    services.claim(submission, 3)
    assert one(submission).get().visitor_label == 3
    services.erase(submission)
    with pytest.raises(Submission.DoesNotExist):
        services.claim(submission, 4)


# relabel


def test_a_label_has_a_reviewer_a_time_and_an_event(ann):
    submission = stored()
    before = {f.name: getattr(submission, f.name) for f in Submission._meta.fields}
    assert services.relabel(one(submission), 3, actor=ann, way=Way.PAGE) == 1
    after = one(submission).get()
    changed = {name for name, value in before.items() if getattr(after, name) != value}
    assert changed == {"label", "reviewed_by", "reviewed_at"}
    assert (after.label, after.reviewed_by) == (3, ann)
    assert events(submission) == [(None, 3, "ann", "admin-page")]
    assert submission.events.get().at == after.reviewed_at


def test_the_same_label_again_is_no_event(ann):
    submission = stored()
    services.relabel(one(submission), 3, actor=ann, way=Way.PAGE)
    assert services.relabel(one(submission), 3, actor=ann, way=Way.LIST) == 0
    assert len(events(submission)) == 1


def test_taking_a_label_back_is_another_event(ann):
    submission = stored()
    services.relabel(one(submission), 3, actor=ann, way=Way.PAGE)
    services.relabel(one(submission), None, actor=ann, way=Way.PAGE)
    after = one(submission).get()
    assert (after.label, after.reviewed_by, after.reviewed_at) == (None, None, None)
    assert [event[:2] for event in events(submission)] == [(None, 3), (3, None)]


def test_many_get_each_its_own_label(ann, monkeypatch):
    monkeypatch.setattr(services, "BATCH", 2)
    for claim in (1, 2, 2, 10, 1):
        stored(visitor_label=claim)
    claims = attrgetter("visitor_label")
    assert services.relabel(Submission.objects.all(), claims, actor=ann, way=Way.CLAIM) == 5
    assert all(row.label == row.visitor_label for row in Submission.objects.all())
    assert LabelEvent.objects.filter(way=Way.CLAIM).count() == 5


def test_many_cost_few_queries(ann, django_assert_max_num_queries):
    for _ in range(20):
        stored()
    with django_assert_max_num_queries(7):
        services.relabel(Submission.objects.all(), 7, actor=ann, way=Way.CONFIRM)


@at_once
def test_of_two_who_label_what_nobody_has_labelled_one_wins(ann):
    bob = User.objects.create(username="bob")
    submission = stored()
    unseen = one(submission).unreviewed()
    counts = all_at_once(
        partial(services.relabel, unseen, 1, actor=ann, way=Way.PAGE),
        partial(services.relabel, unseen.all(), 2, actor=bob, way=Way.PAGE),
    )
    assert sorted(counts) == [0, 1]
    after = one(submission).get()
    assert events(submission) == [(None, after.label, after.reviewed_by.username, "admin-page")]


@at_once
def test_events_follow_each_other_whoever_is_faster(ann):
    submission = stored()
    all_at_once(
        *[
            partial(services.relabel, one(submission), label, actor=ann, way=Way.PAGE)
            for label in range(6)
        ]
    )
    steps = events(submission)
    assert [step[0] for step in steps] == [None, *[step[1] for step in steps[:-1]]]
    assert one(submission).get().label == steps[-1][1]


# erase


def test_nothing_of_an_erased_drawing_is_left_but_its_id(ann):
    submission, other = stored(), stored()
    services.relabel(Submission.objects.all(), 3, actor=ann, way=Way.PAGE)
    services.erase(submission)
    assert list(Submission.objects.all()) == [other]
    assert [event.submission for event in LabelEvent.objects.all()] == [other]
    assert Tombstone.objects.get().pk == submission.pk


def test_erasing_again_is_harmless():
    submission = stored()
    services.erase(submission)
    services.erase(submission)
    assert Tombstone.objects.count() == 1


def test_erasing_many_counts_them(monkeypatch, django_assert_max_num_queries):
    for _ in range(5):
        stored()
    monkeypatch.setattr(services, "BATCH", 2)
    assert services.erase_all(Submission.objects.all()) == 5
    assert Tombstone.objects.count() == 5


# activate


def another(version):
    row = ModelVersion.objects.defer(None).get(version=classifier.network().version)
    row.pk, row.is_active = version, False
    row.metadata["version"] = version
    row.save(force_insert=True)
    return row


def test_exactly_one_network_is_active(ann):
    old, new = classifier.network().version, another("new")
    services.activate(new, ann)
    active = ModelVersion.objects.active().get()
    assert (active.version, active.activated_by) == ("new", ann)
    services.activate(ModelVersion.objects.get(pk=old), ann)
    assert ModelVersion.objects.active().get().version == old


@at_once
def test_of_many_that_are_activated_at_once_one_is_active(ann):
    candidates = [another(f"new-{i}") for i in range(4)]
    answers = all_at_once(*[partial(services.activate, row, ann) for row in candidates])
    assert answers == [None] * 4
    assert ModelVersion.objects.active().count() == 1


def test_a_submission_keeps_the_network_that_answered_it(ann, monkeypatch):
    monkeypatch.setattr(classifier, "CHECK_EVERY", 0)
    first = stored()
    services.activate(another("new"), ann)
    assert stored().model_id == "new"
    assert one(first).get().model_id != "new"
