"""What Prometheus asks for: the answers of each network, and how many drawings wait for review."""

from collections.abc import Iterable, Iterator

from prometheus_client import Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from digitsite.metrics import registry
from ml.runtime import Prediction
from predictor.models import CONFIDENCE_BINS

# Their number, by network, is that of the answers.
confidence = Histogram(
    "digits_confidence",
    "Confidence of the answers given",
    ["model"],
    buckets=[*CONFIDENCE_BINS[1:], 1],
    registry=registry,
)


def answered(model: str, predictions: Iterable[Prediction]) -> None:
    answers = confidence.labels(model)
    for prediction in predictions:
        answers.observe(prediction.confidence)


class Drawings(Collector):
    """Of the whole site, whichever machine is asked."""

    def __init__(self, stored: int, waiting: int) -> None:
        self.stored, self.waiting = stored, waiting

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily("digits_drawings", "Drawings stored", self.stored)
        yield GaugeMetricFamily(
            "digits_review_queue", "Drawings without a reviewer's label", self.waiting
        )
