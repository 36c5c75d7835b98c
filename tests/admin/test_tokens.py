import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from predictor.models import SiteEvent, Token
from tests.support.admin import messages
from tests.support.programs import holder_of, made

pytestmark = pytest.mark.django_db
LIST = "/admin/predictor/token/"
FORM = {"name": "nightly job", "may_submit": "on", "may_predict": "on", "per_minute": "600"}


def add(client, **changes):
    return client.post(f"{LIST}add/", FORM | changes)


def revoke(client, *tokens):
    data = {"action": "revoke", "_selected_action": [token.pk for token in tokens]}
    return client.post(LIST, data, follow=True)


def test_it_is_shown_once_and_works(admin_client, admin_user):
    response = add(admin_client)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    [secret] = set(re.findall(r"digits_[\w-]{43}", response.content.decode()))
    assert holder_of(secret).get("/api/v1/submissions/").status_code == 200
    token = Token.objects.get()
    assert (token.name, token.scopes) == ("nightly job", ["submit", "predict"])
    assert (token.per_minute, token.created_by) == (600, admin_user)
    for url in (LIST, f"{LIST}{token.pk}/change/", f"{LIST}{token.pk}/history/", "/admin/"):
        page = admin_client.get(url, follow=True).content.decode()
        assert secret[11:] not in page
    assert secret not in str(admin_client.session.items()) + str(admin_client.cookies)


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"may_submit": "", "may_predict": ""}, "Choose what it may do."),
        ({"name": ""}, "This field is required."),
        ({"per_minute": "0"}, "greater than or equal to 1"),
        ({"per_minute": "6001"}, "less than or equal to 6000"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_it_says_what_is_wrong_and_makes_none(admin_client, changes, sentence):
    assert sentence in add(admin_client, **changes).content.decode()
    assert not Token.objects.exists()


def test_the_list_tells_them_apart(admin_client, django_assert_max_num_queries):
    tokens = [made(name=f"program {number}")[0] for number in range(20)]
    with django_assert_max_num_queries(6):
        page = admin_client.get(LIST).content.decode()
    assert all(token.name in page and token.hint in page for token in tokens)


def test_revoked_it_opens_nothing_and_stays_in_the_list(admin_client):
    (first, secret), (second, other) = made(), made()
    assert messages(revoke(admin_client, first)) == ["Revoked 1 token."]
    assert messages(revoke(admin_client, first, second)) == ["Revoked 1 token."]
    for each in (secret, other):
        assert holder_of(each).get("/api/v1/submissions/").status_code == 401
    assert first.hint in admin_client.get(LIST).content.decode()
    standing = admin_client.get(f"{LIST}?revoked_at__isempty=1").context["cl"].result_list
    assert list(standing) == []


def test_its_scopes_cannot_be_widened_nor_the_token_deleted(admin_client):
    token, _ = made()
    form = {"name": "renamed", "may_export": "on", "per_minute": ""}
    assert admin_client.post(f"{LIST}{token.pk}/change/", form).status_code == 302
    token.refresh_from_db()
    assert (token.name, token.scopes) == ("renamed", ["submit", "predict"])
    assert admin_client.post(f"{LIST}{token.pk}/delete/", {"post": "yes"}).status_code == 403


def test_reviewers_see_and_make_none(reviewer):
    token, _ = made()
    assert reviewer.get(LIST).status_code == 403
    assert add(reviewer).status_code == 403
    assert revoke(reviewer, token).status_code == 403
    assert Token.objects.get().revoked_at is None


def test_who_may_only_look_can_revoke_none():
    token, _ = made()
    grace = User.objects.create(username="grace", is_staff=True)
    grace.user_permissions.add(Permission.objects.get(codename="view_token"))
    client = Client()
    client.force_login(grace)
    assert token.hint in client.get(LIST).content.decode()
    revoke(client, token)
    assert Token.objects.get().revoked_at is None
    assert not SiteEvent.objects.filter(action="token-revoked").exists()
