"""Attempts to log in are few, for each user name and address (django-axes counts them); and whoever
has logged in has to do so again after a while.
"""

from contextlib import suppress
from ipaddress import ip_address
from time import time
from typing import TYPE_CHECKING, Any, cast

from axes.backends import AxesStandaloneBackend
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import Error
from django.http import HttpRequest, HttpResponse

from digitsite.errors import answer

if TYPE_CHECKING:
    from rest_framework.request import Request


BEGUN, SEEN = "begun", "seen"  # seconds since 1970, in a session
NOTED_EVERY = 60  # seconds: staff's requests are not worth a write each


class Attempts(AxesStandaloneBackend):
    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        if request is not None:  # as in scripts and tests, which come from no address
            super().authenticate(request, **credentials)


def address_of(request: HttpRequest) -> str | None:
    """As throttles count: what the proxy saw, not what the caller claims."""
    from rest_framework.throttling import BaseThrottle

    try:
        address = BaseThrottle().get_ident(cast("Request", request))
        return str(ip_address(address.partition("%")[0]))
    except (AttributeError, ValueError):
        return None


def is_locked_out(request: HttpRequest) -> bool:
    return getattr(request, "axes_locked_out", False)


def locked_out(request: HttpRequest) -> HttpResponse:
    response = answer(request, 429, "429.html")
    response["Retry-After"] = int(settings.AXES_COOLOFF_TIME.total_seconds())
    return response


def begin(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    request.session[BEGUN] = request.session[SEEN] = int(time())


def goes_on(session: SessionBase) -> bool:
    """Whether a session of staff is neither idle nor too old; else it is no more."""
    now = int(time())
    idle, age = (now - session.get(name, 0) for name in (SEEN, BEGUN))
    if idle > settings.SESSION_MAX_IDLE or age > settings.SESSION_COOKIE_AGE:
        session.flush()
        return False
    if idle > NOTED_EVERY:
        _note(session, now)
    return True


def _note(session: SessionBase, now: int) -> None:
    """Save it here: the cookie need not be sent again, and what can be shown without is shown."""
    was_modified = session.modified
    session[SEEN] = now
    with suppress(Error):
        session.save()
    session.modified = was_modified
