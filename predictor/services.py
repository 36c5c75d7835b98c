"""The flows that touch more than one row, or more than the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from digitsite.backends.reasons import FULL, reason
from digitsite.backends.sqlite import reserve
from ml import preprocessing
from predictor import classifier, images
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

BATCH = 500  # rows that are locked at once


class IdTaken(Exception):
    """The id that was sent belongs to another drawing, or to one that was erased."""


def submit(
    *, visitor: UUID, image: bytes, strokes: list[Any] | None = None, id: UUID | None = None
) -> tuple[Submission, bool]:
    """The stored drawing, and whether it is new. Raises ml.preprocessing.DrawingError, IdTaken."""
    picture = preprocessing.decode(image)
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
        drawing=images.to_keep(image, picture),
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
    erased = 0
    for ids in _batches(submissions):
        try:
            count = _erase(submissions.filter(pk__in=ids))
        except OperationalError as error:
            if reason(error) is not FULL or not reserve.spend(connection):
                raise
            count = _erase(submissions.filter(pk__in=ids))
        erased += count
        progress(count)
    return erased


@transaction.atomic
def _erase(submissions: SubmissionQuerySet) -> int:
    now = timezone.now()
    found = [row.pk for row in submissions.order_by("pk").select_for_update().only("pk")]
    Tombstone.objects.bulk_create([Tombstone(id=id, erased_at=now) for id in found])
    Submission.objects.filter(pk__in=found).only("pk").delete()
    return len(found)


def activate(version: ModelVersion, actor: User | None, forced_because: str = "") -> None:
    now = timezone.now()
    with transaction.atomic():
        # Locked in one order, so that of two who activate at once the second comes second.
        list(ModelVersion.objects.order_by("version").select_for_update().only("version"))
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
        pk, at = batch[-1]
        batch = list(rows.filter(created_at__gte=at).exclude(created_at=at, pk__lte=pk)[:BATCH])
