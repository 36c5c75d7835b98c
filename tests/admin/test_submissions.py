import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from predictor import submissions
from predictor.models import ModelVersion, Submission, Tombstone
from predictor.registry import serving
from tests.support.admin import (
    LIST,
    SURE,
    act,
    events,
    inputs,
    label_on_page,
    messages,
    page_of,
    reviewed,
    shown,
)
from tests.support.samples import png, stored

pytestmark = pytest.mark.django_db


# The list


def test_the_list_shows_what_a_reviewer_needs(reviewer):
    submission = stored(**SURE, visitor_label=3)
    html = reviewer.get(LIST).content.decode()
    for text in ('src="data:image/png;base64,', "95.0%", "<select", submission.model_id):
        assert text in html
    assert 'alt="Read as 7"' in html


def test_the_list_and_the_page_say_what_was_asked_for(reviewer):
    plain = stored()
    asked, _ = submissions.submit(serving.network(), visitor=uuid4(), image=png(), asked=3)
    assert shown(reviewer, "asked=yes") == {asked}
    assert shown(reviewer) == {plain, asked}
    html = reviewer.get(page_of(asked)).content.decode()
    assert re.search(r'Asked for:.{0,200}<div class="readonly">3</div>', html, re.DOTALL)


@pytest.mark.parametrize(
    "query, names",
    [
        ("", {"new", "right", "wrong", "none", "disputed", "agreed"}),
        ("review=waiting", {"new", "disputed", "agreed"}),
        ("review=done", {"right", "wrong", "none"}),
        ("review=wrong", {"wrong", "none"}),
        ("agreement=disagrees", {"disputed"}),
        ("agreement=agrees", {"agreed"}),
        ("confidence=low", {"new"}),
        ("label__exact=7", {"right", "none"}),
        ("label__isnull=True", {"new", "disputed", "agreed"}),
        ("predicted__exact=10", {"none"}),
        ("model__version__exact=other", {"agreed"}),
        ("created_at__gte=2100-01-01%2000:00:00%2B00:00", set()),
        ("review=done&label__exact=1", {"wrong"}),
    ],
)
def test_filters_choose(reviewer, ann, query, names):
    other = ModelVersion.objects.create(version="other", metadata={}, tflite=b"", keras=b"")
    rows = {
        "new": stored(**SURE | {"confidence": 0.4}),
        "right": reviewed(7, ann, **SURE),
        "wrong": reviewed(1, ann, **SURE),
        "none": reviewed(7, ann, **SURE | {"is_digit": False}),
        "disputed": stored(**SURE, visitor_label=1),
        "agreed": stored(**SURE, visitor_label=7, model=other),
    }
    assert shown(reviewer, query) == {rows[name] for name in names}


@pytest.mark.parametrize("query", ["created_at__gte=x", "label__exact=x", "p=999", "o=99", "e=1"])
def test_filters_that_make_no_sense_do_no_harm(reviewer, query):
    assert reviewer.get(f"{LIST}?{query}", follow=True).status_code == 200


def test_it_finds_a_drawing_by_its_id(reviewer):
    submission = stored()
    stored()
    assert shown(reviewer, f"q={submission.pk}") == {submission}
    assert shown(reviewer, f"q={submission.pk.hex}") == {submission}
    for other in (uuid4(), "x", "7", "%D9%A7", str(submission.pk)[:8]):
        assert shown(reviewer, f"q={other}") == set()


def test_a_list_costs_the_same_however_long_it_is(reviewer, django_assert_max_num_queries):
    for _ in range(12):
        stored(**SURE)
    with django_assert_max_num_queries(7) as queries:
        reviewer.get(LIST)
    rows = [query["sql"] for query in queries if "predictor_submission" in query["sql"]]
    assert not any('"drawing"' in sql or '"strokes"' in sql for sql in rows)
    counts = [sql for sql in rows if "COUNT" in sql]
    assert counts and all("LIMIT" in sql for sql in counts)


def test_a_label_is_given_in_the_list(reviewer):
    first, second = stored(**SURE), stored(**SURE)
    form = inputs(reviewer.get(LIST)) | {"_save": "Save"}
    row = next(name for name, value in form.items() if value == str(first.pk))
    form[row.replace("-id", "-label")] = "4"
    response = reviewer.post(LIST, form, follow=True)
    assert messages(response) == ["1 drawing was changed successfully."]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.label, first.reviewed_by.username) == (4, "ann")
    assert second.label is None
    assert events() == [(None, 4, "ann", "admin-list")]


def test_an_old_list_does_not_overwrite_what_another_reviewer_said(reviewer, admin_client):
    submission = stored(**SURE)
    form = inputs(reviewer.get(LIST)) | {"_save": "Save"}
    label_on_page(admin_client, submission, "3")
    row = next(name for name, value in form.items() if value == str(submission.pk))
    # What was not touched here is left alone, although it has changed.
    assert reviewer.post(LIST, form).status_code == 302
    form[row.replace("-id", "-label")] = "4"
    response = reviewer.post(LIST, form)
    assert "Somebody else set this to “3” meanwhile." in response.content.decode()
    submission.refresh_from_db()
    assert submission.label == 3
    assert len(events()) == 1


def test_the_same_form_may_be_sent_twice(reviewer):
    in_list, on_page = stored(**SURE), stored(**SURE)
    form = inputs(reviewer.get(LIST)) | {"_save": "Save"}
    row = next(name for name, value in form.items() if value == str(in_list.pk))
    form[row.replace("-id", "-label")] = "4"
    page = inputs(reviewer.get(page_of(on_page))) | {"label": "4", "_save": "Save"}
    for _ in range(2):
        assert reviewer.post(LIST, form).status_code == 302
        assert reviewer.post(page_of(on_page), page).status_code == 302
    for _ in range(2):
        act(reviewer, "confirm_label", [in_list])
    assert [event[1] for event in events()] == [4, 4, 4]
    page["label"] = form[row.replace("-id", "-label")] = "5"
    for response in (reviewer.post(LIST, form), reviewer.post(page_of(on_page), page)):
        said = "You set this to “4” in another tab or window meanwhile."
        assert said in response.content.decode()


def test_what_was_erased_meanwhile_is_not_made_again(reviewer):
    submission = stored(**SURE)
    form = inputs(reviewer.get(LIST)) | {"_save": "Save", "form-0-label": "4"}
    Submission.objects.all().delete()
    assert reviewer.post(LIST, form).status_code in (200, 302)
    assert reviewer.get(page_of(submission)).status_code == 302
    assert not Submission.objects.exists()


# The page of a drawing


def test_the_page_shows_the_drawing_and_all_that_is_known(reviewer, ann):
    submission = reviewed(3, ann, **SURE)
    html = reviewer.get(page_of(submission)).content.decode()
    assert html.count("<meter") == 10
    assert 'width="280" height="280" class="pixelated"' in html
    picture = reverse("admin:predictor_submission_drawing", args=[submission.pk])
    assert f'src="{picture}"' in html
    response = reviewer.get(picture)
    assert (response.content, response.headers["Content-Type"]) == (png(), "image/png")
    assert str(submission.visitor) not in html


def test_a_label_is_given_on_the_page_and_its_history_shown(reviewer):
    submission = stored(**SURE)
    label_on_page(reviewer, submission, "10")
    label_on_page(reviewer, submission, "")
    assert events() == [(None, 10, "ann", "admin-page"), (10, None, "ann", "admin-page")]
    html = reviewer.get(page_of(submission)).content.decode()
    assert "history of the label" in html.lower()
    assert "not a digit" in html


def test_an_old_page_does_not_overwrite_what_another_reviewer_said(reviewer, admin_client):
    submission = stored(**SURE)
    form = inputs(reviewer.get(page_of(submission)))
    label_on_page(admin_client, submission, "3")
    response = reviewer.post(page_of(submission), form | {"label": "4", "_save": "Save"})
    assert "Somebody else set this to “3” meanwhile." in response.content.decode()
    assert label_on_page(reviewer, submission, "4").status_code == 200
    assert [event[:2] for event in events()] == [(None, 3), (3, 4)]


@pytest.mark.parametrize("label", ["12", "-1", "x", "7.0", "\0"])
def test_a_label_that_is_none_is_refused(reviewer, label):
    submission = stored()
    label_on_page(reviewer, submission, label)
    assert events() == []


def test_facts_cannot_be_changed(reviewer, ann):
    submission = stored(**SURE)
    forged = {
        "digit": 1,
        "predicted": 1,
        "confidence": 0,
        "visitor_label": 1,
        "reviewed_by": 99,
        "reviewed_at_0": "2000-01-01",
        "created_at_0": "2000-01-01",
        "pixels": "x",
    }
    form = inputs(reviewer.get(page_of(submission)))
    reviewer.post(page_of(submission), form | forged | {"label": "7", "_save": "Save"})
    after = Submission.objects.get()
    assert (after.label, after.reviewed_by) == (7, ann)
    for field in ("digit", "confidence", "visitor_label", "created_at", "pixels", "probabilities"):
        assert getattr(after, field) == getattr(submission, field)


# Who may do what


def test_strangers_and_visitors_see_nothing(client, django_user_model):
    submission = stored()
    picture = reverse("admin:predictor_submission_drawing", args=[submission.pk])
    urls = (LIST, page_of(submission), picture)
    for url in urls:
        assert client.get(url).headers["Location"].startswith("/admin/login/")
    client.force_login(User.objects.create(username="staff", is_staff=True))
    for url in urls:
        assert client.get(url).status_code == 403
        assert client.post(url).status_code == 403


def test_a_reviewer_may_change_labels_and_nothing_else(reviewer, ann):
    submission = stored()
    assert reviewer.get(LIST).status_code == 200
    for url in (f"{LIST}add/", f"{LIST}{submission.pk}/delete/", "/admin/auth/user/"):
        assert reviewer.get(url).status_code == 403
        assert reviewer.post(url, {"post": "yes"}).status_code == 403
    act(reviewer, "delete_selected", [submission], post="yes")
    assert Submission.objects.exists()
    index = reviewer.get("/admin/").content.decode()
    assert re.findall(r'class="model-(\w+)', index) == ["submission"]


def test_who_may_only_look_cannot_label():
    client = Client()
    viewer = User.objects.create(username="viewer", is_staff=True)
    viewer.user_permissions.add(Group.objects.get(name="Reviewers").permissions.get())
    viewer.user_permissions.clear()
    viewer.user_permissions.add(
        *viewer.user_permissions.model.objects.filter(codename="view_submission")
    )
    client.force_login(viewer)
    submission = stored(**SURE)
    assert "<select name=" not in client.get(page_of(submission)).content.decode()
    assert client.post(page_of(submission), {"label": "3"}).status_code == 403
    act(client, "confirm_prediction", [submission])
    assert events() == []


def test_a_superuser_erases_for_good(admin_client):
    first, *others = [stored() for _ in range(3)]
    admin_client.post(f"{LIST}{first.pk}/delete/", {"post": "yes"})
    assert {row.pk for row in Tombstone.objects.all()} == {first.pk}
    act(admin_client, "delete_selected", others, post="yes")
    assert not Submission.objects.exists()
    assert Tombstone.objects.count() == 3
    assert admin_client.get(f"{LIST}add/").status_code == 403
