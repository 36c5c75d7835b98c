"""Another network is put to work while visitors draw: a real gunicorn of two processes."""

import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from urllib.parse import quote

import pytest
from django.db import connection

from predictor import services
from predictor.models import Submission
from tests.samples import text

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.django_db(transaction=True)
BODY = json.dumps({"image": text()}).encode()
WITHIN = 10  # seconds


@dataclass
class Answer:
    began: float
    seconds: float
    status: int
    model: str
    id: str

    @property
    def ended(self) -> float:
        return self.began + self.seconds


def address() -> str:
    """The tests' database, for another process."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    return f"postgresql://{settings['USER']}@{quote(settings['HOST'], safe='')}/{settings['NAME']}"


@pytest.fixture
def port(good) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": address(),
        "SECRET_KEY": "a-long-and-random-one-0123456789-abcdefghijklmnopqrstuvwxyz",
        "THROTTLE_SUBMIT": "",
        "WEB_CONCURRENCY": "2",
    }
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "digitsite.wsgi"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        for _ in range(300):
            try:
                submit(port)
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        Submission.objects.all().delete()
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0


def submit(port: int) -> Answer:
    began = time.monotonic()
    client = HTTPConnection("127.0.0.1", port, timeout=30)
    client.request("POST", "/api/v1/submissions/", BODY, {"Content-Type": "application/json"})
    response = client.getresponse()
    said = json.loads(response.read())
    client.close()
    return Answer(began, time.monotonic() - began, response.status, said["model"], said["id"])


def test_no_request_fails_or_waits_while_the_network_changes(port, good, bad):
    done = Event()

    def draw() -> list[Answer]:
        answers = []
        while not done.is_set():
            answers.append(submit(port))
        return answers

    with ThreadPoolExecutor(4) as visitors:
        drawn = [visitors.submit(draw) for _ in range(4)]
        try:
            time.sleep(4)
            there = time.monotonic()
            services.activate(bad, None)
            time.sleep(WITHIN + 2)
            back = time.monotonic()
            services.activate(good, None)
            time.sleep(WITHIN + 2)
        finally:
            done.set()
        answers = [answer for each in drawn for answer in each.result()]

    assert {answer.status for answer in answers} == {201}
    # One that was on its way when the first came back may have been answered by it already.
    between = [
        answer for answer in answers if there + WITHIN < answer.began and answer.ended < back
    ]
    after = [answer for answer in answers if answer.began > back + WITHIN]
    assert between and {answer.model for answer in between} == {bad.version}
    assert after and {answer.model for answer in after} == {good.version}
    # Each keeps the network that answered it.
    stored = {str(id): model for id, model in Submission.objects.values_list("id", "model")}
    assert stored == {answer.id: answer.model for answer in answers}

    waits = sorted(answer.seconds for answer in answers)
    late = [
        max(
            [answer.began for answer in answers if answer.model == old and answer.ended < until],
            default=moment,
        )
        - moment
        for old, moment, until in ((good.version, there, back), (bad.version, back, math.inf))
    ]
    print(
        f"\n{connection.vendor}: {len(answers)} drawings; taken up after {late[0]:.1f} and"
        f" {late[1]:.1f} s; median {1000 * waits[len(waits) // 2]:.0f} ms, 99 %"
        f" {1000 * waits[len(waits) * 99 // 100]:.0f} ms, longest {1000 * waits[-1]:.0f} ms"
    )


def test_a_process_that_nobody_asks_takes_it_up_too(port, good, bad):
    services.activate(bad, None)
    time.sleep(WITHIN)
    assert {submit(port).model for _ in range(8)} == {bad.version}
