"""What a machine carries: each step of a drawing's way, and whole requests."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import cv2
import numpy as np
from django.conf import settings
from django.db import connection

from digitsite.environment import SQLITE, VAR
from ml import decoding, preprocessing
from ml.strokes import from_lists, render
from predictor import submissions
from predictor.registry import serving

REPEATS = 200  # of each step
REQUESTS = 400  # of each kind
CLIENTS = 8  # that ask at the same time
# Twice the size of the page's paper, as uploaded pictures are larger than that.
SEVEN, CANVAS, PEN = [[[160, 400, 240], [140, 140, 450]]], 560, 36

Progress = Callable[[int], Any]


@dataclass(frozen=True)
class Result:
    name: str
    seconds: list[float]  # each time that it succeeded
    wall: float  # from the first to the last
    failed: int = 0

    def row(self) -> list[str]:
        rate = f"{len(self.seconds) / self.wall:,.0f}"
        times = [""] * 3
        if self.seconds:
            times = [f"{1000 * time:.2f}" for time in np.percentile(self.seconds, (50, 95, 99))]
        return [self.name, rate, *times, f"{self.failed:,}"]


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    stores: bool = False

    def body(self, image: str) -> bytes | None:
        if self.method == "GET":
            return None
        return json.dumps({"image": image} if self.stores else {"images": [image]}).encode()


CALLS = [
    Call("GET", "/healthz"),
    Call("POST", "/api/v1/predict/"),
    Call("POST", "/api/v1/submissions/", stores=True),
]


def seven() -> bytes:
    drawn = render(from_lists(SEVEN), canvas=CANVAS, pen=PEN)
    return cv2.imencode(".png", 255 - drawn)[1].tobytes()


def steps() -> dict[str, Callable[[], Any]]:
    """The last leaves drawings in the database."""
    image = seven()
    ink = decoding.decode(image)
    pixels = preprocessing.preprocess(ink)
    network = serving.network()
    submission, _ = submissions.submit(network, visitor=uuid4(), image=image)

    def insert() -> None:
        submission.pk = uuid4()
        submission.save(force_insert=True)

    return {
        "decode": lambda: decoding.decode(image),
        "preprocess": lambda: preprocessing.preprocess(ink),
        "predict": lambda: network.predict(pixels[None]),
        "insert": insert,
    }


def measure_step(name: str, step: Callable[[], Any], progress: Progress) -> Result:
    seconds = []
    for _ in range(REPEATS):
        start = perf_counter()
        step()
        seconds.append(perf_counter() - start)
        progress(1)
    return Result(name, seconds, sum(seconds))


def measure_call(url: str, call: Call, progress: Progress) -> Result:
    """Raises OSError, HTTPException where no site answers."""
    image = base64.b64encode(seven()).decode()
    start = perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        asked = [
            clients.submit(ask, url, call, call.body(image), REQUESTS // CLIENTS, progress)
            for _ in range(CLIENTS)
        ]
    wall = perf_counter() - start
    answers = list(chain.from_iterable(client.result() for client in asked))
    good = [seconds for status, seconds in answers if status < 400]
    return Result(f"{call.method} {call.path}", good, wall, len(answers) - len(good))


def ask(
    url: str, call: Call, body: bytes | None, times: int, progress: Progress
) -> list[tuple[int, float]]:
    """The status of each answer, and how long it took."""
    site = urlsplit(url)
    kind = HTTPSConnection if site.scheme == "https" else HTTPConnection
    client = kind(site.netloc, timeout=60)
    answers = []
    for _ in range(times):
        start = perf_counter()
        path = site.path.rstrip("/") + call.path
        client.request(call.method, path, body, {"Content-Type": "application/json"})
        with client.getresponse() as response:
            response.read()
        answers.append((response.status, perf_counter() - start))
        progress(1)
    client.close()
    return answers


@contextmanager
def scratch_database() -> Iterator[str]:
    """An empty one, where the site has its own, until the end; its URL."""
    own = connection.settings_dict["NAME"]
    with tempfile.TemporaryDirectory(dir=VAR) as folder:
        on_sqlite = connection.settings_dict["ENGINE"] == SQLITE
        name = Path(folder, "db.sqlite3") if on_sqlite else f"benchmark_{os.getpid()}"
        connection.settings_dict["TEST"]["NAME"] = str(name)
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            if on_sqlite:
                yield f"sqlite:///{name}"
            else:
                yield urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
        finally:
            connection.creation.destroy_test_db(own, verbosity=0)


def listen() -> socket.socket:
    """On a free port. What is accepted there sends at once, as where gunicorn listens by itself."""
    door = socket.create_server(("127.0.0.1", 0))
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return door


@contextmanager
def own_site(database: str) -> Iterator[tuple[str, int]]:
    """The site as `make run` serves it, without throttles; its URL and its first process."""
    changes = {
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": database,
        "SECRET_KEY": settings.SECRET_KEY,
        "THROTTLE_PREDICT": "",
        "THROTTLE_SUBMIT": "",
    }
    with listen() as door:
        port, number = door.getsockname()[1], door.fileno()
        command = [sys.executable, "-m", "gunicorn", f"--bind=fd://{number}", "digitsite.wsgi"]
        site = subprocess.Popen(
            [*command, "--log-level=warning"],
            cwd=settings.BASE_DIR,
            env=os.environ | changes,
            pass_fds=[number],
        )
    try:
        yield f"http://127.0.0.1:{port}", site.pid
    finally:
        site.terminate()
        site.wait()


def memory(parent: int) -> int:
    """Bytes of the largest of its processes."""
    listed = subprocess.run(["ps", "-A", "-o", "ppid=,rss="], capture_output=True, check=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return max(int(kilobytes) * 1024 for pid, kilobytes in rows if int(pid) == parent)
