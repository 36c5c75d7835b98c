"""Labels: given, changed and taken back, each time with an event that tells it."""

from __future__ import annotations

from collections.abc import Callable
from time import sleep
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from predictor.models import LabelEvent, Lease, Submission, SubmissionQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    NewLabel = int | None | Callable[[Submission], int | None]

BATCH_SIZE = 200  # rows that are locked at once
# Seconds between batches: whoever waits for SQLite's lock looks for it now and then, and would
# seldom find it free.
PAUSE = 0.03


def relabel(
    submissions: SubmissionQuerySet,
    label: NewLabel,
    *,
    actor: User,
    source: LabelEvent.Source,
    idempotency_key: UUID | None = None,
    confirm: bool = False,
) -> int:
    """Return how many got another label than they had.

    label: the new one, None to take it back, or a function from a submission to it.
    idempotency_key: marks the events of one decision.
    confirm: whether to count, and tell of, those too that keep the label which they have.

    What no longer matches the queryset once its row is locked stays as it is.
    """
    changed = 0
    rows = submissions.only("created_at")
    for index, batch in enumerate(rows.in_batches("created_at", BATCH_SIZE)):
        if index and connection.vendor == "sqlite":
            sleep(PAUSE)
        with transaction.atomic():
            events = _events(submissions.filter(pk__in=[row.pk for row in batch]), label, confirm)
            _store(events, actor, source, idempotency_key)
        changed += len(events)
    return changed


def _events(submissions: SubmissionQuerySet, label: NewLabel, confirm: bool) -> list[LabelEvent]:
    events = []
    rows = submissions.order_by("pk").only("label", "predicted", "visitor_label")
    for row in rows.select_for_update():
        new = label(row) if callable(label) else label
        if confirm or new != row.label:
            events.append(LabelEvent(submission=row, old=row.label, new=new))
    return events


def _store(
    events: list[LabelEvent],
    actor: User,
    source: LabelEvent.Source,
    idempotency_key: UUID | None,
) -> None:
    now = timezone.now()
    for event in events:
        event.at, event.actor, event.source = now, actor, source
        event.idempotency_key = idempotency_key
    LabelEvent.objects.bulk_create(events)  # by which the database sets the labels
    Lease.objects.filter(pk__in=[event.submission_id for event in events]).delete()
