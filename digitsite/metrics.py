"""What Prometheus asks for, of all processes of a gunicorn together."""

import os

from django.http import HttpRequest
from prometheus_client import CollectorRegistry, Counter, Histogram, multiprocess

from digitsite.counting import FOLDER

METHODS = {"GET", "HEAD", "POST", "PATCH", "DELETE"}

registry = CollectorRegistry()
requests = Counter(
    "digits_requests", "Requests answered", ["method", "view", "status"], registry=registry
)
seconds_taken = Histogram(
    "digits_request_seconds",
    "Seconds from the first to the last middleware",
    ["view"],
    buckets=[0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registry=registry,
)


def count(request: HttpRequest, status: int, seconds: float) -> None:
    view = request.resolver_match.view_name if request.resolver_match else "none"
    # Anyone can make methods up, and each would be kept for ever.
    method = request.method if request.method in METHODS else "other"
    requests.labels(method, view, status).inc()
    seconds_taken.labels(view).observe(seconds)


def of_all_processes() -> CollectorRegistry:
    """A registry of its own for each scrape, to which more may be added."""
    scraped = CollectorRegistry()
    if FOLDER in os.environ:
        multiprocess.MultiProcessCollector(scraped)
    else:
        scraped.register(registry)
    return scraped
