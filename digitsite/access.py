"""A line for each request in the log, and an id that the answer carries, to find it by."""

import logging
import re
from time import perf_counter
from uuid import uuid4

from django.http import HttpRequest, HttpResponseBase

from digitsite import metrics
from digitsite.logs import request_id
from digitsite.middleware import GetResponse

logger = logging.getLogger("digitsite.access")

HEADER = "X-Request-ID"
# What proxies make: UUIDs, hexadecimal numbers, traces. Anything else might be there to mislead.
SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Access:
    """First of all middleware, so that it sees what others answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start = perf_counter()
        given = request.headers.get(HEADER, "")
        token = request_id.set(given if SANE.fullmatch(given) else uuid4().hex)
        try:
            response = self.get_response(request)
            response[HEADER] = request_id.get()
            seconds = perf_counter() - start
            metrics.count(request, response.status_code, seconds)
            log(request, response.status_code, seconds)
            return response
        finally:
            request_id.reset(token)


def log(request: HttpRequest, status: int, seconds: float) -> None:
    """Without the query, the address and the cookies: who it was is nobody's business."""
    facts = {"method": request.method, "path": request.path, "status": status}
    logger.info("request", extra={"facts": facts | {"ms": round(1000 * seconds, 1)}})
