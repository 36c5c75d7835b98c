"""What Prometheus reads, and nobody else."""

from contextlib import suppress

from django.conf import settings
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from digitsite.metrics import of_all_processes
from predictor import statistics
from predictor.metrics import Drawings


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    scraped = of_all_processes()
    with suppress(Error):  # the requests that fail then are what one wants to see
        totals = statistics.totals()
        scraped.register(Drawings(totals["drawings"], totals["waiting"]))
    return HttpResponse(generate_latest(scraped), content_type=CONTENT_TYPE_LATEST)
