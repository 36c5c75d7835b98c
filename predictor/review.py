"""Which drawings come before whom, and what becomes of a reviewer's decisions.

Visitors' disagreements come first, then what the network was least sure of. Among them, one in
ten is drawn blindly from all drawings: the audit. How well the site reads is told by the audit
alone, since whoever looks at the hard cases sees more mistakes than there are.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import random
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Max
from django.utils import timezone

from predictor import services
from predictor.models import LabelEvent, Lease, Submission, SubmissionQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

AHEAD = 10  # drawings that are before a reviewer at once
GRID = 60
AUDIT_SHARE = 1 / 9  # so many beside each other one: every tenth
LEASE = timedelta(minutes=10)


def hand_out(reviewer: User) -> list[UUID]:
    """The drawings that wait before the reviewer, as many as there should be. Their time is new."""
    with transaction.atomic():
        _end_old_leases()
        mine = Lease.objects.filter(reviewer=reviewer, in_grid=False)
        mine.update(until=timezone.now() + LEASE)
        ids = list(mine.values_list("pk", flat=True))
        hard = Submission.objects.unreviewed().order_by("-disputed", "confidence", "id")
        for id in _lease(hard, max(0, AHEAD - len(ids)), reviewer):
            ids += draw(reviewer) if random() < AUDIT_SHARE else []
            ids.append(id)
        return ids


def hand_out_grid(reviewer: User, label: int) -> list[UUID]:
    """Drawings that the network reads as this, and is surest of."""
    with transaction.atomic():
        _end_old_leases()
        Lease.objects.filter(reviewer=reviewer, in_grid=True).delete()
        easy = Submission.objects.unreviewed().filter(disputed=False, predicted=label)
        return _lease(easy.order_by("-confidence", "id"), GRID, reviewer, in_grid=True)


def held(reviewer: User, label: int | None = None) -> list[str]:
    """Where drawings without a label are, that are not handed out: sentences to this reviewer.

    label: those of the grid alone, which are read as this.
    """
    leases = Lease.objects.filter(submission__label=None)
    if label is not None:
        leases = leases.filter(submission__disputed=False, submission__predicted=label)
    holders = leases.values_list("reviewer", "reviewer__username", "in_grid")
    found = holders.annotate(count=Count("pk"), last=Max("until")).order_by("-count", "reviewer")
    return [_where(reviewer, *holder) for holder in found]


def _where(
    reviewer: User, holder: int | None, name: str, in_grid: bool, count: int, until: datetime
) -> str:
    drawings = "1 drawing" if count == 1 else f"{count:,} drawings"
    time = f"{until:%H:%M} UTC"
    if holder is None:
        return f"{drawings}, skipped before, can be had again from {time}."
    if holder == reviewer.pk:
        return f"{drawings} in your own {'grid' if in_grid else 'queue'}."
    return f"{drawings} held by {name} until {time}, if not labelled before."


def decide(
    reviewer: User, *, submission: UUID, key: UUID, old: int | None, new: int | None, skip: bool
) -> str:
    """Changes the label from what the reviewer saw to what they say; None takes theirs back.

    However often a decision is sent, by its key it is stored once. Returns what kept it from being
    stored, if anything did, in a sentence.
    """
    rows = Submission.objects.filter(pk=submission)
    leases = Lease.objects.filter(pk=submission)
    with transaction.atomic():
        row = rows.select_for_update().only("label", "reviewed_by").first()
        if row is None:
            return "The drawing was erased meanwhile."
        if LabelEvent.objects.filter(submission=row, key=key).exists():
            return ""
        as_seen = row.label == old and row.reviewed_by_id in (None, reviewer.pk)
        # What it shall be it may be already.
        if not as_seen and (row.label != new or skip):
            return said_meanwhile(row, reviewer)
        way = LabelEvent.Way.UNDO if new is None else LabelEvent.Way.QUEUE
        services.relabel(rows, new, actor=reviewer, way=way, key=key)
        if skip:  # nobody's for a while
            leases.filter(reviewer=reviewer).update(reviewer=None, until=timezone.now() + LEASE)
        elif new is None:
            leases.filter(reviewer=None).delete()
            _lease(rows, 1, reviewer)
    return ""


def said_meanwhile(row: Submission, reviewer: User) -> str:
    """Whose the label is that the drawing has got, in a sentence to this reviewer."""
    last = row.events.last()
    where = " in another tab or window" if last and last.actor_id == reviewer.pk else ""
    who = "You" if where else "Somebody else"
    return f"{who} set this to “{row.get_label_display() or 'none'}”{where} meanwhile."


def confirm(reviewer: User, label: int, *, shown: list[UUID], wrong: list[UUID], key: UUID) -> int:
    """All that the grid showed are what they were read as, but the wrong ones; how many.

    The wrong ones come next in the reviewer's queue.
    """
    Lease.objects.filter(pk__in=wrong, reviewer=reviewer).update(in_grid=False)
    right = Submission.objects.filter(pk__in=set(shown) - set(wrong), predicted=label)
    services.relabel(right.unreviewed(), label, actor=reviewer, way=LabelEvent.Way.GRID, key=key)
    return right.filter(label=label, events__key=key).count()


def take_back(reviewer: User, shown: list[UUID], key: UUID) -> int:
    """What the reviewer confirmed with this key, unless it was labelled anew; how many."""
    confirmed = Submission.objects.filter(
        pk__in=shown, reviewed_by=reviewer, label=F("predicted"), events__key=key
    )
    return services.relabel(confirmed, None, actor=reviewer, way=LabelEvent.Way.UNDO)


def draw(reviewer: User) -> list[UUID]:
    """One for the audit; none if the one drawn has its label already, and so counts at once."""
    waiting = Submission.objects.unreviewed().audited().order_by("lot")
    if ids := _lease(waiting, 1, reviewer):
        return ids
    lots = Submission.objects.filter(audited_at=None).order_by("lot").only("pk")
    drawn = list(lots.select_for_update(skip_locked=True)[:1])
    rows = Submission.objects.filter(pk__in=[row.pk for row in drawn])
    rows.update(audited_at=timezone.now())
    return _lease(rows.unreviewed(), 1, reviewer)


def _lease(
    rows: SubmissionQuerySet, most: int, reviewer: User, *, in_grid: bool = False
) -> list[UUID]:
    """The first of the rows that are before nobody, which now are before the reviewer."""
    free = rows.filter(lease=None).only("pk")
    locked = free.select_for_update(skip_locked=True, of=("self",))[:most]
    ids = [row.pk for row in locked]
    # Another may have leased one between the look at it and its lock.
    taken = set(Lease.objects.filter(pk__in=ids).values_list("pk", flat=True))
    ids = [id for id in ids if id not in taken]
    until = timezone.now() + LEASE
    Lease.objects.bulk_create(
        Lease(submission_id=id, reviewer=reviewer, in_grid=in_grid, until=until) for id in ids
    )
    return ids


def _end_old_leases() -> None:
    Lease.objects.filter(until__lt=timezone.now()).delete()
