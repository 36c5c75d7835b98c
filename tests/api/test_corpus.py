"""Hundreds of bad inputs, each with its exact answer, from a process that may not take much for it.

answers.json has each answer once: the status, the JSON, and the requests that get it.
"""

import json
import os
import resource
import sqlite3
from pathlib import Path

import pytest

from tests.support.corpus import requests
from tests.support.serving import UNTHROTTLED, serving

ANSWERS = {
    name: [status, answer]
    for status, answer, names in json.loads(Path(__file__).with_name("answers.json").read_text())
    for name in names
}
REQUESTS = requests()
MEMORY = 400 * 2**20  # bytes that the process may have beside what it began with
SECONDS = 60  # of a core, for all of them


@pytest.fixture(scope="module")
def file(migrated, tmp_path_factory):
    file = tmp_path_factory.mktemp("corpus") / "db.sqlite3"
    file.write_bytes(migrated.read_bytes())
    return file


@pytest.fixture(scope="module")
def limited(file):
    """The site, and its one process: should that die, another would follow it."""
    with serving(f"sqlite:///{file}", file.with_name("log"), **UNTHROTTLED) as site:
        assert site.submit().status == 201  # so that all is loaded
        [worker] = workers(site)
        most = status(worker, "VmSize") + MEMORY
        resource.prlimit(worker, resource.RLIMIT_AS, (most, most))
        until = int(seconds(worker)) + SECONDS
        resource.prlimit(worker, resource.RLIMIT_CPU, (until, until))
        yield site, worker


def workers(site):
    children = Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children")
    return [int(pid) for pid in children.read_text().split()]


def status(pid, name):
    """Bytes, of what /proc tells in kB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def seconds(pid):
    """Of a core, that a process has had so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_they_are_hundreds_and_each_has_an_answer():
    names = [request.name for request in REQUESTS]
    assert len(names) >= 300
    assert len(set(names)) == len(names)
    assert set(names) == set(ANSWERS)


@pytest.mark.parametrize("sent", REQUESTS, ids=lambda sent: sent.name)
def test_each_gets_its_exact_answer(limited, sent):
    site, _ = limited
    headers = {"Content-Type": sent.type}
    if sent.authorization:
        headers["Authorization"] = sent.authorization
    got = site.whole(sent.path, sent.body, sent.method, **headers)
    assert [got.status, got.said] == ANSWERS[sent.name]
    assert got.headers["Content-Type"].startswith("application/json")


def test_it_took_little_and_the_process_is_the_one_that_began(limited, file):
    site, worker = limited
    assert workers(site) == [worker]
    assert site.submit().status == 201
    log = site.log.read_text()
    assert "Traceback" not in log and "Internal Server Error" not in log
    [[count]] = sqlite3.connect(file).execute("SELECT COUNT(*) FROM predictor_submission")
    assert count == 2  # the first and the last
