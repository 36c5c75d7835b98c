"""All that the site is, in one file: its database, and the secret that signs its cookies."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from digitsite.backends.sqlite.reserve import database_file
from digitsite.environment import VAR

KIND = "digits backup 1"
DATABASE, SECRET, MANIFEST = "db.sqlite3", "secret_key", "manifest.json"
PAGES = 2048  # that are copied at once
WAIT = 5  # seconds, for others that write
# Damaged, another kind of file, or without the tables of the site.
UNREADABLE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
COUNTS = {"drawings": "predictor_submission", "networks": "predictor_modelversion"}

Progress = Callable[[int, int], Any]  # what is left, and all


class Refused(Exception):
    """Why it can't be done, in sentences."""


def database() -> Path:
    """Raises Refused where it is not a file of ours to copy."""
    if file := database_file(connection):
        return file
    raise Refused(
        "The database is PostgreSQL: back it up with pg_dump, put it back with pg_restore, and keep"
        " SECRET_KEY with the dump, for without it visitors don't find their drawings again."
    )


def back_up(path: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Write the file, whole or not at all, while others go on. Returns its manifest."""
    source = database()
    if not source.exists():
        raise Refused(f"There is no database {source}.")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        copy, draft = Path(folder, DATABASE), Path(folder, "draft")
        with closing(_opened(source)) as live, closing(sqlite3.connect(copy)) as target:
            # One moment of it, whatever is written meanwhile.
            live.execute("BEGIN")
            live.execute("SELECT count(*) FROM sqlite_master").fetchone()
            live.backup(target, pages=PAGES, progress=_two(progress), sleep=0)
            target.execute("PRAGMA journal_mode = DELETE")
            counts = _counts(target)
        manifest = {"kind": KIND, "made_at": timezone.now().isoformat(), **counts}
        manifest["sha256"] = {DATABASE: _digest(copy), SECRET: _digest_of(_secret())}
        with open(os.open(draft, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as opened:
            with ZipFile(opened, "w") as archive:
                archive.write(copy, DATABASE)
                archive.writestr(SECRET, _secret())
                archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(path)
    return manifest


def restore(path: Path, progress: Progress | None = None) -> tuple[dict[str, Any], Path | None]:
    """Replace the database and the secret. Returns the manifest, and where the old ones are."""
    target = database()
    connection.close()  # else it would wait for itself
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".restore.") as folder:
        manifest, secret = read(path, Path(folder))
        _check_secret(secret)
        kept = _set_aside(target)
        with closing(_alone(target)) as live, closing(_opened(Path(folder, DATABASE))) as copy:
            copy.backup(live, pages=PAGES, progress=_two(progress), sleep=0)
            live.execute("PRAGMA journal_mode = WAL")
        _keep_secret(secret)
    return manifest, kept


def read(path: Path, folder: Path) -> tuple[dict[str, Any], bytes]:
    """The manifest and the secret; the database lies in the folder. Raises Refused, OSError."""
    try:
        with ZipFile(path) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            if manifest["kind"] != KIND:
                raise Refused(f"{path} was made by another version of this site.")
            archive.extract(DATABASE, folder)
            secret = archive.read(SECRET)
    except (BadZipFile, KeyError, TypeError, ValueError, EOFError) as error:
        raise Refused(f"{path} is no backup of this site, or damaged: {error}.") from None
    found = {DATABASE: _digest(folder / DATABASE), SECRET: _digest_of(secret)}
    if manifest.get("sha256") != found:
        raise Refused(f"{path} is damaged: it is not what was backed up.")
    with closing(_opened(folder / DATABASE)) as copy:
        _check(copy, path)
    return manifest, secret


def _check(copy: sqlite3.Connection, path: Path) -> None:
    try:
        [(verdict, *_)] = copy.execute("PRAGMA quick_check(1)").fetchall()
        applied = set(copy.execute("SELECT app, name FROM django_migrations"))
    except sqlite3.Error as error:
        raise Refused(f"The database in {path} can't be read: {error}.") from None
    if verdict != "ok":
        raise Refused(f"The database in {path} is damaged: {verdict}.")
    known = set(MigrationLoader(None).disk_migrations)
    if newer := sorted(applied - known):
        raise Refused(
            f"{path} is from a newer version of this site, with the migration {newer[-1][1]}."
            " Update the site first."
        )


def _check_secret(secret: bytes) -> None:
    if os.environ.get("SECRET_KEY", "").strip() and secret != _secret():
        raise Refused(
            "The backup was made with another SECRET_KEY than the environment has. Set it to the"
            f" one in the backup (unzip -p FILE {SECRET}), or take it out, then run this again."
        )


def _set_aside(target: Path) -> Path | None:
    """What is there now, as a backup; what can't be read any more, as it is."""
    if not target.exists():
        return None
    name = f"before-restore-{timezone.now():%Y%m%d-%H%M%S}"
    try:
        with closing(_alone(target)):
            pass
        back_up(kept := target.with_name(f"{name}.zip"))
        return kept
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode not in UNREADABLE:
            raise
        # With its log, which would spoil any other database that came to lie beside it.
        for suffix in ("-wal", "-shm", ""):
            if (file := Path(f"{target}{suffix}")).exists():
                file.rename(target.with_name(f"{name}.sqlite3{suffix}"))
        return target.with_name(f"{name}.sqlite3")


def _alone(file: Path) -> sqlite3.Connection:
    """While it is open nobody else has the database."""
    found = sqlite3.connect(file, timeout=WAIT, isolation_level=None)
    try:
        found.execute("PRAGMA locking_mode = EXCLUSIVE")
        found.execute("PRAGMA journal_mode = DELETE")  # refused while another has it open
        found.execute("BEGIN EXCLUSIVE")
        found.execute("COMMIT")
    except sqlite3.Error as error:
        found.close()
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise Refused("The site is running: stop it, then run this again.") from None
        raise
    return found


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=WAIT, isolation_level=None)


def _counts(copy: sqlite3.Connection) -> dict[str, int]:
    return {
        name: copy.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  constants
        for name, table in COUNTS.items()
    }


def _two(progress: Progress | None) -> Callable[[int, int, int], Any] | None:
    return None if progress is None else lambda status, left, total: progress(left, total)


def _secret() -> bytes:
    return settings.SECRET_KEY.encode()


def _keep_secret(secret: bytes) -> None:
    if secret == _secret():
        return
    file = VAR / SECRET
    draft = file.with_name(f"{file.name}.new")
    with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(secret)
    draft.replace(file)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
