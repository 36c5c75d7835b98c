from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from predictor.models import SiteEvent
from predictor.models.events import operator

pytestmark = pytest.mark.django_db
refused = partial(pytest.raises, IntegrityError)
PURGE = SiteEvent.Action.PURGE


@pytest.fixture
def event():
    return SiteEvent.objects.record(PURGE, "ada", drawings=3)


def test_it_is_never_changed(event):
    with refused(match="never changed"), transaction.atomic():
        SiteEvent.objects.update(who="nobody")
    with refused(match="never changed"), transaction.atomic():
        event.save()


def test_it_is_never_deleted(event):
    for forget in (event.delete, SiteEvent.objects.all().delete):
        with refused(match="never forgotten"), transaction.atomic():
            forget()
    assert SiteEvent.objects.get(pk=event.pk).details == {"drawings": 3}


def test_it_names_who_did_it_also_when_their_account_is_gone():
    ada = User.objects.create(username="ada")
    event = SiteEvent.objects.record(PURGE, ada)
    ada.delete()
    assert SiteEvent.objects.get(pk=event.pk).who == "ada"


def test_a_command_was_run_by_whom_the_system_says(monkeypatch):
    monkeypatch.delenv("SUDO_USER", raising=False)
    event = SiteEvent.objects.record(PURGE)
    assert event.who == operator()
    user, host = event.who.split("@")
    assert user and host
    monkeypatch.setenv("SUDO_USER", "grace")
    assert operator() == f"grace as {event.who}"
    monkeypatch.setenv("SUDO_USER", user)
    assert operator() == event.who


def test_an_account_without_a_name_is_a_number(monkeypatch):
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr("os.getuid", lambda: 987_654)
    assert operator().startswith("987654@")
