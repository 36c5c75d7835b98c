"""The order in which labels reached the database, so that none falls between two exports.

A label has the time at which it was given, and can be seen only when its transaction is committed,
however much later that is. So each export notes which labels it sees. One that an earlier export
could not see, though it was given before, counts from the time of that export on: whoever asks for
what came since then gets it. Only the times of exports matter, and those never go back.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from predictor.models import ExportState, LabelArrival, Submission, SubmissionQuerySet

BATCH_SIZE = 1000
NEVER = datetime.min.replace(tzinfo=UTC)


def settle() -> datetime:
    """Give each new label its place. Returns the time before which there will be no further one."""
    with transaction.atomic():
        state, _ = ExportState.objects.select_for_update().get_or_create(pk=1)
        earlier = state.settled_at or NEVER
        now = max(timezone.now(), earlier)
        LabelArrival.objects.bulk_create(
            [
                LabelArrival(submission_id=id, reviewed_at=given, at=max(given, earlier))
                for id, given in _new().values_list("pk", "reviewed_at")
                if given  # as every label has it
            ],
            batch_size=BATCH_SIZE,
            update_conflicts=True,
            unique_fields=["submission"],
            update_fields=["reviewed_at", "at"],
        )
        state.settled_at = now
        state.save()
    return now


def _new() -> SubmissionQuerySet:
    """Labels without a place, locked until they have it.

    What somebody holds locked is being labelled anew or erased, and is left for the next time.
    """
    known = LabelArrival.objects.filter(
        submission=OuterRef("pk"), reviewed_at=OuterRef("reviewed_at")
    )
    found = Submission.objects.reviewed().filter(~Exists(known))
    return found.select_for_update(skip_locked=True, no_key=True)


def between(
    submissions: SubmissionQuerySet, since: datetime | None, until: datetime | None
) -> SubmissionQuerySet:
    """Those whose label has its place since then, and before the other."""
    if since or until:
        submissions = submissions.filter(arrival__reviewed_at=F("reviewed_at"))
    if since:
        submissions = submissions.filter(arrival__at__gte=since)
    if until:
        submissions = submissions.filter(arrival__at__lt=until)
    return submissions
