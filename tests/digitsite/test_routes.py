"""Every address of the site, by every method."""

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from digitsite.middleware import READING
from predictor.models import Submission
from tests.support.samples import stored

pytestmark = pytest.mark.django_db
OTHERS = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "X", "post"]
DRAWING = UUID(int=7)
EXAMPLES = {"uuid": str(DRAWING), "int": "7", "str": "x", "slug": "x", "path": str(DRAWING)}


def addresses(patterns: list[URLPattern | URLResolver], prefix: str = "/") -> Iterator[str]:
    for pattern in patterns:
        text = re.sub(r"<(?:(\w+):)?\w+>", example, prefix + str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, text)
        elif "^" not in text and "(" not in text:
            yield text


def example(parameter: re.Match[str]) -> str:
    return EXAMPLES[parameter[1] or "str"]


ALL = sorted(set(addresses(get_resolver().url_patterns)))
WITH_SLASH = [address for address in ALL if len(address) > 1 and address.endswith("/")]


@pytest.fixture(params=["stranger", "operator"])
def someone(request, client, db) -> Client:
    if request.param == "operator":
        # Without a password, which takes long to hash.
        operator = User.objects.create(username="operator", is_staff=True, is_superuser=True)
        client.force_login(operator)
    return client


def test_all_parts_of_the_site_are_there():
    parts = ("/", "/upload/", "/healthz", "/api/docs/", "/api/v1/predict/", "/admin/login/")
    assert {*parts, f"/history/{DRAWING}/claim/"} <= set(ALL)
    assert len(ALL) > 50


@pytest.mark.parametrize("address", ALL)
def test_no_method_makes_it_fail(someone, address):
    someone.raise_request_exception = False
    for method in [*sorted(READING), *OTHERS]:
        response = someone.generic(method, address)
        assert response.status_code < 500, method
        if response.status_code == 405 and "/api/" in address:
            allowed = response["Allow"].split(", ")
            assert method.upper() not in allowed
            assert {"GET", "POST"} & set(allowed)
            assert method == "HEAD" or response.json()["detail"]


@pytest.mark.parametrize("address", WITH_SLASH)
def test_what_is_sent_without_the_slash_hears_where_to_send_it(someone, address):
    for method in OTHERS:
        response = someone.generic(method, address[:-1], b"{}", "application/json")
        assert response.status_code == 404, method
        assert address in response.content.decode()


@pytest.mark.parametrize("debug", [True, False])
def test_nothing_is_lost_without_a_word(client, settings, debug):
    settings.DEBUG = debug
    stored()
    response = client.post("/api/v1/submissions", {}, "application/json")
    assert response.status_code == 404
    assert response.json() == {
        "detail": "This address ends with a slash: send it to /api/v1/submissions/ instead."
    }
    assert Submission.objects.count() == 1


def test_who_only_looks_is_led_to_the_slash(client):
    for method in READING:
        response = client.generic(method, "/api/v1/submissions?cursor=x")
        assert response.status_code == 301
        assert response["Location"] == "/api/v1/submissions/?cursor=x"


def test_what_is_nowhere_is_not_promised_elsewhere(client):
    response = client.post("/api/v1/nothing", {}, "application/json")
    assert response.status_code == 404
    assert "slash" not in response.json()["detail"]


def test_https_gets_what_was_sent(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    response = client.post("/api/v1/submissions/", {}, "application/json")
    assert response.status_code == 308
    assert response["Location"] == "https://testserver/api/v1/submissions/"
    assert client.get("/api/v1/submissions/").status_code == 301
