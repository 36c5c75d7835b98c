"""Django's SQLite, for a file that may be locked, full, replaced or gone."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base, features
from django.utils.functional import cached_property

from digitsite.backends import waiting


class Locked(sqlite3.OperationalError):
    sqlite_errorcode = sqlite3.SQLITE_BUSY


def refuse(text: str) -> Exception:
    error = OperationalError(text)
    error.__cause__ = Locked(text)
    return error


def is_locked(error: Exception) -> bool:
    code = getattr(error.__cause__ or error, "sqlite_errorcode", 0)
    return code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


# A writer that waits keeps no reader from its turn.
reads, writes = (waiting.Turns(3, refuse=refuse, hangs=is_locked) for _ in range(2))
# Milliseconds, after which it is tried anew: SQLite looks again after 1, 2 and 5, and then would
# wait ever longer while others are served.
PATIENCE = 8


class DatabaseFeatures(features.DatabaseFeatures):
    @cached_property
    def supports_json_field(self) -> bool:  # type: ignore[override]  # a property there too
        # Django asks in a transaction, and takes a full disk for an answer.
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT JSON('{}')")
        return True


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(self._in_turn)

    def _in_turn(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if self.in_atomic_block or not waiting.serving:
            return execute(sql, params, many, context)  # it has its lock
        with (reads if sql.startswith("SELECT") else writes).turn():
            end = monotonic() + waiting.LIMIT
            while True:
                try:
                    return execute(sql, params, many, context)
                except OperationalError as error:
                    if not is_locked(error) or monotonic() > end:
                        raise

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if waiting.serving:
            params["timeout"] = waiting.LIMIT
            if not self.is_in_memory_db():
                # To make a database that isn't there is up to migrate.
                path = Path(self.settings_dict["NAME"]).absolute()
                params["database"] = f"{path.as_uri()}?mode=rw"
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        with reads.turn():
            connection = super().get_new_connection(conn_params)
            if waiting.serving:
                connection.execute(f"PRAGMA busy_timeout = {PATIENCE}")  # then _in_turn goes on
        self._opened = self._files()
        return connection

    def is_usable(self) -> bool:
        """Whether this is still the file that has its name: what is written to another is lost."""
        file, log = self._files()
        if self._opened[1] is None:
            self._opened[1] = log  # it is made by the first to write
        return super().is_usable() and self._opened == [file, log]

    def _files(self) -> list[tuple[int, int] | None]:
        found: list[tuple[int, int] | None] = []
        path = str(self.settings_dict["NAME"])
        for name in (path, f"{path}-wal"):
            try:
                status = os.stat(name)
                found.append((status.st_dev, status.st_ino))
            except OSError:
                found.append(None)
        return found
