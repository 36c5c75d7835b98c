from collections.abc import Callable

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponsePermanentRedirect,
)
from django.middleware.common import CommonMiddleware
from django.middleware.gzip import GZipMiddleware
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _

from digitsite.errors import answer

GetResponse = Callable[[HttpRequest], HttpResponseBase]
# Bytes: what is shorter fits into one packet anyway.
WORTH_COMPRESSING = 1400
READING = {"GET", "HEAD"}
BY_ADDRESS = {"/healthz", "/metrics"}


class SecurityHeaders:
    """Strict policies on every response, static files and error pages as well."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Content-Security-Policy"] = settings.CONTENT_SECURITY_POLICY
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if not response.has_header("Cache-Control"):
            # Shared caches may keep what says nothing, and give one visitor's data to the next.
            patch_cache_control(response, private=True, no_store=True)
            patch_vary_headers(response, ["Cookie"])
        return response


class MethodsSurviveRedirects:
    """After a 301 clients ask again with GET, and what they sent is lost; after a 308 they don't.

    HTTPS is where it matters: Django sends everybody there with a 301.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 301 and request.method not in READING:
            response.status_code = 308
        return response


class Locale:
    """Speaks the visitor's language; what has no words is the same for all, and says so to caches.

    It comes before whatever may refuse a request, which would use the last one's language. Django's
    own looks for languages in paths as well, which takes as long again on each request.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = translation.get_language_from_request(request)
        translation.activate(language)
        response = self.get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        if is_page or response.status_code >= 400:
            response["Content-Language"] = language
            patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response


class MissingSlash:
    """Says where to send what came without its last slash; Django would redirect it there."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in READING or not lacks_slash(request.path_info):
            return self.get_response(request)
        sentence = _("This address ends with a slash: send it to %(path)s/ instead.")
        sentence %= {"path": request.path}
        return answer(request, 404, "400.html", sentence)


def lacks_slash(path: str) -> bool:
    return not path.endswith("/") and leads_somewhere(f"{path}/") and not leads_somewhere(path)


def leads_somewhere(path: str) -> bool:
    try:
        view = resolve(path).func
    except Resolver404:
        return False
    return view.__name__ != "catch_all_view"  # the admin's, for whatever it doesn't know


class BodyLimit:
    """Refuses what is too large, of unknown length or compressed, without keeping a byte of it.

    Django holds its own limit only where request.body is used: not for streams that REST framework
    parses, nor for uploaded files. A body without a length is never read under WSGI.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        status = refusal(request)
        if not status:
            return self.get_response(request)
        swallow(request)
        response = answer(request, status, "400.html")
        if status == 415:
            response["Accept-Encoding"] = "identity"
        return response


def refusal(request: HttpRequest) -> int | None:
    """The status with which the body is refused, if it is."""
    length = declared_length(request)
    if length is None:
        return 411
    if length and request.headers.get("Content-Encoding", "").lower() not in {"", "identity"}:
        return 415
    return 413 if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE else None


def declared_length(request: HttpRequest) -> int | None:
    """The body's bytes; None where it comes in chunks."""
    declared = request.META.get("CONTENT_LENGTH")
    if not declared and "Transfer-Encoding" in request.headers:
        return None
    try:
        return int(declared or 0)
    except ValueError:
        return 0  # as Django reads it


def swallow(request: HttpRequest) -> None:
    # Most clients listen for the answer only when they have sent everything: 128 MiB are enough
    # to be polite to. Django reads no chunks, but some servers do, and then say where they end.
    body = request.META["wsgi.input"] if "wsgi.input_terminated" in request.META else request
    for _megabyte in range(128):
        if not body.read(2**20):
            break


class Compression(GZipMiddleware):
    """Compresses pages and long JSON. Answers to drawings are short, and pictures are dense."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        is_text = response.get("Content-Type", "").startswith(("text/", "application/"))
        if not is_text or not isinstance(response, HttpResponse):
            return response  # a stream, such as a file
        if len(response.content) < WORTH_COMPRESSING:
            return response
        return super().process_response(request, response)


class Common(CommonMiddleware):
    """Tells its health under any name: load balancers, and Prometheus, ask by address."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if request.path_info in BY_ADDRESS else super().process_request(request)
