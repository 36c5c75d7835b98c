"""Every way in which the API says no."""

import logging
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, SuspiciousOperation
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ParseError, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from digitsite.errors import RETRY_AFTER, unavailable
from ml.decoding import DrawingError, DrawingTooLarge
from predictor.submissions import IdTaken, UnreadableImages, sentence_of

logger = logging.getLogger(__name__)
NOT_YOURS = _(
    "None of your drawings has this id. The cookie that came with a drawing, or the token that it"
    " was sent with, is the only key to it."
)


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This id is taken. Send the drawing with another.")
    default_code = "conflict"


class OtherPicture(APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = _("If-Match names another picture than this one.")
    default_code = "other_picture"


class Unavailable(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    wait = RETRY_AFTER


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    if sentence := unavailable(error):
        # Django logs that it was a 503, and not why.
        logger.error("%s: %s", type(error).__name__, error)
        error = Unavailable(sentence)
    return exception_handler(_translate(error), context)


def _translate(error: Exception) -> Exception:
    match error:
        case IdTaken():
            return Conflict()
        case UnreadableImages():
            return ValidationError({"images": error.as_detail()})
        case DrawingTooLarge():
            return TooLarge(sentence_of(error))
        case DrawingError():
            return ValidationError({"image": [sentence_of(error)]})
        case ObjectDoesNotExist():
            return NotFound(NOT_YOURS)
        case SuspiciousOperation():
            return ParseError()
    return error
