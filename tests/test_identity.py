from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from predictor.identity import COOKIE, MAX_AGE, ensure_visitor, remember, visitor_of
from tests.samples import png, stored
from tests.visitors import known


def request_with(cookie=None, **options):
    request = RequestFactory().get("/", **options)
    if cookie is not None:
        request.COOKIES[COOKIE] = cookie
    return request


def remembered(visitor, **options):
    response = HttpResponse()
    remember(request_with(**options), response, visitor)
    return response.cookies[COOKIE]


def test_it_knows_whom_it_remembered():
    visitor = uuid4()
    assert visitor_of(request_with(remembered(visitor).value)) == visitor


def test_it_knows_nobody_without_a_cookie_and_invents_somebody():
    request = request_with()
    assert visitor_of(request) is None
    assert ensure_visitor(request) != ensure_visitor(request)


def test_it_believes_no_forged_cookie():
    good = remembered(uuid4()).value
    for cookie in ("", "x", str(uuid4()), good[:-1], str(uuid4()) + good[36:], "\0", "é" * 5000):
        assert visitor_of(request_with(cookie)) is None


def test_scripts_and_other_sites_cannot_use_the_cookie():
    cookie = remembered(uuid4())
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == MAX_AGE
    assert not cookie["secure"]
    assert remembered(uuid4(), secure=True)["secure"]


PAGES = ["draw", "upload", "history", "delete_all"]
PAGES_OF_ONE = ["detail", "claim", "delete"]


def is_kept_by_no_cache(response):
    kept = set(response["Cache-Control"].replace(" ", "").split(","))
    assert {"private", "no-store"} <= kept, response.request["PATH_INFO"]
    assert "Cookie" in response["Vary"], response.request["PATH_INFO"]
    assert "public" not in kept


@pytest.mark.django_db
def test_no_cache_on_the_way_gives_one_visitors_pages_or_cookie_to_another(client):
    drawing = stored(known(client))
    own = [reverse(f"predictor:{name}", args=[drawing.pk]) for name in PAGES_OF_ONE]
    for path in [*(reverse(f"predictor:{name}") for name in PAGES), *own]:
        is_kept_by_no_cache(client.get(path))
        is_kept_by_no_cache(client.head(path))
        is_kept_by_no_cache(client.put(path))
    is_kept_by_no_cache(Client().get(reverse("predictor:draw")))
    for name, sent in (
        ("upload", {"image": SimpleUploadedFile("digit.png", png())}),
        ("upload", {}),
        ("delete_all", {}),
    ):
        is_kept_by_no_cache(client.post(reverse(f"predictor:{name}"), sent))
    drawing = stored(known(client))
    for name, sent in (("claim", {"visitor_label": 1}), ("delete", {})):
        path = reverse(f"predictor:{name}", args=[drawing.pk])
        is_kept_by_no_cache(client.post(path, sent))
