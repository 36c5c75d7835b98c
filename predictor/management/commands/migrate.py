from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from digitsite.locks import advisory_lock, locked

LOCK = 0x6D696772  # any number that nothing else takes
LOOK_EVERY = 0.2  # seconds


class Command(migrate.Command):
    """Of several that are run at once on one database, one at a time goes on."""

    def handle(self, *args: Any, database: str, **options: Any) -> None:
        with alone(connections[database]):
            super().handle(*args, database=database, **options)


def alone(connection: BaseDatabaseWrapper) -> AbstractContextManager[None]:
    if connection.vendor == "postgresql":
        return advisory_lock(connection, LOCK, LOOK_EVERY)
    return locked(Path(connection.settings_dict["NAME"]).parent)
