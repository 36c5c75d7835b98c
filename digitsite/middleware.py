from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.middleware.gzip import GZipMiddleware

from digitsite.errors import answer

GetResponse = Callable[[HttpRequest], HttpResponseBase]
# Bytes: what is shorter fits into one packet anyway.
WORTH_COMPRESSING = 1400


class SecurityHeaders:
    """Strict policies on every response, static files and error pages as well."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Content-Security-Policy"] = settings.CONTENT_SECURITY_POLICY
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        return response


class BodyLimit:
    """Refuses what is too large, without keeping a byte of it.

    Django holds its own limit only where request.body is used: not for streams that REST framework
    parses, nor for uploaded files. A body without a length is never read under WSGI.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            swallow(request)
            return answer(request, 413, "400.html")
        return self.get_response(request)


def swallow(request: HttpRequest) -> None:
    # Most clients listen for the answer only when they have sent everything: 128 MiB are enough
    # to be polite to.
    for _ in range(128):
        if not request.read(2**20):
            break


class Compression(GZipMiddleware):
    """Compresses pages and long JSON. Answers to drawings are short, and pictures are dense."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_text = response.get("Content-Type", "").startswith(("text/", "application/"))
        if response.streaming or not is_text or len(response.content) < WORTH_COMPRESSING:
            return response
        return super().process_response(request, response)


class Common(CommonMiddleware):
    """Tells its health under any name: load balancers ask by address."""

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:
        return None if request.path_info == "/healthz" else super().process_request(request)
