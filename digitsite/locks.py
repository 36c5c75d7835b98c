"""Locks between processes, on one machine or on one database."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def advisory_lock(connection: BaseDatabaseWrapper, key: int, look_every: float) -> Iterator[None]:
    """Of all that ask one PostgreSQL with this key, one at a time goes on.

    It lasts as long as a transaction on a connection of its own: a pooler may give what comes after
    a transaction to another session. It is asked for again and again, since a statement that waits
    might be ended for taking long.
    look_every: seconds.
    """
    other = connection.copy()
    other.set_autocommit(False)
    try:
        while not _is_free(other, key):
            other.rollback()
            sleep(look_every)
        yield
    finally:
        other.close()


def _is_free(connection: BaseDatabaseWrapper, key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [key])
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
