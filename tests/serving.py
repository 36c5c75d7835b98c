"""The site as gunicorn serves it, in processes of its own."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
SECRET = "a-long-and-random-one-0123456789-abcdefghijklmnopqrstuvwxyz"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def answers(call: Callable[[], object]) -> bool:
    try:
        call()
    except (OSError, http.client.HTTPException):
        return False
    return True


def wait_for(condition: Callable[[], object], seconds: float = 120) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not come true"
        time.sleep(0.05)


class Site:
    """One that runs, and the ways to ask it."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
        self.port, self.process, self.log = port, process, log

    def ask(
        self, path: str, body: bytes | None = None, method: str | None = None, **headers: str
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        method = method or ("GET" if body is None else "POST")
        connection.request(method, path, body, headers)
        return connection.getresponse()

    def dial(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)


@contextmanager
def site(folder: Path, *options: str, root: Path = ROOT, **variables: str) -> Iterator[Site]:
    """With an empty database in this folder, and one web process."""
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "SECRET_KEY": SECRET,
        "WEB_CONCURRENCY": "1",
        **variables,
    }
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(migrate, cwd=root, env=environment, check=True)
    port, log = free_port(), folder / "log"
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", *options]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "digitsite.wsgi"], cwd=root, env=environment, stdout=file, stderr=file
        )
    started = Site(port, process, log)
    try:
        # Another process may have taken the port, and another answer mean the same.
        wait_for(lambda: process.poll() is not None or answers(lambda: started.ask("/").read()))
        yield started
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
