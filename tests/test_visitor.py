from uuid import uuid4

from django.http import HttpResponse
from django.test import RequestFactory

from predictor.visitor import COOKIE, MAX_AGE, ensure_visitor, remember, visitor_of


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


def test_another_secret_locks_nobody_out_who_came_under_the_old_one(settings):
    visitor = uuid4()
    settings.SECRET_KEY = old = "the-old-one"
    cookie = remembered(visitor).value
    settings.SECRET_KEY = "the-new-one"
    assert visitor_of(request_with(cookie)) is None
    settings.SECRET_KEY_FALLBACKS = ["a-third", old]
    assert visitor_of(request_with(cookie)) == visitor
    settings.SECRET_KEY_FALLBACKS, renewed = [], remembered(visitor).value
    assert visitor_of(request_with(renewed)) == visitor


def test_the_cookie_is_for_the_paths_of_the_site_alone(settings):
    assert remembered(uuid4())["path"] == "/"
    settings.SESSION_COOKIE_PATH = "/digits"
    assert remembered(uuid4())["path"] == "/digits"
