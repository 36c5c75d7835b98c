"""Another network is activated while visitors draw: a real gunicorn of two processes."""

import json
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from urllib.parse import quote

import pytest
from django.db import connection

from predictor.models import ModelVersion, Submission
from predictor.registry import promotion
from tests.support.samples import text
from tests.support.serving import ROOT, SECRET, free_port, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
BODY = json.dumps({"image": text()}).encode()
VISITORS = 4
IN_A_ROW = 25  # answers of one visitor, which come from both processes

Answers = list[tuple[str, str]]  # ids, and the networks that answered


def address() -> str:
    """The tests' database, for another process."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    return f"postgresql://{settings['USER']}@{quote(settings['HOST'], safe='')}/{settings['NAME']}"


@pytest.fixture
def port(good, tmp_path: Path) -> Iterator[int]:
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": address(),
        "SECRET_KEY": SECRET,
        "THROTTLE_SUBMIT": "",
        "WEB_CONCURRENCY": "2",
    }
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "digitsite.wsgi"]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        wait_for(lambda: healthy(port))
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=60) == 0


def healthy(port: int) -> bool:
    try:
        return ask(port, "GET", "/healthz")[0] == 200
    except OSError:
        return False


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    client = HTTPConnection("127.0.0.1", port, timeout=60)
    client.request(method, path, body, {"Content-Type": "application/json"})
    with client.getresponse() as response:
        answer = response.status, response.read()
    client.close()
    return answer


class Visitor:
    """Draws again and again, and keeps the answers."""

    def __init__(self, port: int) -> None:
        self.port, self.over = port, Event()
        self.answers: Answers = []
        self.latest: deque[str] = deque(maxlen=IN_A_ROW)

    def draw(self) -> None:
        while not self.over.is_set():
            status, body = ask(self.port, "POST", "/api/v1/submissions/", BODY)
            assert status == 201, body
            said = json.loads(body)
            self.answers.append((said["id"], said["model"]))
            self.latest.append(said["model"])

    def hears(self, version: ModelVersion) -> bool:
        """Whether nothing but this network has answered for a while."""
        return list(self.latest) == [version.version] * IN_A_ROW


@contextmanager
def drawing(port: int) -> Iterator[list[Visitor]]:
    visitors = [Visitor(port) for _ in range(VISITORS)]
    with ThreadPoolExecutor(VISITORS) as pool:
        draws = [pool.submit(visitor.draw) for visitor in visitors]
        try:
            yield visitors
        finally:
            for visitor in visitors:
                visitor.over.set()
        for draw in draws:
            draw.result()


def wait_until_heard(visitors: list[Visitor], version: ModelVersion) -> None:
    wait_for(lambda: all(visitor.hears(version) for visitor in visitors))


def test_no_request_fails_while_the_network_changes_and_changes_back(port, good, bad):
    with drawing(port) as visitors:
        wait_until_heard(visitors, good)
        promotion.activate(bad, None)
        wait_until_heard(visitors, bad)
        promotion.activate(good, None)
        wait_until_heard(visitors, good)
    # Each submission keeps the network that answered it.
    stored = {str(id): model for id, model in Submission.objects.values_list("id", "model")}
    assert stored == dict(answer for visitor in visitors for answer in visitor.answers)
