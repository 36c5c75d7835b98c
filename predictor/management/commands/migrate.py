from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from digitsite.locks import locked, release_advisory_lock, try_advisory_lock

LOCK = 0x6D696772  # any number that nothing else takes
LOOK_EVERY = 0.2  # seconds


class Command(migrate.Command):
    """Of several that are run at once on one database, one at a time goes on."""

    def handle(self, *args: Any, database: str, **options: Any) -> None:
        with alone(connections[database]):
            super().handle(*args, database=database, **options)


@contextmanager
def alone(connection: BaseDatabaseWrapper) -> Iterator[None]:
    if connection.vendor != "postgresql":
        with locked(Path(connection.settings_dict["NAME"]).parent):
            yield
        return
    # Asked again and again: a statement that waits might be ended for taking long.
    while not try_advisory_lock(connection, LOCK):
        sleep(LOOK_EVERY)
    try:
        yield
    finally:
        release_advisory_lock(connection, LOCK)
