"""Drawings as programs send them, and as the site stores them."""

import base64
from typing import Any
from uuid import UUID, uuid4

import cv2

from ml.strokes import from_lists, paint
from predictor import services
from predictor.models import Submission

ONE = [[[140, 140], [60, 220], [0, 300]]]
SEVEN = [[[80, 200, 120], [70, 70, 225], [0, 200, 500]]]


def png(strokes: list[Any] = SEVEN) -> bytes:
    return cv2.imencode(".png", 255 - paint(from_lists(strokes)))[1].tobytes()


def text(strokes: list[Any] = SEVEN) -> str:
    return base64.b64encode(png(strokes)).decode()


def stored(visitor: UUID | None = None, **changes: Any) -> Submission:
    """A drawing as the site stores it, and then some columns as a test wants them."""
    submission, _ = services.submit(visitor=visitor or uuid4(), image=png())
    Submission.objects.filter(pk=submission.pk).update(**changes)
    submission.refresh_from_db()
    return submission
