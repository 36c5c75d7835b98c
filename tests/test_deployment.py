"""The site as it stands on the internet: gunicorn under a public name, behind a proxy."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = tmp_path_factory.mktemp("deployment") / "db.sqlite3"
    environment = os.environ | {
        "ALLOWED_HOSTS": "digits.example.org",
        "DATABASE_URL": f"sqlite:///{database}",
        "SECRET_KEY": "a-long-and-random-one-0123456789-abcdefghijklmnopqrstuvwxyz",
        "WEB_CONCURRENCY": "1",
    }
    subprocess.run([sys.executable, "manage.py", "migrate"], cwd=ROOT, env=environment, check=True)
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "digitsite.wsgi"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)

    def ask(path: str, host: str = "digits.example.org", body: bytes | None = None, **headers: str):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        method = "GET" if body is None else "POST"
        connection.request(method, path, body, {"Host": host, **headers})
        return connection.getresponse()

    try:
        for _ in range(100):
            try:
                ask("/healthz").read()
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        yield ask
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0


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
    assert {answer.status for answer in answers[:60]} <= {400, 415}
    assert answers[60].status == 429
    assert int(answers[60].getheader("Retry-After")) > 0

    other = {"X-Forwarded-For": "203.0.113.7, 198.51.100.1"}
    assert ask("/api/v1/predict/", body=b"{}", **HTTPS, **other).status in {400, 415}
