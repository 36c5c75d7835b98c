"""Which drawings are shown to whom, and what becomes of a reviewer's decisions.

Visitors' disagreements come first, then what the network was least confident of. Among them, one in
ten is sampled at random from all drawings: the audit sample. Accuracy is measured on it alone,
because mistakes are over-represented among the hard cases.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import random
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Max
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from digitsite.formats import integer
from predictor import labelling
from predictor.models import LabelEvent, Lease, Submission, SubmissionQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

QUEUE_LENGTH = 10  # drawings that a reviewer holds at once
GRID_SIZE = 60
RECENT = 10  # labels that a reviewer can change at a click
RECENT_EVENTS = 50  # among which they are looked for
AUDIT_RATE = 1 / 9  # so many beside each other one: every tenth
LEASE_TIME = timedelta(minutes=10)


def hand_out(reviewer: User) -> list[UUID]:
    """Return the drawings that the reviewer holds, filled up and held anew."""
    with transaction.atomic():
        _end_old_leases()
        mine = Lease.objects.filter(reviewer=reviewer, in_grid=False)
        mine.update(until=timezone.now() + LEASE_TIME)
        ids = list(mine.values_list("pk", flat=True))
        hard = Submission.objects.unreviewed().order_by("-disputed", "confidence", "id")
        for id in _lease(hard, max(0, QUEUE_LENGTH - len(ids)), reviewer):
            ids += sample(reviewer) if random() < AUDIT_RATE else []
            ids.append(id)
        return ids


def hand_out_grid(reviewer: User, label: int) -> list[UUID]:
    """Return drawings that the network predicts to be this, the most confident first."""
    with transaction.atomic():
        _end_old_leases()
        Lease.objects.filter(reviewer=reviewer, in_grid=True).delete()
        easy = Submission.objects.unreviewed().filter(disputed=False, predicted=label)
        return _lease(easy.order_by("-confidence", "id"), GRID_SIZE, reviewer, in_grid=True)


def held(reviewer: User, label: int | None = None) -> list[str]:
    """Return who holds drawings without a label, in sentences to this reviewer.

    label: those of the grid alone, which are predicted to be this.
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
    if holder is None:
        text = ngettext(
            "%(count)s drawing, skipped before, can be had again from %(time)s UTC.",
            "%(count)s drawings, skipped before, can be had again from %(time)s UTC.",
            count,
        )
    elif holder != reviewer.pk:
        text = ngettext(
            "%(count)s drawing held by %(name)s until %(time)s UTC, if not labelled before.",
            "%(count)s drawings held by %(name)s until %(time)s UTC, if not labelled before.",
            count,
        )
    elif in_grid:
        text = ngettext(
            "%(count)s drawing in your own grid.", "%(count)s drawings in your own grid.", count
        )
    else:
        text = ngettext(
            "%(count)s drawing in your own queue.", "%(count)s drawings in your own queue.", count
        )
    return text % {"count": integer(count), "name": name, "time": f"{until:%H:%M}"}


@dataclass(frozen=True)
class Decision:
    """What a reviewer's page sends: the label that it showed, and the one to give.

    new: None takes back one's own. skip: leaves the drawing to others for a while.
    """

    submission: UUID
    idempotency_key: UUID
    old: int | None
    new: int | None
    skip: bool


def decide(reviewer: User, decision: Decision) -> str:
    """Store a decision once, however often it is sent.

    Returns what kept it from being stored, if anything did, in a sentence.
    """
    rows = Submission.objects.filter(pk=decision.submission)
    with transaction.atomic():
        row = rows.select_for_update().only("label", "reviewed_by").first()
        if row is None:
            return gettext("The drawing was erased meanwhile.")
        if row.events.filter(idempotency_key=decision.idempotency_key).exists():
            return ""
        if not _is_as_seen(row, reviewer, decision):
            return conflict(row, reviewer)
        _relabel(rows, reviewer, decision)
        _pass_on(rows, reviewer, decision)
    return ""


def _is_as_seen(row: Submission, reviewer: User, decision: Decision) -> bool:
    if row.label == decision.old and row.reviewed_by_id in (None, reviewer.pk):
        return True
    # It may already be what it is to be.
    return row.label == decision.new and not decision.skip


def _relabel(rows: SubmissionQuerySet, reviewer: User, decision: Decision) -> None:
    labelling.relabel(
        rows,
        decision.new,
        actor=reviewer,
        source=LabelEvent.Source.UNDO if decision.new is None else LabelEvent.Source.QUEUE,
        idempotency_key=decision.idempotency_key,
    )


def _pass_on(rows: SubmissionQuerySet, reviewer: User, decision: Decision) -> None:
    leases = Lease.objects.filter(pk=decision.submission)
    if decision.skip:  # nobody's for a while
        leases.filter(reviewer=reviewer).update(reviewer=None, until=timezone.now() + LEASE_TIME)
    elif decision.new is None:
        leases.filter(reviewer=None).delete()
        _lease(rows, 1, reviewer)


def conflict(row: Submission, reviewer: User) -> str:
    """Return who has changed the label, in a sentence to this reviewer."""
    last = row.events.last()
    text = gettext("Somebody else set this to “%(label)s” meanwhile.")
    if last and last.actor_id == reviewer.pk:
        text = gettext("You set this to “%(label)s” in another tab or window meanwhile.")
    return text % {"label": row.get_label_display() or gettext("none")}


def recent(reviewer: User) -> list[Submission]:
    """Return the drawings that the reviewer labelled last and that still have that label."""
    events = LabelEvent.objects.filter(
        actor=reviewer, submission__reviewed_by=reviewer, new=F("submission__label")
    )
    ids = events.order_by("-id").values_list("submission", flat=True)[:RECENT_EVENTS]
    last = list(dict.fromkeys(ids))[:RECENT]
    found = Submission.objects.only("label", "pixels").in_bulk(last)
    return [found[id] for id in last if id in found]


def confirm(
    reviewer: User,
    label: int,
    *,
    shown: list[UUID],
    wrong: list[UUID],
    typed: dict[UUID, int],
    idempotency_key: UUID,
) -> Counter[int]:
    """Label all that the grid showed, but the wrong ones: as typed, or else as predicted.

    Returns how many got each label. The wrong ones come next in the reviewer's queue.
    """
    Lease.objects.filter(pk__in=wrong, reviewer=reviewer).update(in_grid=False)
    given = {id: typed.get(id, label) for id in set(shown) - set(wrong)}
    right = Submission.objects.filter(pk__in=list(given), predicted=label)
    labelling.relabel(
        right.unreviewed(),
        lambda row: given[row.pk],
        actor=reviewer,
        source=LabelEvent.Source.GRID,
        idempotency_key=idempotency_key,
    )
    stored = right.filter(events__idempotency_key=idempotency_key, label=F("events__new"))
    return Counter(given[id] for id in stored.values_list("pk", flat=True))


def undo(reviewer: User, shown: list[UUID], idempotency_key: UUID) -> int:
    """Take back what was confirmed with this key, unless it was relabelled. Returns how many."""
    confirmed = Submission.objects.filter(
        pk__in=shown,
        reviewed_by=reviewer,
        label=F("events__new"),
        events__idempotency_key=idempotency_key,
    )
    return labelling.relabel(confirmed, None, actor=reviewer, source=LabelEvent.Source.UNDO)


def sample(reviewer: User) -> list[UUID]:
    """Return one for the audit sample; none if that one has a label already, which counts."""
    waiting = Submission.objects.unreviewed().audited().order_by("sampling_key")
    if ids := _lease(waiting, 1, reviewer):
        return ids
    left = Submission.objects.filter(audited_at=None).order_by("sampling_key").only("pk")
    sampled = list(left.select_for_update(skip_locked=True)[:1])
    rows = Submission.objects.filter(pk__in=[row.pk for row in sampled])
    rows.update(audited_at=timezone.now())
    return _lease(rows.unreviewed(), 1, reviewer)


def _lease(
    rows: SubmissionQuerySet, limit: int, reviewer: User, *, in_grid: bool = False
) -> list[UUID]:
    """Lease the first of the rows that nobody holds to the reviewer. Returns their ids."""
    free = rows.filter(lease=None).only("pk")
    locked = free.select_for_update(skip_locked=True, of=("self",))[:limit]
    ids = [row.pk for row in locked]
    # Another may have leased one between the look at it and its lock.
    taken = set(Lease.objects.filter(pk__in=ids).values_list("pk", flat=True))
    ids = [id for id in ids if id not in taken]
    until = timezone.now() + LEASE_TIME
    Lease.objects.bulk_create(
        Lease(submission_id=id, reviewer=reviewer, in_grid=in_grid, until=until) for id in ids
    )
    return ids


def _end_old_leases() -> None:
    Lease.objects.filter(until__lt=timezone.now()).delete()
