"""What SQLite leaves to the site: PostgreSQL looks after itself."""

import logging
from contextlib import suppress
from threading import Thread
from time import sleep
from typing import Any

from django.db import DEFAULT_DB_ALIAS, Error, OperationalError, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from digitsite.backends.sqlite import reserve

logger = logging.getLogger(__name__)

EVERY = 600.0  # seconds
FEW = 10_000  # drawings, among which any index will do


def run(using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    if _is_another_size(connection):
        analyze(connection)
    with suppress(OSError):
        reserve.keep(connection)


def forget() -> None:
    """Empty SQLite's log, which still has what was erased lately."""
    if connections[DEFAULT_DB_ALIAS].vendor == "sqlite":
        with suppress(OperationalError):  # somebody else is at it, or this is in a transaction
            reserve.empty_log(connections[DEFAULT_DB_ALIAS])


def analyze(connection: BaseDatabaseWrapper) -> None:
    """Count what is in each index, so that SQLite knows which one to take.

    From samples it would think that nearly all drawings have the same prediction, and that one
    index has ten times as many as another with the same ones, and sort a million to show a page.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
        for (name,) in cursor.fetchall():
            # One by one, so that nobody who writes waits for longer than a second.
            cursor.execute(f"ANALYZE {connection.ops.quote_name(name)}")


def _is_another_size(connection: BaseDatabaseWrapper) -> bool:
    """Whether there are twice or half as many drawings as when they were counted last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM predictor_submission")
        rows = int(cursor.fetchone()[0])
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")
        if not cursor.fetchone():
            return rows >= FEW
        cursor.execute("SELECT stat FROM sqlite_stat1 WHERE idx = 'submission_newest'")
        known = int((cursor.fetchone() or ["0"])[0].split()[0])
    return max(rows, known) >= FEW and not known / 2 < rows < known * 2


def watch() -> None:
    Thread(target=_watch, name="maintenance", daemon=True).start()


def _watch() -> None:
    while True:
        sleep(EVERY)
        close_old_connections()  # as Django does before each request
        try:
            run()
        except Error as error:
            logger.error("The database could not be looked after: %s", error)
