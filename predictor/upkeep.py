"""What SQLite leaves to the site: PostgreSQL looks after itself."""

import logging
from contextlib import suppress
from threading import Thread
from time import sleep
from typing import Any

from django.db import DEFAULT_DB_ALIAS, Error, close_old_connections, connections

from digitsite.backends.sqlite import reserve

logger = logging.getLogger(__name__)

EVERY = 600.0  # seconds
LOOKED_AT = 1000  # rows of each index: enough to choose by, and done at once among millions


def run(using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit = {LOOKED_AT}")
        cursor.execute("ANALYZE")
    with suppress(OSError):
        reserve.keep(connection)


def watch() -> None:
    Thread(target=_watch, name="upkeep", daemon=True).start()


def _watch() -> None:
    while True:
        sleep(EVERY)
        close_old_connections()  # as Django does before each request
        try:
            run()
        except Error as error:
            logger.error("The database could not be looked after: %s", error)
