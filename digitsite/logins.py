"""Attempts to log in: few, for each user name and address (django-axes counts them)."""

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, cast

from axes.backends import AxesStandaloneBackend
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from digitsite.errors import answer

if TYPE_CHECKING:
    from rest_framework.request import Request


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
