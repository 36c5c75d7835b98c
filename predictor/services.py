"""The flows that touch more than one row, or more than the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import sleep
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import numpy as np
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from digitsite.backends.reasons import FULL, reason
from digitsite.backends.sqlite import reserve
from ml import preprocessing
from ml.strokes import CANVAS, from_lists, on_canvas, paint
from predictor import classifier, images, leftovers
from predictor.models import (
    LabelEvent,
    Lease,
    ModelVersion,
    Submission,
    SubmissionQuerySet,
    Tombstone,
)
from predictor.networks import Activation

if TYPE_CHECKING:
    from django.contrib.auth.models import User

BATCH = 200  # rows that are locked at once
# Seconds between batches: whoever waits for SQLite's lock looks for it now and then, and would
# seldom find it free.
PAUSE = 0.03


class IdTaken(Exception):
    """The id that was sent belongs to another drawing, or to one that was erased."""


def submit(
    *, visitor: UUID, image: bytes, strokes: list[Any] | None = None, id: UUID | None = None
) -> tuple[Submission, bool]:
    """The stored drawing, and whether it is new. Raises ml.preprocessing.DrawingError, IdTaken."""
    picture, drawing = _drawn(image, strokes or [])
    pixels = preprocessing.preprocess(picture)
    network = classifier.network()
    [prediction] = network.predict(pixels[None])
    submission = Submission(
        id=id or uuid4(),
        visitor=visitor,
        model_id=network.version,
        preprocessing=preprocessing.VERSION,
        digit=prediction.digit,
        confidence=prediction.confidence,
        is_digit=prediction.is_digit,
        digit_score=prediction.digit_score,
        probabilities=prediction.probabilities,
        pixels=pixels.tobytes(),
        strokes=strokes,
        drawing=drawing,
    )
    try:
        with transaction.atomic():
            submission.save(force_insert=True)
    except IntegrityError:
        stored = Submission.objects.without_blobs().filter(pk=submission.pk).first()
        if stored and stored.visitor == visitor:
            return stored, False
        if stored or Tombstone.objects.filter(pk=submission.pk).exists():
            raise IdTaken from None
        raise
    return submission, True


def _drawn(image: bytes, strokes: list[Any]) -> tuple[np.ndarray, bytes]:
    """What is read, uint8 (height, width, 3), and the file to keep.

    That is the image, unless a browser made noise of the page's canvas to hide who is drawing.
    """
    picture = preprocessing.decode(image)
    if strokes and picture.shape[:2] == (CANVAS, CANVAS) and preprocessing.is_noise(picture):
        lines = from_lists(strokes)
        if on_canvas(lines):
            picture = 255 - paint(lines)
            return picture, images.as_png(picture)
    return picture, images.to_keep(image, picture)


def claim(submission: Submission, visitor_label: int | None) -> None:
    """Raises Submission.DoesNotExist when it was erased meanwhile."""
    if not Submission.objects.filter(pk=submission.pk).update(visitor_label=visitor_label):
        raise Submission.DoesNotExist
    submission.visitor_label = visitor_label


def relabel(
    submissions: SubmissionQuerySet,
    label: int | None | Callable[[Submission], int | None],
    *,
    actor: User,
    way: LabelEvent.Way,
    key: UUID | None = None,
    again: bool = False,
) -> int:
    """How many got another label than they had; each of them has an event that tells it.

    `again` counts and tells of those too that keep the label which they have.

    `label` is the new one, None to take it back, or a function from a submission to it.
    `key` marks the events of one decision.
    What no longer fits the query once its row is locked stays as it is.
    """
    changed = 0
    for ids in _batches(submissions):
        with transaction.atomic():
            changed += _relabel(submissions.filter(pk__in=ids), label, actor, way, key, again)
    return changed


def _relabel(
    submissions: SubmissionQuerySet,
    label: int | None | Callable[[Submission], int | None],
    actor: User,
    way: LabelEvent.Way,
    key: UUID | None,
    again: bool,
) -> int:
    now = timezone.now()
    events = []
    rows = submissions.order_by("pk").only("label", "predicted", "visitor_label")
    for row in rows.select_for_update():
        new = label(row) if callable(label) else label
        if again or new != row.label:
            events.append(
                LabelEvent(
                    submission=row, at=now, actor=actor, old=row.label, new=new, way=way, key=key
                )
            )
    LabelEvent.objects.bulk_create(events)  # by which the database sets the labels
    Lease.objects.filter(pk__in=[event.submission_id for event in events]).delete()
    return len(events)


def erase(submission: Submission) -> None:
    erase_all(Submission.objects.filter(pk=submission.pk))


def erase_all(
    submissions: SubmissionQuerySet, progress: Callable[[int], Any] = lambda count: None
) -> int:
    """Everything of them is gone but their ids; how many they were."""
    erased, labelled = 0, False
    try:
        for ids in _batches(submissions):
            found, any_labelled = _erase_in_reserve(submissions.filter(pk__in=ids))
            erased += found
            labelled |= any_labelled
            progress(found)
    finally:
        if labelled:  # networks are compared by no others
            leftovers.forget_erased()
    return erased


def _erase_in_reserve(submissions: SubmissionQuerySet) -> tuple[int, bool]:
    """Where the disk is full, in the space that is kept for it."""
    try:
        return _erase(submissions)
    except OperationalError as error:
        if reason(error) is not FULL or not reserve.spend(connection):
            raise
        return _erase(submissions)


@transaction.atomic
def _erase(submissions: SubmissionQuerySet) -> tuple[int, bool]:
    """How many they were, and whether any had a label."""
    now = timezone.now()
    found = [row.pk for row in submissions.order_by("pk").select_for_update().only("pk")]
    Tombstone.objects.bulk_create([Tombstone(id=id, erased_at=now) for id in found])
    _, gone = Submission.objects.filter(pk__in=found).only("pk").delete()
    return len(found), bool(gone.get(LabelEvent._meta.label))


def activate(version: ModelVersion, actor: User | None, forced_because: str = "") -> None:
    now = timezone.now()
    with transaction.atomic():
        # Locked in one order, so that of two who activate at once the second comes second.
        list(ModelVersion.objects.order_by("version").select_for_update().only("version"))
        if ModelVersion.objects.active().filter(pk=version.pk).exists():
            return  # it was asked for twice
        ModelVersion.objects.active().update(is_active=False)
        ModelVersion.objects.filter(pk=version.pk).update(
            is_active=True, activated_at=now, activated_by=actor
        )
        Activation.objects.create(
            network=version, at=now, actor=actor, forced_because=forced_because
        )


def _batches(submissions: SubmissionQuerySet) -> Iterator[list[UUID]]:
    """The ids of all of them, the oldest first, read as they are needed."""
    rows = submissions.order_by("created_at", "pk").values_list("pk", "created_at")
    batch = list(rows[:BATCH])
    while batch:
        yield [pk for pk, _ in batch]
        if len(batch) < BATCH:
            return
        if connection.vendor == "sqlite":
            sleep(PAUSE)
        pk, at = batch[-1]
        batch = list(rows.filter(created_at__gte=at).exclude(created_at=at, pk__lte=pk)[:BATCH])
