import logging

from redis import RedisError
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

logger = logging.getLogger(__name__)


class Throttle(AnonRateThrottle):
    """Lets everybody through while Redis is away: better to read too much than nothing at all."""

    def allow_request(self, request: Request, view: APIView | None) -> bool:
        try:
            return super().allow_request(request, view)
        except RedisError as error:
            logger.error("Requests are not counted, because Redis is away: %s", error)
            return True


class SubmitThrottle(Throttle):
    scope = "submit"


class PredictThrottle(Throttle):
    scope = "predict"


class ListThrottle(Throttle):
    """Of the networks: no more often than predictions, and counted apart from them."""

    scope = "models"
