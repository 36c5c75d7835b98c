"""Every way in which the API says no."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ParseError, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from ml.preprocessing import DrawingError, DrawingTooLarge
from predictor.services import IdTaken

NOT_YOURS = (
    "None of your drawings has this id. The cookie that came with a drawing is the only key to it."
)


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "This id is taken. Send the drawing with another."
    default_code = "conflict"


class OtherPicture(APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "If-Match names another picture than this one."
    default_code = "other_picture"


class Unavailable(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The database can't be reached just now. Try again in a moment."
    default_code = "unavailable"
    wait = 5  # seconds, for the header Retry-After


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    return exception_handler(_translate(error), context)


def _translate(error: Exception) -> Exception:
    match error:
        case IdTaken():
            return Conflict()
        case DrawingTooLarge():
            return TooLarge(str(error))
        case DrawingError():
            return ValidationError({"image": [str(error)]})
        case ObjectDoesNotExist():
            return NotFound(NOT_YOURS)
        case SuspiciousOperation():
            return ParseError()
        case OperationalError() | InterfaceError():
            return Unavailable()
    return error
