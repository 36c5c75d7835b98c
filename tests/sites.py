"""The site as it is served: gunicorn, one process, with a database of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.samples import text

ROOT = Path(__file__).parent.parent
DRAWING = json.dumps({"image": text()}).encode()
LARGE_DRAWING = json.dumps({"image": text(), "strokes": [[[1.5] * 9000, [2.5] * 9000]]}).encode()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


@dataclass
class Site:
    port: int
    log: Path

    def get(self, path: str, cookie: str = "") -> Answer:
        return self.ask("GET", path, None, {"Cookie": cookie})

    def submit(self, body: bytes = DRAWING) -> Answer:
        return self.ask("POST", "/api/v1/submissions/", body, {"Content-Type": "application/json"})

    def predict(self) -> Answer:
        body = json.dumps({"images": [text()]}).encode()
        return self.ask("POST", "/api/v1/predict/", body, {"Content-Type": "application/json"})

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        client = HTTPConnection("127.0.0.1", self.port, timeout=60)
        client.request(method, path, body, headers)
        response = client.getresponse()
        answer = Answer(response.status, dict(response.getheaders()), response.read())
        client.close()
        return answer


def environment(url: str) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": url,
        "SECRET_KEY": "a-long-and-random-one-0123456789-abcdefghijklmnopqrstuvwxyz",
        "THROTTLE_SUBMIT": "",
        "THROTTLE_PREDICT": "",
        "WEB_CONCURRENCY": "1",
    }


def manage(url: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(url), capture_output=True, text=True, **options
    )


@contextmanager
def serving(url: str, log: Path) -> Iterator[Site]:
    """With a database that was migrated; the network is loaded."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        site = Site(free.getsockname()[1], log)
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{site.port}", "digitsite.wsgi"]
    with log.open("w") as output:
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment(url), stdout=output, stderr=output
        )
    try:
        wait_until(lambda: answers(site))
        yield site
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)


def answers(site: Site) -> bool:
    try:
        return site.get("/healthz").status == 200
    except OSError:
        return False


def wait_until(condition: Callable[[], Any], seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it does not come"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "db.sqlite3"
    done = manage(f"sqlite:///{file}", "migrate")
    assert done.returncode == 0, done.stderr
    return file


@pytest.fixture
def database(migrated: Path, tmp_path: Path) -> Path:
    """A fresh one, in a folder of its own."""
    folder = tmp_path / "database"
    folder.mkdir()
    return Path(shutil.copy(migrated, folder))
