"""Django's PostgreSQL, for a server that may give no answer."""

from collections.abc import Callable, Generator
from functools import partial
from time import monotonic
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from digitsite.backends import waiting

# Later than the server itself would give up, since it knows why.
SILENCE = waiting.LIMIT + 1


class Silent(psycopg.OperationalError):
    pass


def is_silent(error: Exception) -> bool:
    return isinstance(error, (Silent, psycopg.errors.ConnectionTimeout))


turns = waiting.Turns(5, refuse=psycopg.OperationalError, hangs=is_silent)


def not_for_ever(steps: Generator[int, int, Any]) -> Generator[int, int, Any]:
    """psycopg's steps through an exchange with the server, ended when nothing comes any more."""
    try:
        wanted = next(steps)
        heard = monotonic()
        while True:
            ready = yield wanted
            if ready:
                heard = monotonic()
            elif monotonic() > heard + SILENCE:
                raise Silent("the server gives no answer")
            wanted = steps.send(ready)
    except StopIteration as stop:
        return stop.value


def wait_in_turn(
    connection: psycopg.Connection[Any], wait: Callable[..., Any], steps: Any, *args: Any, **kw: Any
) -> Any:
    with turns.turn():
        try:
            return wait(not_for_ever(steps), *args, **kw)
        except Silent:
            connection.close()
            raise


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        with turns.turn():
            connection = super().get_new_connection(conn_params)
        if waiting.serving:
            limit(connection)
        return connection


def limit(connection: psycopg.Connection[Any]) -> None:
    connection.wait = partial(wait_in_turn, connection, connection.wait)  # type: ignore[method-assign]  # as psycopg has no hook
    # In the session, since poolers refuse it among the parameters of a connection. A pooler, which
    # makes up the number of the process, gives its sessions to others too, who may take longer.
    connection.autocommit = True
    connection.execute(
        "SELECT set_config('statement_timeout', %s, false) WHERE pg_backend_pid() = %s",
        [f"{waiting.LIMIT:.0f}s", connection.info.backend_pid],
    )
