"""Erasing submissions, and all that is kept of them beside themselves; their bare ids stay."""

from __future__ import annotations

from collections.abc import Callable
from time import sleep
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from digitsite.backends.reasons import FULL, reason
from digitsite.backends.sqlite import reserve
from predictor.labelling import BATCH_SIZE, PAUSE
from predictor.models import Comparison, LabelEvent, Submission, SubmissionQuerySet, Tombstone


def erase(submission: Submission) -> None:
    erase_all(Submission.objects.filter(pk=submission.pk))


def erase_all(
    submissions: SubmissionQuerySet, progress: Callable[[int], Any] = lambda count: None
) -> int:
    """Return how many they were."""
    erased, any_labelled = 0, False
    rows = submissions.order_by().only("created_at")
    try:
        for index, batch in enumerate(rows.in_batches("created_at", BATCH_SIZE)):
            if index and connection.vendor == "sqlite":
                sleep(PAUSE)
            found, labelled = _erase_on_full_disk(submissions.filter(pk__in=[r.pk for r in batch]))
            erased += found
            any_labelled |= labelled
            progress(found)
    finally:
        if any_labelled:  # comparisons are made on no others
            forget_erased()
    return erased


def _erase_on_full_disk(submissions: SubmissionQuerySet) -> tuple[int, bool]:
    """Where the disk is full, erase in the space that is kept for it."""
    try:
        return _erase(submissions)
    except OperationalError as error:
        if reason(error) is not FULL or not reserve.spend(connection):
            raise
        return _erase(submissions)


@transaction.atomic
def _erase(submissions: SubmissionQuerySet) -> tuple[int, bool]:
    """Return how many they were, and whether any had a label."""
    now = timezone.now()
    found = [row.pk for row in submissions.order_by("pk").select_for_update().only("pk")]
    Tombstone.objects.bulk_create([Tombstone(id=id, erased_at=now) for id in found])
    _, deleted = Submission.objects.filter(pk__in=found).only("pk").delete()
    return len(found), bool(deleted.get(LabelEvent._meta.label))


def forget_erased() -> None:
    """Also what was erased while nobody came to this, because a process was stopped."""
    for pk in Comparison.objects.values_list("pk", flat=True):
        for comparison in Comparison.objects.filter(pk=pk):
            forget_flips(comparison)


def forget_flips(comparison: Comparison) -> None:
    """Keep what two model versions made of drawings only of those that still exist."""
    parts = [comparison.report[name] for name in comparison.report.keys() & {"audited", "reviewed"}]
    flips = [flip for part in parts for named in part["flips"].values() for flip in named]
    ids = {flip["id"] for flip in flips}
    found = Submission.objects.filter(pk__in=ids).values_list("pk", flat=True)
    existing = {str(id) for id in found}
    if existing == ids:
        return
    for part in parts:
        part["flips"] = {
            kind: [flip for flip in named if flip["id"] in existing]
            for kind, named in part["flips"].items()
        }
    comparison.save(update_fields=["report"])
