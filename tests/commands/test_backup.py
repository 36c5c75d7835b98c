"""Backing a real site up while it is used, and putting it back."""

import os
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from zipfile import ZipFile

import pytest

from predictor import backups
from tests.support.serving import ROOT, UNTHROTTLED, environment, manage, serving


@pytest.fixture
def url(database: Path) -> str:
    return f"sqlite:///{database}"


def ids(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        return {id for (id,) in connection.execute("SELECT id FROM predictor_submission")}


def plain(answer) -> str:
    return answer.said["id"].replace("-", "")


def test_a_backup_under_load_has_all_that_was_confirmed_before(url, database, tmp_path):
    file, done = tmp_path / "backup.zip", Event()

    def draw() -> set[str]:
        drawn = set()
        while not done.is_set():
            answer = site.submit()
            assert answer.status == 201
            drawn.add(plain(answer))
        return drawn

    with serving(url, tmp_path / "log", **UNTHROTTLED) as site:
        first = site.submit()
        cookie = first.headers["Set-Cookie"].partition(";")[0]
        with ThreadPoolExecutor(4) as visitors:
            drawing = [visitors.submit(draw) for _ in range(4)]
            confirmed = ids(database)
            backup = manage(url, "backup", str(file))
            done.set()
        assert backup.returncode == 0, backup.stderr
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        everything = {plain(first)}.union(*(answers.result() for answers in drawing))
        refused = manage(url, "restore", str(file))
        assert refused.returncode == 1
        assert "The site is running: stop it" in refused.stderr

    assert ids(database) == everything
    restored = manage(url, "restore", str(file))
    assert restored.returncode == 0, restored.stderr
    assert confirmed <= (back := ids(database)) <= everything
    assert restored.stdout.startswith(f"Restored {len(back):,} drawings and 1 networks")
    with serving(url, tmp_path / "log", **UNTHROTTLED) as site:
        mine = site.get(f"/api/v1/submissions/{first.said['id']}/", cookie)
        assert mine.status == 200
        assert site.submit().status == 201

    [kept] = database.parent.glob("before-restore-*.zip")
    assert manage(url, "restore", str(kept)).returncode == 0
    assert ids(database) == everything


def test_it_brings_back_what_was_deleted_or_damaged_beside_an_old_log(url, database, tmp_path):
    file = tmp_path / "backup.zip"
    with serving(url, tmp_path / "log", **UNTHROTTLED) as site:
        site.submit()
    assert manage(url, "backup", str(file)).returncode == 0
    expected = ids(database)
    log = database.with_name("db.sqlite3-wal")
    for content in (b"no database" * 1000, b"", None):
        database.unlink()
        if content is not None:
            database.write_bytes(content)
        log.write_bytes(os.urandom(8192))
        done = manage(url, "restore", str(file))
        assert done.returncode == 0, done.stderr
        assert ids(database) == expected
    assert [kept.read_bytes()[:11] for kept in database.parent.glob("before-*.sqlite3")]


def test_it_takes_along_the_secret_that_the_site_made_for_itself(tmp_path, monkeypatch):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setattr(backups, "VAR", tmp_path)
    backups._keep_secret(b"another")
    file = tmp_path / "secret_key"
    assert file.read_bytes() == b"another"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("what", ["nothing", "no zip", "another zip", "changed", "newer"])
def test_it_refuses_what_is_no_whole_backup_of_this_site(url, database, tmp_path, what):
    file = tmp_path / "backup.zip"
    if what == "newer":
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute(
                "INSERT INTO django_migrations (app, name, applied)"
                " VALUES ('predictor', '9999_later', '2030-01-01')"
            )
    assert manage(url, "backup", str(file)).returncode == 0
    before = database.read_bytes()
    match what:
        case "nothing":
            file.unlink()
        case "no zip":
            file.write_bytes(b"text")
        case "another zip":
            with ZipFile(file, "w") as archive:
                archive.writestr("other", "text")
        case "changed":
            content = bytearray(file.read_bytes())
            content[5000] ^= 1
            file.write_bytes(content)
    done = manage(url, "restore", str(file))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert file.name in done.stderr
    assert database.read_bytes() == before


def test_another_secret_in_the_environment_is_refused(url, database, tmp_path):
    file = tmp_path / "backup.zip"
    assert manage(url, "backup", str(file)).returncode == 0
    before = database.read_bytes()
    done = subprocess.run(
        [sys.executable, "manage.py", "restore", file],
        cwd=ROOT,
        env=environment(url) | {"SECRET_KEY": "x" * 60},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "another SECRET_KEY" in done.stderr
    assert database.read_bytes() == before


def test_a_backup_that_fails_leaves_nothing_behind(url, database, tmp_path):
    database.unlink()
    done = manage(url, "backup", str(tmp_path / "backup.zip"))
    assert done.returncode == 1
    assert "no database" in done.stderr
    assert not list(tmp_path.glob("*backup*"))


def test_for_postgresql_it_says_what_to_use(tmp_path):
    url = "postgresql://digits@localhost:1/digits"
    for command in ("backup", "restore"):
        done = manage(url, command, str(tmp_path / "backup.zip"))
        assert done.returncode == 1
        assert "pg_dump" in done.stderr and "SECRET_KEY" in done.stderr
