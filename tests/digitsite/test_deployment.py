"""The site as it stands on the internet: gunicorn under a public name, behind a proxy."""

import gzip
import json

import pytest

from tests.support.serving import site

HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deployment")

    with site(folder, ALLOWED_HOSTS="digits.example.org") as started:

        def ask(path: str, host: str = "digits.example.org", body: bytes | None = None, **headers):
            return started.ask(path, body, Host=host, **headers)

        yield ask


def test_plain_http_is_sent_to_https(ask):
    response = ask("/api/schema/")
    assert response.status == 301
    assert response.getheader("Location") == "https://digits.example.org/api/schema/"


def test_https_is_answered_and_asked_for_again(ask):
    response = ask("/api/schema/", **HTTPS)
    assert response.status == 200
    assert response.getheader("Strict-Transport-Security") == "max-age=31536000"


def test_a_load_balancer_may_ask_over_plain_http(ask):
    response = ask("/healthz")
    assert response.status == 200


@pytest.mark.parametrize("host", ["10.1.2.3", "10.1.2.3:8000", "[fd00::1]:8000", "no_name", ""])
def test_a_load_balancer_may_ask_by_address(ask, host):
    assert ask("/healthz", host=host).status == 200
    assert ask("/healthz", host=host, **HTTPS).status == 200


@pytest.mark.parametrize("path", ["/", "/healthz/", "/api/v1/models/", "/history/", "/healthz/x"])
def test_nothing_else_is_told_to_who_asks_by_address(ask, path):
    assert ask(path, host="10.1.2.3", **HTTPS).status == 400


@pytest.mark.parametrize("path", ["/", "/api/schema/"])
def test_pages_and_long_json_are_compressed(ask, path):
    plain = ask(path, **HTTPS)
    packed = ask(path, **HTTPS, **{"Accept-Encoding": "gzip, br"})
    assert packed.getheader("Content-Encoding") == "gzip"
    assert "Accept-Encoding" in packed.getheader("Vary")
    data = packed.read()
    assert len(data) < len(plain.read()) / 2
    assert b"Digit" in gzip.decompress(data)


def test_short_answers_are_sent_as_they_are(ask):
    answer = ask("/healthz", **{"Accept-Encoding": "gzip"})
    assert answer.getheader("Content-Encoding") is None


def test_another_name_is_refused_without_a_word_of_what_is_inside(ask):
    response = ask("/api/schema/", host="elsewhere.example", **HTTPS)
    assert response.status == 400
    assert response.read() == b'{"detail": "The request could not be understood."}'


def test_who_sends_too_much_hears_so_after_sending_it(ask):
    response = ask("/api/v1/predict/", body=b"x" * 30_000_000, **HTTPS)
    assert response.status == 413
    assert response.read() == b'{"detail": "That is too large to be read here."}'


@pytest.mark.parametrize("size", [0, 2, 3_000_000])
def test_who_sends_chunks_hears_that_the_length_is_missing(ask, size):
    response = ask("/api/v1/predict/", body=iter([b"x" * size, b"{}"]), **HTTPS)
    assert response.status == 411
    assert "Content-Length" in json.loads(response.read())["detail"]


def test_throttles_count_the_address_that_the_proxy_saw(ask):
    claimed = [f"10.0.0.{number}, 203.0.113.7" for number in range(61)]
    answers = [
        ask("/api/v1/predict/", body=b"{}", **HTTPS, **{"X-Forwarded-For": address})
        for address in claimed
    ]
    assert {answer.status for answer in answers[:60]} == {415}
    assert answers[60].status == 429
    assert int(answers[60].getheader("Retry-After")) > 0

    other = {"X-Forwarded-For": "203.0.113.7, 198.51.100.1"}
    assert ask("/api/v1/predict/", body=b"{}", **HTTPS, **other).status == 415
