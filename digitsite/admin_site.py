"""The admin site. Whatever an address asks for, the answer is never that something broke here."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import BadRequest, FieldError, ValidationError
from django.db import DataError, NotSupportedError, ProgrammingError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from digitsite.logins import goes_on, is_locked_out, locked_out

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]

LONGEST = 1_000  # characters of a query: SQLite takes no more than so many conditions
# Django validates no value that stands in an address: year 0, 2**64 and the like fail where the
# query is made, or in the database.
SENSELESS = (
    ArithmeticError,
    DataError,
    FieldError,
    LookupError,
    NotSupportedError,
    ProgrammingError,
    TypeError,
    ValidationError,
    ValueError,
)


class AdminSite(admin.AdminSite):
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().login(request, extra_context)
        return locked_out(request) if is_locked_out(request) else response

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and goes_on(request.session)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(sensible(view), cacheable)


def sensible(view: View) -> View:
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        check(request)
        try:
            return view(request, *args, **kwargs)
        except SENSELESS as error:
            if not (request.GET or request.POST or args or kwargs):
                raise  # nothing was asked for: the fault is in the code
            if is_list(request) and ERROR_FLAG not in request.GET:
                # As Django does with the values that it finds to be wrong.
                return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
            # Or else the fault is in the code.
            logger.warning("%s could not be answered", request.path, exc_info=True)
            raise BadRequest("Not what this page can be asked for") from error

    return inner


def check(request: HttpRequest) -> None:
    if len(request.META.get("QUERY_STRING", "")) > LONGEST:
        raise BadRequest("Too much is asked for at once")
    # They can take for ever, and SQLite tells a wrong one from no other failure.
    if any(name.endswith("regex") for name in request.GET):
        raise BadRequest("Regular expressions are not taken here")


def is_list(request: HttpRequest) -> bool:
    match = request.resolver_match
    name = (match.url_name if match else None) or ""
    return request.method == "GET" and name.endswith("_changelist")
