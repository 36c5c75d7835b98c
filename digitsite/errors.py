"""What is answered when no view could: JSON to programs, a page to people, never a stack trace."""

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import gettext_lazy as _

from digitsite.backends.reasons import AWAY, reason
from digitsite.logs import request_id

RETRY_AFTER = 5  # seconds


class Unavailable(Exception):
    """Something that the site needs is away for a while; the text tells a visitor so."""


SENTENCES = {
    400: _("The request could not be understood."),
    403: _("This is not allowed."),
    404: _("There is nothing here."),
    411: _("Say how long the body is, in Content-Length: what comes in chunks is not read here."),
    413: _("That is too large to be read here."),
    415: _("Send the body as it is: what is compressed (Content-Encoding) is not read here."),
    429: _("Too many attempts to log in have failed."),
    500: _("Something went wrong here. It is not your fault, and it has been noted."),
    503: AWAY.for_visitors,
}


def answer(request: HttpRequest, status: int, template: str, sentence: str = "") -> HttpResponse:
    sentence = sentence or str(SENTENCES[status])
    if request.path_info.startswith(("/api/", "/healthz", "/metrics")):
        return JsonResponse({"detail": sentence}, status=status)
    # Without the request: what its context processors need may be what failed.
    about = {"status": status, "sentence": sentence, "request_id": request_id.get()}
    page = loader.render_to_string(template, about)
    return HttpResponse(page, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 400, "400.html")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 403, "403.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    # Every page with a form gives cookies: who sends none back keeps none.
    return answer(request, 403, "403.html" if request.COOKIES else "cookies.html")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 404, "404.html")


def server_error(request: HttpRequest) -> HttpResponse:
    sentence = unavailable(sys.exc_info()[1])
    if not sentence:
        return answer(request, 500, "500.html")
    response = answer(request, 503, "500.html", sentence)
    response["Retry-After"] = RETRY_AFTER
    return response


def unavailable(error: BaseException | None) -> str:
    """What to tell a visitor who may well try again; nothing where that would not help."""
    if isinstance(error, Unavailable):
        return str(error)
    found = reason(error)
    return str(found.for_visitors) if found else ""
