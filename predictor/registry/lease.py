"""One retraining at a time, on however many machines: a lease in the database.

Its holder renews it as long as it lives. One that died, or whose machine did, loses it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from socket import gethostname
from threading import Event, Thread
from typing import Any
from uuid import UUID, uuid4

from django.db import Error, connection
from django.db.models import DateTimeField, ExpressionWrapper, Q
from django.db.models.functions import Now

from predictor.models import RetrainingLease

logger = logging.getLogger(__name__)

LIFETIME = timedelta(minutes=2)
RENEW_EVERY = 20.0  # seconds


class Busy(Exception):
    """Another retraining is running."""


class Lost(Exception):
    """Another retraining took the lease over. Its text is a sentence for people."""


@contextmanager
def hold(dead: UUID | None = None, progress: Callable[[], dict[str, int]] = dict) -> Iterator[UUID]:
    """Hold the lease, which is free where nobody renews it, or its holder is known to be dead.

    progress: columns that tell how far it is, asked whenever it is renewed.
    Raises Busy.
    """
    token = uuid4()
    RetrainingLease.objects.get_or_create(pk=1)
    anew = {"host": gethostname(), "began_at": Now(), "stage": "", "epoch": 0, "epochs": 0}
    if not _extend(Q(until=None) | Q(until__lt=Now()) | Q(token=dead), token, **anew):
        raise Busy
    done = Event()
    renewing = Thread(target=_renew, args=(token, done, progress), name="lease", daemon=True)
    renewing.start()
    try:
        yield token
    finally:
        done.set()
        renewing.join()
        RetrainingLease.objects.filter(token=token).update(until=None)


def note(token: UUID, **columns: Any) -> None:
    """Tell how far this holder is."""
    RetrainingLease.objects.filter(token=token).update(**columns)


def ensure_held(token: UUID) -> None:
    """Raises Lost, if this holder could not renew it for longer than it lasts, and another came."""
    if not _extend(Q(token=token), token):
        raise Lost("Another retraining began while the database was away; run this again later.")


def _extend(condition: Q, token: UUID, **columns: Any) -> bool:
    # By the database's clock: those of several machines may differ.
    until = ExpressionWrapper(Now() + LIFETIME, output_field=DateTimeField())
    columns |= {"token": token, "until": until}
    return bool(RetrainingLease.objects.filter(condition).update(**columns))


def _renew(token: UUID, done: Event, progress: Callable[[], dict[str, int]]) -> None:
    try:
        while not done.wait(RENEW_EVERY):
            try:
                _extend(Q(token=token), token, **progress())
            except Error as error:
                logger.warning("The lease could not be renewed, and will be tried again: %s", error)
                connection.close()
    finally:
        connection.close()
