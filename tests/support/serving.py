"""The site as gunicorn serves it: in one process of its own, with a database of its own."""

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.samples import text

ROOT = Path(__file__).parent.parent.parent
SECRET = "a-long-and-random-one-0123456789-abcdefghijklmnopqrstuvwxyz"
PUBLIC_NAME = "digits.example.org"
UNTHROTTLED = {"THROTTLE_SUBMIT": "", "THROTTLE_PREDICT": ""}
JSON = {"Content-Type": "application/json"}
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
    """One that runs, and the ways to ask it."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    tls: ssl.SSLContext | None = None  # what its clients trust, where it speaks HTTPS itself

    def dial(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def connection(self) -> http.client.HTTPConnection:
        if not self.tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        secure = http.client.HTTPSConnection(PUBLIC_NAME, self.port, timeout=60, context=self.tls)
        # As if the name led here.
        secure._create_connection = lambda *address: self.dial()
        return secure

    def ask(
        self, path: str, body: bytes | None = None, method: str | None = None, **headers: str
    ) -> http.client.HTTPResponse:
        connection = self.connection()
        method = method or ("GET" if body is None else "POST")
        connection.request(method, path, body, headers)
        return connection.getresponse()

    def whole(self, *request: Any, **headers: str) -> Answer:
        with self.ask(*request, **headers) as response:
            return Answer(response.status, dict(response.getheaders()), response.read())

    def get(self, path: str, cookie: str = "") -> Answer:
        return self.whole(path, Cookie=cookie)

    def delete(self, path: str, cookie: str) -> Answer:
        return self.whole(path, None, "DELETE", Cookie=cookie)

    def submit(self, body: bytes = DRAWING) -> Answer:
        return self.whole("/api/v1/submissions/", body, **JSON)

    def predict(self) -> Answer:
        body = json.dumps({"images": [text()]}).encode()
        return self.whole("/api/v1/predict/", body, **JSON)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(condition: Callable[[], object], seconds: float = 120) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not come true"
        time.sleep(0.05)


def environment(url: str, **variables: str) -> dict[str, str]:
    given = {"DATABASE_URL": url, "SECRET_KEY": SECRET, "WEB_CONCURRENCY": "1"}
    return os.environ | given | variables


def manage(url: str, *arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=root, env=environment(url), capture_output=True, text=True)


@contextmanager
def serving(
    url: str,
    log: Path,
    *options: str,
    root: Path = ROOT,
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    **variables: str,
) -> Iterator[Site]:
    """With a database that was migrated. Fails where gunicorn does not end well."""
    port = port or free_port()
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", *options]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "digitsite.wsgi"],
            cwd=root,
            env=environment(url, **variables),
            stdout=file,
            stderr=file,
        )
    site = Site(port, process, log, tls)
    try:
        # Another process may have taken the port, and another answer mean the same.
        wait_for(lambda: process.poll() is not None or answers(site))
        yield site
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def answers(site: Site) -> bool:
    """Whether it reads drawings: until the network is loaded, it is not healthy."""
    try:
        return site.get("/healthz").status == 200
    except (OSError, http.client.HTTPException):
        return False


@contextmanager
def site(folder: Path, *options: str, root: Path = ROOT, **variables: str) -> Iterator[Site]:
    """With an empty database in this folder."""
    url = f"sqlite:///{folder}/db.sqlite3"
    done = manage(url, "migrate", root=root)
    assert done.returncode == 0, done.stderr
    with serving(url, folder / "log", *options, root=root, **variables) as started:
        yield started


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
