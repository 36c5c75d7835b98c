from rest_framework.throttling import AnonRateThrottle


class SubmitThrottle(AnonRateThrottle):
    scope = "submit"


class PredictThrottle(AnonRateThrottle):
    scope = "predict"
