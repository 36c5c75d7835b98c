"""The language of pages: the browser's choice, or the visitor's own."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.support.samples import stored
from tests.support.visitors import known

pytestmark = pytest.mark.django_db
CODES = [code for code, _ in settings.LANGUAGES]
SWITCH = reverse("set_language")


def lang(response) -> str:
    return re.search(r'<html lang="([^"]+)"', response.content.decode())[1]


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.8,en;q=0.5", "de"),
        ("fr-CA", "fr"),
        ("es-419,es", "es"),
        ("en-US,en;q=0.9", "en-gb"),
        ("ja,fr;q=0.5,de;q=0.2", "fr"),
        ("ja", "en-gb"),
        ("", "en-gb"),
        ("de;q=x,,;;\x00", "en-gb"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/upload/", "/history/", "/nothing-here", "/admin/login/"])
def test_a_page_speaks_what_the_browser_asks_for(client, path, asked, spoken):
    response = client.get(path, headers={"accept-language": asked})
    assert lang(response) == spoken
    assert response["Content-Language"] == spoken
    assert {"Accept-Language", "Cookie"} <= set(response["Vary"].split(", "))
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("language", CODES)
def test_the_visitors_choice_keeps_the_page_and_counts_more_than_the_browsers(client, language):
    page = f"/history/{stored(known(client)).pk}/"
    chosen = client.post(SWITCH, {"language": language, "next": page})
    assert (chosen.status_code, chosen["Location"]) == (302, page)
    cookie = chosen.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert int(cookie["max-age"]) > 365 * 24 * 3600
    other = "fr" if language == "de" else "de"
    assert lang(client.get(page, headers={"accept-language": other})) == language


def test_the_form_has_all_languages_and_says_which_one_is_spoken(client):
    html = client.get("/history/?digit=3", headers={"accept-language": "de"}).content.decode()
    form = re.search(r'<form class="languages".*?</form>', html, re.DOTALL)[0]
    assert '<input type="hidden" name="next" value="/history/?digit=3">' in form
    pattern = r'value="([\w-]+)" lang="([\w-]+)"( aria-current="true")?>(\w+)<'
    buttons = re.findall(pattern, form)
    shown = [(value, tag, name) for value, tag, _, name in buttons]
    assert shown == [(code, code, name) for code, name in settings.LANGUAGES]
    assert [value for value, _, current, _ in buttons if current] == ["de"]


@pytest.mark.parametrize("language", ["", "xx", "../de", "\x00", "de\r\nSet-Cookie: a=b"])
def test_a_language_that_the_site_does_not_speak_is_not_kept(client, language):
    response = client.post(SWITCH, {"language": language, "next": "/"})
    assert response.status_code == 302
    assert settings.LANGUAGE_COOKIE_NAME not in response.cookies
    assert lang(client.get("/")) == "en-gb"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "http://[", "javascript:alert(1)", "\r\n"],
)
def test_it_leads_to_no_other_site(client, elsewhere):
    headers = {"referer": elsewhere}
    response = client.post(SWITCH, {"language": "de", "next": elsewhere}, headers=headers)
    assert (response.status_code, response["Location"]) == (302, "/")


@pytest.mark.parametrize("cookie", ["xx", "xx-YY" * 200, "\x00", "../../etc"])
def test_a_cookie_that_makes_no_sense_does_no_harm(client, cookie):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = cookie
    assert lang(client.get("/", headers={"accept-language": "fr"})) == "fr"


def test_another_site_changes_no_language(client):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(SWITCH, {"language": "de", "next": "/"}).status_code == 403
    assert lang(strict.get("/")) == "en-gb"


def test_what_has_no_words_is_the_same_in_all_languages(client):
    drawing = stored(known(client))
    for name in ("submission-drawing", "submission-pixels", "submission-detail"):
        response = client.get(reverse(f"api:{name}", args=[drawing.pk]))
        assert response.status_code == 200
        assert "Accept-Language" not in response.get("Vary", "")
        assert "Content-Language" not in response


def test_a_request_that_asks_for_nothing_does_not_get_the_last_ones_language(client):
    headers = {"transfer-encoding": "chunked"}  # which is refused before anything else
    assert lang(client.get("/", headers={"accept-language": "de"})) == "de"
    assert lang(client.generic("POST", "/upload/", headers=headers)) == "en-gb"
    headers |= {"accept-language": "de"}
    assert lang(client.generic("POST", "/upload/", headers=headers)) == "de"
