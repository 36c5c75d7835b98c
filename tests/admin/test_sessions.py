import json
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client

from digitsite import logins

pytestmark = pytest.mark.django_db
PAGE, SYNC = "/admin/predictor/submission/", "/admin/predictor/submission/review/sync/"
HOUR = 3600


@pytest.fixture
def later(monkeypatch):
    begun = logins.time()

    def by(seconds):
        monkeypatch.setattr(logins, "time", lambda: begun + seconds)

    return by


def is_in(client):
    return client.get(PAGE).status_code == 200


def test_after_two_idle_hours_one_has_to_log_in_again(reviewer, later):
    later(2 * HOUR - 10)
    assert is_in(reviewer)
    later(4 * HOUR)
    response = reviewer.get(PAGE)
    assert (response.status_code, response["Location"]) == (302, f"/admin/login/?next={PAGE}")
    assert not Session.objects.exists()
    page = reviewer.get(response["Location"]).content.decode()
    assert "not authorized" not in page


def test_after_twelve_hours_it_is_over_however_busy_one_was(reviewer, later):
    for hour in range(12):
        later(hour * HOUR)
        assert is_in(reviewer)
    later(12 * HOUR + 10)
    assert not is_in(reviewer)


def test_what_pages_send_is_refused_too(reviewer, later):
    later(3 * HOUR)
    body = json.dumps({"decisions": [], "have": [str(uuid4())]})
    response = reviewer.post(SYNC, body, "application/json")
    assert response.status_code == 403
    assert "signed out" in response.json()["detail"]


def test_a_session_of_an_earlier_version_ends(reviewer):
    session = reviewer.session
    del session[logins.BEGUN], session[logins.SEEN]
    session.save()
    assert not is_in(reviewer)


def test_that_one_is_there_is_stored_once_a_minute(reviewer, later, django_assert_num_queries):
    def saved():
        return Session.objects.get().session_data

    first = saved()
    later(50)
    assert is_in(reviewer) and saved() == first
    later(70)
    assert is_in(reviewer) and saved() != first


def test_it_goes_on_where_nothing_can_be_stored(reviewer, later, monkeypatch):
    def fails(*args, **options):
        raise OperationalError("attempt to write a readonly database")

    later(HOUR)
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.save", fails)
    assert is_in(reviewer)


def test_visitors_have_no_session(django_assert_num_queries):
    client = Client()
    with django_assert_num_queries(0):
        client.get("/")
    assert "sessionid" not in client.cookies
