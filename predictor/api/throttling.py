"""How often one visitor, and one address with all its visitors, may ask."""

from collections.abc import Iterable
from math import ceil
from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from ml.decoding import READING
from predictor.models import Token
from predictor.visitor import token_of, visitor_of

# To one that a visitor may send: a class behind one address, of whom none is in a great hurry.
ADDRESS_SHARE = 1000 / 60
# Costs, as of ml.decoding: of 320 x 320 pixels, where the page's drawings have 280 x 280, and of
# what counts as one call.
SMALL = 320 * 320 * (1 + READING)
CALL = 2_500_000


class Count(SimpleRateThrottle):
    """So many requests in a time that begins with the first: two numbers, whatever the rate.

    REST framework keeps when each of them came.
    """

    num_requests: int
    duration: int  # seconds
    now = began = 0.0
    counted = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        if not self.rate:
            return True
        self.key = self.get_cache_key(request, view)
        self.now = self.timer()
        self.began, self.counted = self.cache.get(self.key) or (self.now, 0)
        if not self.began <= self.now < self.began + self.duration:
            self.began, self.counted = self.now, 0
        if self.counted >= self.num_requests:
            return False
        self.count(1)
        return True

    def wait(self) -> float:
        """Seconds until the next request passes."""
        return self.began + self.duration - self.now

    def count(self, requests: int) -> None:
        """Count a request that was let through."""
        self.counted += requests
        self.cache.set(self.key, (self.began, self.counted), self.duration)


class AddressCount(Count):
    """Of all that comes from an address, with whatever cookies or without: those cost nothing."""

    def __init__(self, scope: str, rate: str) -> None:
        self.scope, self.rate = f"{scope}-address", rate
        super().__init__()
        self.num_requests = round(self.num_requests * ADDRESS_SHARE)

    def get_cache_key(self, request: Request, view: Any) -> str:
        return str(self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)})


class Throttle(Count):
    """Count the requests of a visitor, or of all at an address who have no cookie."""

    address: AddressCount | None = None  # once the visitor's own count lets a request through

    def get_cache_key(self, request: Request, view: Any) -> str:
        ident = visitor_of(request) or self.get_ident(request)
        return str(self.cache_format % {"scope": self.scope, "ident": ident})

    def allow_request(self, request: Request, view: Any) -> bool:
        if token := token_of(request):
            return self.allow_token(token, request, view)
        # Whoever is refused for their own hurry takes nothing from the others at their address.
        if not super().allow_request(request, view):
            return False
        if not self.rate:
            return True
        self.address = AddressCount(str(self.scope), self.rate)
        return self.address.allow_request(request, view)

    def allow_token(self, token: Token, request: Request, view: Any) -> bool:
        """Nobody makes tokens to ask more often, so that their address is not counted."""
        if own := token.per_minute:
            self.rate, self.num_requests, self.duration = f"{own}/min", own, 60
        return super().allow_request(request, view)

    def wait(self) -> float:
        return self.address.wait() if self.address else super().wait()


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
        if self.rate and further > 0:
            self.count(further)
            if self.address:
                self.address.count(further)


class DownloadThrottle(Throttle):
    """Of all that a visitor has drawn, which takes long to put together."""

    scope = "download"


class ExportThrottle(Count):
    """Of all that was reviewed, which takes longer still; by a token, whatever else it may."""

    scope = "export"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return str(self.cache_format % {"scope": self.scope, "ident": visitor_of(request)})


class ListThrottle(Throttle):
    """Of the networks: no more often than predictions, and counted apart from them."""

    scope = "models"
