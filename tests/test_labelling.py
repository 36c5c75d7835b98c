from functools import partial
from operator import attrgetter

import pytest
from django.contrib.auth.models import User

from predictor import labelling
from predictor.models import LabelEvent, Submission
from tests.support.concurrency import all_at_once
from tests.support.samples import stored

pytestmark = pytest.mark.django_db
Source = LabelEvent.Source
at_once = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ann(db):
    return User.objects.create(username="ann", is_staff=True)


def events(submission):
    return list(submission.events.values_list("old", "new", "actor__username", "source"))


def one(submission):
    return Submission.objects.filter(pk=submission.pk)


def test_a_label_has_a_reviewer_a_time_and_an_event(ann):
    submission = stored()
    before = {f.name: getattr(submission, f.name) for f in Submission._meta.fields}
    assert labelling.relabel(one(submission), 3, actor=ann, source=Source.PAGE) == 1
    after = one(submission).get()
    changed = {name for name, value in before.items() if getattr(after, name) != value}
    assert changed == {"label", "reviewed_by", "reviewed_at"}
    assert (after.label, after.reviewed_by) == (3, ann)
    assert events(submission) == [(None, 3, "ann", "admin-page")]
    assert submission.events.get().at == after.reviewed_at


def test_the_same_label_again_is_no_event(ann):
    submission = stored()
    labelling.relabel(one(submission), 3, actor=ann, source=Source.PAGE)
    assert labelling.relabel(one(submission), 3, actor=ann, source=Source.LIST) == 0
    assert len(events(submission)) == 1


def test_taking_a_label_back_is_another_event(ann):
    submission = stored()
    labelling.relabel(one(submission), 3, actor=ann, source=Source.PAGE)
    labelling.relabel(one(submission), None, actor=ann, source=Source.PAGE)
    after = one(submission).get()
    assert (after.label, after.reviewed_by, after.reviewed_at) == (None, None, None)
    assert [event[:2] for event in events(submission)] == [(None, 3), (3, None)]


def test_many_get_each_its_own_label(ann, monkeypatch):
    monkeypatch.setattr(labelling, "BATCH_SIZE", 2)
    for visitor_label in (1, 2, 2, 10, 1):
        stored(visitor_label=visitor_label)
    rows, theirs = Submission.objects.all(), attrgetter("visitor_label")
    assert labelling.relabel(rows, theirs, actor=ann, source=Source.VISITOR) == 5
    assert all(row.label == row.visitor_label for row in Submission.objects.all())
    assert LabelEvent.objects.filter(source=Source.VISITOR).count() == 5


def test_many_cost_few_queries(ann, django_assert_max_num_queries):
    for _ in range(20):
        stored()
    rows = Submission.objects.all()
    with django_assert_max_num_queries(7):
        labelling.relabel(rows, 7, actor=ann, source=Source.CONFIRM_PREDICTION)


@at_once
def test_of_two_who_label_what_nobody_has_labelled_one_wins(ann):
    bob = User.objects.create(username="bob")
    submission = stored()
    unseen = one(submission).unreviewed()
    counts = all_at_once(
        partial(labelling.relabel, unseen, 1, actor=ann, source=Source.PAGE),
        partial(labelling.relabel, unseen.all(), 2, actor=bob, source=Source.PAGE),
    )
    assert sorted(counts) == [0, 1]
    after = one(submission).get()
    assert events(submission) == [(None, after.label, after.reviewed_by.username, "admin-page")]


@at_once
def test_events_follow_each_other_whoever_is_faster(ann):
    submission = stored()
    all_at_once(
        *[
            partial(labelling.relabel, one(submission), label, actor=ann, source=Source.PAGE)
            for label in range(6)
        ]
    )
    steps = events(submission)
    assert [step[0] for step in steps] == [None, *[step[1] for step in steps[:-1]]]
    assert one(submission).get().label == steps[-1][1]
