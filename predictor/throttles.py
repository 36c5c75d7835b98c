from rest_framework.throttling import AnonRateThrottle as Throttle


class SubmitThrottle(Throttle):
    scope = "submit"


class PredictThrottle(Throttle):
    scope = "predict"


class ListThrottle(Throttle):
    """Of the networks: no more often than predictions, and counted apart from them."""

    scope = "models"
