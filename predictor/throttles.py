from rest_framework.throttling import AnonRateThrottle as Throttle


class SubmitThrottle(Throttle):
    scope = "submit"


class PredictThrottle(Throttle):
    scope = "predict"
