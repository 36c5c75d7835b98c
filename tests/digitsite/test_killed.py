"""Workers and the whole site are killed while visitors draw, on SQLite."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest

from tests.support.machines import Machine
from tests.support.samples import text
from tests.support.serving import JSON, ROOT, UNTHROTTLED, wait_for

pytestmark = pytest.mark.slow
CLIENTS = 8
MORE = 40  # drawings between two attacks


@pytest.fixture
def machine(database: Path, tmp_path: Path):
    variables = {"url": f"sqlite:///{database}", **UNTHROTTLED, "WEB_CONCURRENCY": "2"}
    machine = Machine(ROOT, tmp_path / "machine", variables)
    yield machine
    machine.stop()


def workers(machine: Machine) -> list[int]:
    found = subprocess.run(
        ["pgrep", "-P", str(machine.process.pid)], capture_output=True, text=True
    )
    return [int(process) for process in found.stdout.split()]


def draw(machine: Machine, cookie: str, id: str) -> None:
    """Sends it until it is acknowledged."""
    body = json.dumps({"image": text(), "id": id}).encode()
    while True:
        try:
            answer = machine.site.whole("/api/v1/submissions/", body, Cookie=cookie, **JSON)
            assert answer.status in {200, 201}, answer.body
            return
        except (OSError, HTTPException):
            time.sleep(0.05)


def test_what_was_acknowledged_is_there_once(machine, database):
    first = machine.site.submit()
    cookie = first.headers["Set-Cookie"].partition(";")[0]
    acknowledged: list[str] = [first.said["id"]]
    over = Event()

    def client() -> None:
        while not over.is_set():
            draw(machine, cookie, id := str(uuid4()))
            acknowledged.append(id)

    def more() -> None:
        so_far = len(acknowledged)
        wait_for(lambda: len(acknowledged) >= so_far + MORE)

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(client) for _ in range(CLIENTS)]
        try:
            for _ in range(4):
                more()
                os.kill(random.choice(workers(machine)), signal.SIGKILL)
            for _ in range(2):
                more()
                machine.kill()
                machine.start()
            more()
        finally:
            over.set()
        for each in clients:
            each.result()
    with closing(sqlite3.connect(database)) as connection:
        rows = [id for (id,) in connection.execute("SELECT id FROM predictor_submission")]
        counted = connection.execute("SELECT sum(drawings) FROM predictor_dailycount").fetchone()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert sorted(rows) == sorted(id.replace("-", "") for id in acknowledged)
    assert counted == (len(rows),)
