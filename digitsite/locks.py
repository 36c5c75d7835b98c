"""Locks between processes, on one machine or on one database."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper


def try_advisory_lock(connection: BaseDatabaseWrapper, key: int) -> bool:
    """On PostgreSQL, for as long as this connection lasts. Returns whether it was free."""
    return _ask(connection, "SELECT pg_try_advisory_lock(%s)", key)


def release_advisory_lock(connection: BaseDatabaseWrapper, key: int) -> None:
    if connection.is_usable():  # else it is released already
        _ask(connection, "SELECT pg_advisory_unlock(%s)", key)


def _ask(connection: BaseDatabaseWrapper, query: str, key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(query, [key])
        return bool(cursor.fetchone()[0])


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Of all processes on this machine that lock this folder, one at a time goes on."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
