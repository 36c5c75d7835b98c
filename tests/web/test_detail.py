from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from predictor.models import Submission, Tombstone
from tests.support.samples import stored
from tests.support.visitors import known

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawing(client):
    shares = [0.005] * 7 + [0.95] + [0.0075] * 2
    return stored(known(client), digit=7, is_digit=True, probabilities=shares)


def url(name, drawing):
    return reverse(f"predictor:{name}", args=[drawing.pk])


def test_it_tells_everything_about_one_drawing(client, drawing, django_assert_num_queries):
    with django_assert_num_queries(3):
        response = client.get(url("detail", drawing))
    page = response.content.decode()
    assert "<h1>A 7</h1>" in page
    assert page.count("<meter") == 10
    assert "95.0%" in page
    assert "Not yet" in page and "Nothing yet" in page
    assert drawing.model_id in page and str(drawing.pk) in page
    assert "no-store" in response["Cache-Control"]


def test_it_says_when_it_thinks_that_it_is_no_digit(client, drawing):
    Submission.objects.update(is_digit=False, digit_score=0.1)
    assert "This doesn’t look like a digit" in client.get(url("detail", drawing)).content.decode()


@pytest.mark.parametrize(("share", "says"), [(0.99999, "over 99.9"), (0.00001, "under 0.1")])
def test_it_is_never_all_sure(client, drawing, share, says):
    Submission.objects.update(probabilities=[share] * 10, confidence=0.5, digit_score=0.5)
    page = client.get(url("detail", drawing)).content.decode()
    assert page.count(f"{says}%") == 10


@pytest.mark.parametrize("value", range(11))
def test_the_visitor_says_what_it_is(client, drawing, value):
    response = client.post(url("visitor_label", drawing), {"visitor_label": value})
    assert response["Location"] == url("detail", drawing)
    drawing.refresh_from_db()
    assert drawing.visitor_label == value
    assert drawing.digit == 7
    assert "Take it back" in client.get(url("detail", drawing)).content.decode()


def test_the_visitor_takes_it_back(client, drawing):
    client.post(url("visitor_label", drawing), {"visitor_label": 3})
    client.post(url("visitor_label", drawing), {"visitor_label": ""})
    drawing.refresh_from_db()
    assert drawing.visitor_label is None


@pytest.mark.parametrize("value", ["11", "-1", "x", "\0", "7.0", "9" * 400])
def test_it_can_be_said_to_be_nothing_else(client, drawing, value):
    assert client.post(url("visitor_label", drawing), {"visitor_label": value}).status_code == 400
    drawing.refresh_from_db()
    assert drawing.visitor_label is None


def test_deleting_asks_first_and_leaves_nothing_but_the_id(client, drawing):
    page = client.get(url("delete", drawing)).content.decode()
    assert "Delete this drawing?" in page
    assert Submission.objects.exists()
    assert client.post(url("delete", drawing))["Location"] == reverse("predictor:history")
    assert not Submission.objects.exists()
    assert Tombstone.objects.get().pk == drawing.pk
    assert client.get(url("detail", drawing)).status_code == 404


def test_it_says_that_a_browser_without_cookies_finds_nothing(client, drawing):
    page = Client().get(url("detail", drawing)).content.decode()
    assert "cookie" in page
    assert "matches the given query" not in page


def test_it_hides_other_visitors_drawings(client):
    known(client)
    other = stored(uuid4())
    for stranger in (client, Client()):
        assert stranger.get(url("detail", other)).status_code == 404
        assert stranger.get(url("delete", other)).status_code == 404
        assert stranger.post(url("delete", other)).status_code == 404
        assert stranger.get(url("visitor_label", other)).status_code == 404
        assert stranger.post(url("visitor_label", other), {"visitor_label": 1}).status_code == 404
    other.refresh_from_db()
    assert other.visitor_label is None


def test_another_sites_form_is_refused(client, drawing):
    stranger = Client(enforce_csrf_checks=True)
    stranger.cookies = client.cookies
    assert stranger.post(url("visitor_label", drawing), {"visitor_label": 1}).status_code == 403
    assert stranger.post(url("delete", drawing)).status_code == 403
    assert Submission.objects.filter(visitor_label=None).exists()


def test_what_reads_takes_no_post_and_what_writes_no_get(client, drawing):
    assert client.post(url("detail", drawing)).status_code == 405
    assert client.get(url("visitor_label", drawing), {"visitor_label": 1})["Location"] == url(
        "detail", drawing
    )
    assert Submission.objects.filter(visitor_label=None).exists()
    assert client.put(url("delete", drawing)).status_code == 405


def test_it_leads_to_the_drawings_before_and_after(client, drawing):
    now = drawing.created_at
    # At the same moment the id decides, as in the list.
    others = [stored(drawing.visitor, created_at=now) for _ in range(2)]
    oldest = stored(drawing.visitor, created_at=now - timedelta(days=1))
    stored(uuid4())
    *_, last = row = [*sorted([drawing, *others], key=lambda one: one.pk, reverse=True), oldest]
    for newer, older in pairwise(row):
        assert f'href="{url("detail", older)}" rel="next"' in shown(client, newer)
        assert f'href="{url("detail", newer)}" rel="prev"' in shown(client, older)
    assert "Newer" not in shown(client, row[0])
    assert "Older" not in shown(client, last)


def shown(client, drawing):
    return client.get(url("detail", drawing)).content.decode()
