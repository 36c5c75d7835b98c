"""The site below a path of a host that has other sites too, as SCRIPT_NAME tells it."""

import json
import re

import pytest

from tests.support.samples import png
from tests.support.serving import site

HTTPS = {"Host": "example.org", "X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prefix")
    with site(folder, SCRIPT_NAME="/digits", ALLOWED_HOSTS="example.org") as started:

        def ask(path, body=None, method=None, **headers):
            return started.ask(path, body, method, **HTTPS | headers)

        yield ask


PAGES = ["/digits/", "/digits/history/", "/digits/api/docs/", "/digits/admin/login/"]


@pytest.mark.parametrize("path", PAGES)
def test_whatever_a_page_links_to_is_below_it_and_there(ask, path):
    page = ask(path)
    assert page.status == 200
    linking = r'(?:href|src|action|data-[a-z-]+-url)="(/[^"]*)"'
    links = set(re.findall(linking, page.read().decode()))
    assert len(links) > 1
    for link in links:
        assert link.startswith("/digits/")
        # To the login, to a version's file, and back from choosing a language.
        leads_on = link in {"/digits/admin/", "/digits/networks/active/", "/digits/language/"}
        is_post_only = link == "/digits/api/v1/predict/"
        assert ask(link).status == (302 if leads_on else 405 if is_post_only else 200), link


def test_a_proxy_may_take_the_prefix_off(ask):
    page = ask("/history/")
    assert page.status == 200
    assert 'href="/digits/history/"' in page.read().decode()


def test_cookies_are_for_this_site_alone(ask):
    for path in ("/digits/", "/digits/admin/login/"):
        cookies = ask(path).headers.get_all("Set-Cookie")
        assert cookies
        assert all("; Path=/digits" in cookie for cookie in cookies)


def test_what_the_api_answers_is_below_it(ask):
    boundary = b"--x\r\nContent-Disposition: form-data; name=image; filename=a.png\r\n\r\n"
    answer = ask(
        "/digits/api/v1/submissions/",
        boundary + png() + b"\r\n--x--\r\n",
        **{"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert answer.status == 201
    stored = json.load(answer)
    cookie = answer.getheader("Set-Cookie").partition(";")[0]
    for url in (stored["drawing_url"], stored["pixels_url"]):
        path = re.sub("^https://example.org", "", url)
        assert path.startswith("/digits/api/v1/submissions/")
        assert ask(path, Cookie=cookie).status == 200


@pytest.mark.parametrize(
    ("path", "status", "to"),
    [
        ("/digits/history", 301, "/digits/history/"),
        ("/digits/admin/", 302, "/digits/admin/login/?next=/digits/admin/"),
        ("/digits/favicon.ico", 302, "/digits/static/img/icon."),
    ],
)
def test_redirects_stay_below_it(ask, path, status, to):
    answer = ask(path)
    assert answer.status == status
    assert answer.getheader("Location").startswith(to)


def test_programs_read_errors_as_json(ask):
    for path in ("/digits/api/nothing", "/digits/api/v1/submissions/x/"):
        answer = ask(path)
        assert answer.status == 404
        assert "detail" in json.load(answer)


def test_plain_http_is_sent_to_https_but_for_its_health(ask):
    assert ask("/digits/healthz", **{"X-Forwarded-Proto": "http"}).status == 200
    assert ask("/digits/healthz", Host="10.0.0.1", **{"X-Forwarded-Proto": "http"}).status == 200
    answer = ask("/digits/history/", **{"X-Forwarded-Proto": "http"})
    assert answer.status == 301
    assert answer.getheader("Location") == "https://example.org/digits/history/"


def test_the_schema_tells_programs_where_it_lies(ask):
    schema = json.load(ask("/digits/api/schema/?format=json"))
    assert schema["servers"] == [{"url": "/digits"}]
    assert "/api/v1/predict/" in schema["paths"]
    assert b'"/digits/api/schema/"' in ask("/digits/api/docs/?script=").read()


def test_what_only_begins_like_it_is_not_there(ask):
    assert ask("/digitsx/history/").status == 404
