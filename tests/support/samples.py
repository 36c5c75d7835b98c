"""Drawings as programs send them, and as the site stores them."""

import base64
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import cv2
from django.contrib.auth.models import User
from django.utils import timezone

from ml.strokes import from_lists, render
from predictor import submissions
from predictor.models import LabelEvent, Submission
from predictor.registry import serving

ONE = [[[140, 140], [60, 220], [0, 300]]]
SEVEN = [[[80, 200, 120], [70, 70, 225], [0, 200, 500]]]


def png(strokes: list[Any] = SEVEN) -> bytes:
    return cv2.imencode(".png", 255 - render(from_lists(strokes)))[1].tobytes()


def text(strokes: list[Any] = SEVEN) -> str:
    return base64.b64encode(png(strokes)).decode()


def stored(visitor: UUID | None = None, **changes: Any) -> Submission:
    """A drawing as the site stores it, and then some columns as a test wants them."""
    submission, _ = submissions.submit(serving.network(), visitor=visitor or uuid4(), image=png())
    review = [changes.pop(name, None) for name in ("label", "reviewed_by", "reviewed_at")]
    if changes:
        Submission.objects.filter(pk=submission.pk).update(**changes)
    if review[0] is not None:
        labelled(submission, *review)
    submission.refresh_from_db()
    return submission


def many(count: int, **changes: Any) -> list[Submission]:
    """Drawings like one that came through the front door."""
    like = stored(**changes)
    columns = {
        field.attname: getattr(like, field.attname)
        for field in Submission._meta.concrete_fields
        if not field.generated and field.name != "sampling_key"
    }
    rows = [Submission(**columns | {"id": uuid4()}) for _ in range(count - 1)]
    return [like, *Submission.objects.bulk_create(rows)]


def labelled(submission: Submission, label: int, by: User, at: datetime | None = None) -> None:
    LabelEvent.objects.create(
        submission=submission, actor=by, at=at or timezone.now(), new=label, source="queue"
    )
