"""Why the database fails, in sentences for those who ask the site and for those who run it."""

import sqlite3
from typing import NamedTuple

from django.db import Error, InterfaceError, OperationalError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Reason(NamedTuple):
    for_visitors: Promise
    for_operators: str


AWAY = Reason(
    _("The site can't reach its database just now. Please try again in a minute."),
    "Start it, or mend DATABASE_URL, then run this again.",
)
BUSY = Reason(
    _("The site's database is busy just now. Please try again in a moment."),
    "Run this again when whoever holds it is done.",
)
FULL = Reason(
    _("The site has no space left in its database to store anything. It has been noted."),
    "There is no space left on its disk: free some, then run this again.",
)
READ_ONLY = Reason(
    _(
        "The site's database can only be read just now, and nothing can be stored. It has been"
        " noted."
    ),
    "It can only be read: let this user write to it and to its folder, or use the primary server.",
)
DAMAGED = Reason(
    _("The site's database is damaged, which has been noted. Please try again later."),
    "It is damaged: stop the site, then put a backup back with: manage.py restore FILE",
)
NOT_READY = Reason(
    _("The site's database is being set up. Please try again in a minute."),
    "It is not set up for this version of the site: run manage.py migrate.",
)

# The last byte of SQLite's codes says what kind it is.
BY_SQLITE = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR_WRITE: FULL,  # a quota, or a limit on the size of files
    sqlite3.SQLITE_IOERR_SHMSIZE: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}
BY_SQLSTATE = {
    "25006": READ_ONLY,  # a server that stands by
    "42P01": NOT_READY,
    "42703": NOT_READY,
    "53100": FULL,
    "53300": BUSY,  # too many connections
    "55P03": BUSY,
    "57014": BUSY,  # longer than a statement may take
    "XX001": DAMAGED,
    "XX002": DAMAGED,
}


def reason(error: BaseException | None) -> Reason | None:
    """None where the database is not to blame: what it was asked for was wrong."""
    if not isinstance(error, Error):
        return None
    cause = error.__cause__
    code = getattr(cause, "sqlite_errorcode", 0)
    found = BY_SQLITE.get(code) or BY_SQLITE.get(code & 0xFF)
    found = found or BY_SQLSTATE.get(getattr(cause, "sqlstate", None) or "")
    if not found and code == sqlite3.SQLITE_ERROR and "no such " in str(error):
        found = NOT_READY
    if not found and isinstance(error, (OperationalError, InterfaceError)):
        found = AWAY
    return found
