from collections.abc import Iterable
from math import ceil

from rest_framework.throttling import AnonRateThrottle

from ml.decoding import READING

# Costs, as of ml.decoding: of 320 x 320 pixels, where the page's drawings have 280 x 280, and of
# what counts as one call.
SMALL = 320 * 320 * (1 + READING)
CALL = 2_500_000


class Throttle(AnonRateThrottle):
    num_requests: int
    duration: int  # seconds
    now: float
    # When requests came, the newest first; empty if they are not counted.
    history: list[float] = []

    def wait(self) -> float | None:
        """Seconds until the next request passes, even when one has counted for many."""
        if not self.history:
            return None
        last_to_go = self.history[min(len(self.history), self.num_requests) - 1]
        return float(self.duration - (self.now - last_to_go))


class SubmitThrottle(Throttle):
    scope = "submit"


class PredictThrottle(Throttle):
    scope = "predict"

    def charge(self, costs: Iterable[int]) -> None:
        """Count a request that was let through again, as often as its large images cost.

        However many they are, small ones cost nothing more.
        """
        large = sum(cost for cost in costs if cost > SMALL)
        further = ceil(large / CALL) - 1
        if not self.history or further < 1:
            return
        self.history = [self.now] * further + self.history
        self.cache.set(self.key, self.history, self.duration)


class ListThrottle(Throttle):
    """Of the networks: no more often than predictions, and counted apart from them."""

    scope = "models"
