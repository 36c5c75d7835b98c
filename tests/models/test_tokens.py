from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from predictor.models import SiteEvent, Token
from tests.support.programs import made

pytestmark = pytest.mark.django_db
refused = partial(pytest.raises, IntegrityError)


def test_its_secret_finds_it_and_is_not_stored():
    token, secret = made()
    assert Token.objects.matching(secret) == token
    stored = str(Token.objects.values().get())
    assert secret[len("digits_") :] not in stored
    assert len(secret) == 50 and secret != made()[1]


@pytest.mark.parametrize(
    "change", [str.upper, str.swapcase, lambda s: s[:-1], lambda s: s + "A", lambda s: s + "\n"]
)
def test_nothing_but_its_secret_finds_it(change):
    _, secret = made()
    assert Token.objects.matching(change(secret)) is None


@pytest.mark.parametrize("text", ["", "\0", "digits_", "digits_" + "é" * 43, "x" * 100_000])
def test_what_is_no_secret_is_not_looked_up(text, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert Token.objects.matching(text) is None


def test_once_revoked_it_is_found_no_more_and_stays_so():
    (token, secret), ada = made(), User.objects.get()
    assert token.revoke(ada)
    assert Token.objects.matching(secret) is None
    assert not token.revoke(ada)
    for at in (None, timezone.now() + timedelta(1)):
        with refused(match="stays revoked"), transaction.atomic():
            Token.objects.update(revoked_at=at)


@pytest.mark.parametrize(
    "change",
    [{"may_export": True}, {"may_submit": False}, {"visitor": uuid4()}, {"digest": "0" * 64}],
    ids=lambda change: next(iter(change)),
)
def test_what_it_may_do_and_for_whom_never_changes(change):
    made()
    with refused(match="keeps"), transaction.atomic():
        Token.objects.update(**change)


def test_its_name_and_its_limit_may_change():
    made()
    assert Token.objects.update(name="another", per_minute=7) == 1


def test_it_may_do_something():
    none = {"may_submit": False, "may_predict": False}
    with pytest.raises(ValidationError, match="Choose what it may do"):
        Token(name="idle", **none).validate_constraints()
    with refused(), transaction.atomic():
        made(**none)


def test_that_it_was_made_and_revoked_are_events_without_its_secret():
    token, secret = made(may_export=True)
    token.revoke(User.objects.get())
    events = list(SiteEvent.objects.filter(action__startswith="token").order_by("id"))
    assert [(event.action, event.who) for event in events] == [
        ("token-made", "ada"),
        ("token-revoked", "ada"),
    ]
    assert events[0].details == {"token": str(token), "scopes": ["submit", "predict", "export"]}
    assert str(token) == f"a program ({secret[:11]}…)"


def test_the_day_of_its_last_use_is_stored_once_a_day(django_assert_num_queries):
    token, secret = made()
    token.note_use()
    token = Token.objects.matching(secret)
    assert token.last_used_on == timezone.now().date()
    with django_assert_num_queries(0):
        token.note_use()


def test_it_outlives_the_account_that_made_it():
    token, secret = made()
    User.objects.get().delete()
    assert Token.objects.matching(secret) == token
