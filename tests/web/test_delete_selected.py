from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from predictor.api.pagination import NewestFirst
from predictor.models import Submission, Tombstone
from tests.support.samples import stored
from tests.support.visitors import known

PAGE = reverse("predictor:delete_selected")
HISTORY = reverse("predictor:history")
pytestmark = pytest.mark.django_db


@pytest.fixture
def drawings(client):
    visitor = known(client)
    return [stored(visitor).pk for _ in range(3)]


def test_it_asks_first_and_shows_which(client, drawings, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = client.post(PAGE, {"drawing": drawings[:2]})
    page = response.content.decode()
    assert "Delete these drawings?" in page
    assert [str(pk) in page for pk in drawings] == [True, True, False]
    assert "no-store" in response["Cache-Control"]
    assert Submission.objects.count() == 3


def test_it_deletes_what_is_confirmed_and_leaves_nothing_but_the_ids(client, drawings):
    other = stored(uuid4()).pk
    chosen = [*drawings[:2], other, uuid4()]
    response = client.post(PAGE, {"drawing": chosen, "confirmed": "1"})
    assert response["Location"] == HISTORY
    assert set(Submission.objects.values_list("pk", flat=True)) == {drawings[2], other}
    assert set(Tombstone.objects.values_list("pk", flat=True)) == set(drawings[:2])
    again = client.post(PAGE, {"drawing": chosen, "confirmed": "1"})
    assert again["Location"] == HISTORY


def test_nothing_selected_deletes_nothing(client, drawings):
    assert "None is selected" in client.post(PAGE).content.decode()
    client.post(PAGE, {"confirmed": "1"})
    Client().post(PAGE, {"drawing": drawings, "confirmed": "1"})
    assert Submission.objects.count() == 3


@pytest.mark.parametrize(
    "ids", [["x"], ["\0"], [""], [uuid4() for _ in range(NewestFirst.page_size + 1)]]
)
def test_what_is_no_selection_is_refused(client, drawings, ids):
    response = client.post(PAGE, {"drawing": [drawings[0], *ids[:]], "confirmed": "1"})
    assert response.status_code == 400
    assert Submission.objects.count() == 3


def test_it_only_takes_a_form_of_this_site(client, drawings):
    stranger = Client(enforce_csrf_checks=True)
    stranger.cookies = client.cookies
    assert stranger.post(PAGE, {"drawing": drawings, "confirmed": "1"}).status_code == 403
    assert client.get(PAGE)["Location"] == HISTORY
    assert client.put(PAGE).status_code == 405
    assert Submission.objects.count() == 3
