"""The database is locked, silent, gone, replaced or full while the site is asked."""

import os
import re
import signal
import sqlite3
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest

from tests.support import on_postgres
from tests.support.serving import LARGE_DRAWING, UNTHROTTLED, Site, manage, serving, wait_for

CROWD = 24  # three times as many as there are threads


@pytest.fixture
def site(database, tmp_path):
    with serving(f"sqlite:///{database}", tmp_path / "log", **UNTHROTTLED) as site:
        yield site


def count(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT count(*) FROM predictor_submission").fetchone()[0]


def assert_pages_without_database_are_answered(site: Site, asked: list[Future]) -> None:
    """While others wait for it."""
    page = site.get("/")
    icon = re.search(r'/static/img/icon[^"]*', page.body.decode())[0]
    for path in ("/", icon, "/api/docs/", "/api/schema/"):
        assert site.get(path).status == 200, path
    assert site.predict().status == 200
    assert not all(answer.done() for answer in asked)


def assert_unavailable(answer, word: str) -> None:
    assert answer.status == 503
    assert word in answer.said["detail"]
    assert answer.headers["Retry-After"] == "5"


def test_while_sqlite_is_locked_all_but_writing_goes_on(site, database):
    cookie = site.submit().headers["Set-Cookie"].partition(";")[0]
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(CROWD) as visitors:
            asked = [visitors.submit(site.submit) for _ in range(CROWD)]
            assert_pages_without_database_are_answered(site, asked)
            assert site.get("/history/", cookie).status == 200
        for answer in asked:
            assert_unavailable(answer.result(), "busy")
        health = site.get("/healthz")
        assert (health.status, health.said["database"]) == (503, True)
        assert "busy" in health.said["problems"][0]
        other.execute("ROLLBACK")
    assert "database is locked" in site.log.read_text()
    wait_for(lambda: site.submit().status == 201)
    assert count(database) == 2


def test_nothing_is_taken_for_a_database_that_is_gone(site, database):
    cookie = site.submit().headers["Set-Cookie"].partition(";")[0]
    for file in database.parent.iterdir():
        file.unlink()
    for _ in range(10):
        assert_unavailable(site.submit(), "database")
    assert site.get("/healthz").status == 503
    page = site.get("/history/", cookie)
    assert (page.status, page.headers["Retry-After"]) == (503, "5")
    assert b"<h1>The site can&#x27;t reach its database just now." in page.body
    assert list(database.parent.iterdir()) == []


def test_what_replaces_the_database_is_used_at_once(site, database, migrated):
    assert site.submit().status == 201
    other = database.with_name("other.sqlite3")
    with closing(sqlite3.connect(migrated)) as source, closing(sqlite3.connect(other)) as target:
        source.backup(target)
    for file in database.parent.glob("db.sqlite3-*"):
        file.unlink()
    os.replace(other, database)
    wait_for(lambda: site.submit().status == 201)
    assert count(database) == 1


def test_writing_to_a_log_that_is_gone_is_not_confirmed(database, tmp_path):
    with serving(f"sqlite:///{database}", tmp_path / "log", **UNTHROTTLED) as site:
        assert site.submit().status == 201
        database.with_name("db.sqlite3-wal").unlink()
        confirmed = [site.submit().status for _ in range(10)].count(201)
    assert count(database) >= confirmed


@contextmanager
def stopped(processes: list[int]):
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def server_of(url_folder: Path) -> list[int]:
    postmaster = int((url_folder / "data" / "postmaster.pid").read_text().split()[0])
    found = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True)
    return [postmaster, *map(int, found.stdout.split())]


@pytest.fixture
def postgres():
    programs = on_postgres.programs()
    if not programs:
        pytest.skip("PostgreSQL is not installed here")
    with on_postgres.cluster(programs) as url:
        with psycopg.connect(url.removesuffix("digits") + "postgres", autocommit=True) as server:
            server.execute("CREATE DATABASE digits")
        done = manage(url, "migrate")
        assert done.returncode == 0, done.stderr
        yield url


def test_while_postgresql_gives_no_answer_what_needs_none_goes_on(postgres, tmp_path):
    folder = Path(unquote(urlsplit(postgres).netloc.partition("@")[2]))
    with serving(postgres, tmp_path / "log", **UNTHROTTLED) as site:
        assert site.submit().status == 201
        with stopped(server_of(folder)):
            with ThreadPoolExecutor(CROWD) as visitors:
                asked = [visitors.submit(site.submit) for _ in range(CROWD)]
                assert_pages_without_database_are_answered(site, asked)
            for answer in asked:
                assert_unavailable(answer.result(), "database")
            health = site.get("/healthz")
            assert (health.status, health.said["database"]) == (503, False)
        assert "no answer" in site.log.read_text()
        wait_for(lambda: site.submit().status == 201)
        assert site.get("/healthz").status == 200


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", folder]).returncode
    ):
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> None:
    with open(folder / "others", "wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass


def test_on_a_full_disk_nothing_is_stored_but_all_else_goes_on(small_disk, tmp_path):
    database = small_disk / "db.sqlite3"
    url = f"sqlite:///{database}"
    assert manage(url, "migrate").returncode == 0
    with serving(url, tmp_path / "log", **UNTHROTTLED) as site:
        first = site.submit()
        cookie = first.headers["Set-Cookie"].partition(";")[0]
        fill(small_disk)
        stored = 1
        while (answer := site.submit(LARGE_DRAWING)).status == 201:
            stored += 1
        assert_unavailable(answer, "space")
        health = site.get("/healthz")
        assert (health.status, health.said["writable"]) == (503, False)
        assert "space" in health.said["problems"][0]
        assert "disk is full" in site.log.read_text()
        assert site.get("/history/", cookie).status == 200
        assert site.predict().status == 200
        url_of_one = f"/api/v1/submissions/{first.said['id']}/"
        assert site.delete(url_of_one, cookie).status == 204
        done = manage(url, "purge_drawings", "--older-than", "0")
        assert f"Erased {stored - 1:,} drawings" in done.stdout, done.stderr
        assert site.submit().status == 201
    assert count(database) == 1


def test_migrate_says_that_the_disk_is_full(small_disk):
    fill(small_disk)
    done = manage(f"sqlite:///{small_disk}/db.sqlite3", "migrate")
    assert done.returncode == 1
    assert "There is no space left on its disk" in done.stderr
    assert "Traceback" not in done.stderr


def test_commands_say_that_the_database_is_locked(database):
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        url = f"sqlite:///{database}"
        done = manage(url, "list_models")
    assert done.returncode == 1
    assert "database is locked" in done.stderr
    assert "Traceback" not in done.stderr
