"""A file beside the database that is there to be given up: on a full disk even deleting, which is
written to the log first, needs space."""

import os
import shutil
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

SIZE = 16 * 2**20  # bytes; the log has some four MiB before it is emptied


def keep(connection: BaseDatabaseWrapper) -> None:
    """Make the file, where that leaves enough to others."""
    file = _file(connection)
    if not file or file.exists() or shutil.disk_usage(file.parent).free < 2 * SIZE:
        return
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        draft.write_bytes(os.urandom(SIZE))  # some file systems keep no zeros
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def spend(connection: BaseDatabaseWrapper) -> bool:
    """Give its space to the database; False where there was none."""
    file = _file(connection)
    if not file or not file.exists():
        return False
    file.unlink(missing_ok=True)
    empty_log(connection)
    return True


def empty_log(connection: BaseDatabaseWrapper) -> None:
    """Let what waits in the log reach the database, so that the log can begin anew."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def database_file(connection: Any) -> Path | None:
    """Return SQLite's file; None for a database in memory or on PostgreSQL."""
    if connection.vendor != "sqlite" or connection.is_in_memory_db():
        return None
    return Path(connection.settings_dict["NAME"]).absolute()


def _file(connection: BaseDatabaseWrapper) -> Path | None:
    database = database_file(connection)
    return database and database.with_name(f"{database.name}-reserve")
