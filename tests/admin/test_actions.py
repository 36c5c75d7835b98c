"""Many drawings at once."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from predictor import labelling
from predictor.admin import submissions
from predictor.models import Label, ModelVersion, Submission, TrainingSample
from tests.support.admin import (
    LIST,
    SURE,
    act,
    events,
    inputs,
    label_on_page,
    messages,
    reviewed,
    shown,
)
from tests.support.samples import labelled, many, stored

pytestmark = pytest.mark.django_db


def test_predictions_are_confirmed(reviewer, ann):
    rows = [stored(**SURE), stored(**SURE | {"is_digit": False}), reviewed(1, ann, **SURE)]
    left = stored(**SURE)
    response = act(reviewer, "confirm_prediction", rows)
    assert messages(response) == [
        "Labelled: 2. Left as they were: 1 (labelled before, or without a visitor's label)."
    ]
    labels = [Submission.objects.get(pk=row.pk).label for row in [*rows, left]]
    assert labels == [7, Label.NOT_A_DIGIT, 1, None]
    confirmed = [event for event in events() if event[-1] == "confirm"]
    assert sorted(confirmed) == [(None, 7, "ann", "confirm"), (None, 10, "ann", "confirm")]


def test_visitors_labels_are_accepted(reviewer):
    rows = [stored(**SURE, visitor_label=1), stored(**SURE, visitor_label=10), stored(**SURE)]
    response = act(reviewer, "accept_visitor_label", rows)
    assert messages(response)[0].startswith("Labelled: 2. Left as they were: 1")
    assert [Submission.objects.get(pk=row.pk).label for row in rows] == [1, 10, None]
    assert sorted(events()) == [(None, 1, "ann", "claim"), (None, 10, "ann", "claim")]


def test_suspected_label_errors_are_found_until_somebody_has_looked_again(reviewer, ann):
    stored()  # by which the network is there
    right, wrong, other = (reviewed(label, ann, **SURE) for label in (7, 3, 5))
    for row, role in ((right, "suspected"), (wrong, "suspected"), (other, "trained")):
        TrainingSample.objects.create(
            model_version_id=row.model_id, submission_id=row.pk, role=role
        )
    assert shown(reviewer, "suspected=yes") == set()  # labelled after it was trained
    ModelVersion.objects.update(added_at=timezone.now())
    assert shown(reviewer, "suspected=yes") == {right, wrong}
    before = timezone.now()
    assert messages(act(reviewer, "confirm_label", [right, stored()])) == ["Labels confirmed: 1."]
    label_on_page(reviewer, wrong, "7")
    assert shown(reviewer, "suspected=yes") == set()
    assert events()[-2:] == [(7, 7, "ann", "again"), (3, 7, "ann", "admin-page")]
    right.refresh_from_db()
    assert right.label == 7 and right.reviewed_at > before  # so that it is exported anew


def test_all_that_a_filter_shows_are_labelled_over_all_pages(reviewer, monkeypatch):
    monkeypatch.setattr(submissions.SubmissionAdmin, "list_per_page", 2)
    rows = [stored(**SURE) for _ in range(3)]
    act(reviewer, "confirm_prediction", rows[:1], select_across=1)
    assert Submission.objects.reviewed().count() == 3


def test_too_many_at_once_are_refused(reviewer, monkeypatch):
    monkeypatch.setattr(submissions, "MAX_ROWS", 2)
    rows = [stored(**SURE) for _ in range(3)]
    response = act(reviewer, "confirm_prediction", rows[:1], select_across=1)
    assert messages(response) == ["More than 2 drawings are selected. Filter them first."]
    assert events() == []


def test_actions_hold_the_lock_for_a_batch_at_a_time(reviewer, monkeypatch):
    """What a batch has stored stays, whatever comes after it."""
    monkeypatch.setattr(labelling, "BATCH_SIZE", 2)
    rows = [stored(**SURE) for _ in range(5)]
    begun, events_of = [], labelling._events

    def only_twice(*arguments):
        begun.append(len(connection.savepoint_ids))
        if len(begun) > 2:
            raise KeyboardInterrupt
        return events_of(*arguments)

    monkeypatch.setattr(labelling, "_events", only_twice)
    with pytest.raises(KeyboardInterrupt):
        act(reviewer, "confirm_prediction", rows)
    assert Submission.objects.reviewed().count() == 4
    assert begun == [1] * 3  # within the test's own transaction, none but the batch's


def test_many_are_erased_after_one_question_which_loads_none_of_them(
    admin_client, monkeypatch, django_assert_max_num_queries
):
    rows = many(1200, **SURE)
    labelled(rows[0], 7, User.objects.create(username="ann"))
    with django_assert_max_num_queries(9) as queries:
        page = act(admin_client, "delete_selected", rows[:1], select_across=1)
    assert not any("pixels" in query["sql"] for query in queries)
    form = inputs(page) | {"select_across": "1"}
    assert "1,200 drawings will be erased" in page.content.decode() and len(form) < 10
    new = stored(**SURE)  # of which the question did not speak
    assert messages(admin_client.post(LIST, form, follow=True)) == ["Erased: 1,200."]
    assert list(Submission.objects.all()) == [new]
    assert LogEntry.objects.get().object_repr == "1200"
    monkeypatch.setattr(submissions, "MAX_ROWS", 0)
    refused = act(admin_client, "delete_selected", [new], post="yes")
    assert "run “purge_drawings”" in messages(refused)[0]
    assert Submission.objects.exists()


def test_whoever_has_labelled_stays_and_is_asked_for_with_few_queries(
    admin_client, ann, django_assert_max_num_queries
):
    for _ in range(3):
        reviewed(7, ann, **SURE)
    for url, form in [
        (f"/admin/auth/user/{ann.pk}/delete/", {}),
        (f"/admin/auth/user/{ann.pk}/delete/", {"post": "yes"}),
        ("/admin/auth/user/", {"action": "delete_selected", "_selected_action": ann.pk}),
    ]:
        with django_assert_max_num_queries(14) as queries:
            page = admin_client.post(url, form) if form else admin_client.get(url)
        assert "ann has labelled drawings" in page.content.decode()
        assert not any("predictor_submission" in query["sql"] for query in queries)
    other = User.objects.create(username="other")
    admin_client.post(f"/admin/auth/user/{other.pk}/delete/", {"post": "yes"})
    assert set(User.objects.values_list("username", flat=True)) == {"ann", "admin"}


def test_ids_that_are_none_are_refused(reviewer):
    data = {"action": "confirm_prediction", "index": 0, "_selected_action": ["x"]}
    assert reviewer.post(LIST, data).status_code == 400
