"""Whether the site can do its work: read drawings, store them, show them again."""

from __future__ import annotations

import logging
import shutil
from time import monotonic
from typing import Any

from django.db import Error, connection
from django.utils import timezone

from digitsite.backends.reasons import AWAY, FULL, reason
from digitsite.backends.sqlite.reserve import database_file
from digitsite.errors import Unavailable
from predictor.models import Heartbeat
from predictor.registry import serving

logger = logging.getLogger(__name__)

WRITE_EVERY = 1.0  # seconds, however often it is asked
SPACE = 2 * 2**20  # bytes that a large drawing takes on the disk

_next_write = 0.0


def state() -> dict[str, Any]:
    found: dict[str, Any] = {"database": False, "writable": False}
    found |= {"network": _loaded_network(), "active": None, "problems": []}
    try:
        found["active"] = serving.active_version()
        found["database"] = True
        _write()
        found["writable"] = has_space()
        failing = "" if found["writable"] else FULL.for_visitors
    except Error as error:
        logger.error("The database fails: %s", error)
        failing = (reason(error) or AWAY).for_visitors
    found["problems"] = [text for text in (failing, serving.problem()) if text]
    return found


def _loaded_network() -> str | None:
    try:
        return serving.network().version
    except (Error, Unavailable):  # which is logged there
        return None


def _write() -> None:
    global _next_write
    if monotonic() < _next_write:
        return
    now = timezone.now()
    if not Heartbeat.objects.filter(pk=1).update(at=now):
        Heartbeat.objects.bulk_create([Heartbeat(pk=1, at=now)], ignore_conflicts=True)
    _next_write = monotonic() + WRITE_EVERY


def has_space() -> bool:
    """On the disk, or where drawings were erased."""
    file = database_file(connection)
    if not file:
        return True
    free = shutil.disk_usage(file.parent).free
    if free >= SPACE:
        return True
    # What is written passes through the log, also what goes where drawings were erased.
    log = file.with_name(f"{file.name}-wal")
    if free + (log.stat().st_size if log.exists() else 0) < SPACE:
        return False
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA freelist_count").fetchone()[0]
        return int(pages * cursor.execute("PRAGMA page_size").fetchone()[0]) >= SPACE
