from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from predictor import labelling
from predictor.models import LabelEvent, Submission, Tombstone
from tests.support.samples import stored
from tests.support.visitors import known

PAGE = reverse("predictor:delete_all")
HISTORY = reverse("predictor:history")
pytestmark = pytest.mark.django_db


def test_the_history_leads_to_it_where_there_is_something_to_delete(client):
    assert PAGE not in client.get(HISTORY).content.decode()
    stored(known(client))
    assert PAGE in client.get(HISTORY).content.decode()


def test_it_asks_first_and_says_how_many(client, django_assert_num_queries):
    visitor = known(client)
    stored(visitor)
    assert "You have 1 drawing here." in client.get(PAGE).content.decode()
    stored(visitor)
    with django_assert_num_queries(1):
        response = client.get(PAGE)
    assert "You have 2 drawings here." in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert Submission.objects.count() == 2


def test_it_leaves_nothing_of_the_visitors_drawings_but_their_ids(client):
    visitor = known(client)
    own, other = {stored(visitor).pk for _ in range(3)}, stored(uuid4())
    ann = User.objects.create(username="ann")
    labelling.relabel(Submission.objects.all(), 3, actor=ann, source=LabelEvent.Source.PAGE)
    assert client.post(PAGE)["Location"] == HISTORY
    assert list(Submission.objects.all()) == [other]
    assert [event.submission for event in LabelEvent.objects.all()] == [other]
    assert set(Tombstone.objects.values_list("pk", flat=True)) == own
    assert "Nothing here yet" in client.get(HISTORY).content.decode()


def test_who_has_drawn_nothing_deletes_nothing(client):
    stored(uuid4())
    for stranger in (client, Client()):
        assert "There is nothing to delete" in stranger.get(PAGE).content.decode()
        assert stranger.post(PAGE).status_code == 302
        known(client)
    assert Submission.objects.count() == 1


def test_another_sites_form_is_refused(client):
    stored(known(client))
    stranger = Client(enforce_csrf_checks=True)
    stranger.cookies = client.cookies
    assert stranger.post(PAGE).status_code == 403
    assert client.put(PAGE).status_code == 405
    assert Submission.objects.exists()
