"""Drawings by the million, for measurements: copies of a few that the site has read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import numpy as np
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import timezone

from ml.glyphs import glyph
from ml.strokes import place
from predictor import maintenance, submissions
from predictor.models import DIGITS, LabelEvent, Submission
from predictor.registry import serving

ORIGINALS = 300  # so that few confidences are alike
BATCH = 5000  # drawings in a transaction
SPAN = timedelta(days=365)
PER_VISITOR = 20  # drawings, on average
PER_SITTING = 5
# Of all drawings, those of which their visitor says something; of these, those that disagree.
CLAIMED, DISPUTED = 0.2, 0.1
# Those that a reviewer labelled, and of these, those in the audit sample and those read wrongly.
LABELLED, AUDITED, MISREAD = 0.1, 0.1, 0.05
REVIEWER = "make_drawings"
# What is another in every copy.
OWN = ["id", "created_at", "visitor", "visitor_label", "audited_at", "sampling_key"]
REVIEW = ["label", "reviewed_by", "reviewed_at"]  # which a trigger sets


class Copy(NamedTuple):
    original: Submission
    id: UUID
    created_at: datetime
    visitor: UUID
    is_labelled: bool

    def values(self) -> list[Any]:
        """Of the columns that are its own, and then the id of the original."""
        claim = self.original.predicted if chance(CLAIMED) else None
        if claim is not None and chance(DISPUTED):
            claim = another(claim)
        audited_at = self.created_at if self.is_labelled and chance(AUDITED) else None
        own = [self.id, self.created_at, self.visitor, claim, audited_at, random.random()]
        return [*own, self.original.pk]


def chance(share: float) -> bool:
    return random.random() < share


def another(label: int) -> int:
    return random.choice([digit for digit in DIGITS if digit != label])


SHAPES = [
    glyph("30,0 6,20 2,60 28,100 56,70 52,20 30,0"),
    glyph("0,20 24,0! 24,100"),
    glyph("2,24 28,0 58,22 36,60 0,98! 66,96"),
    glyph("2,14 26,0 50,14 36,40 16,48 34,44 60,66 42,98 0,92"),
    glyph("10,4 4,40! 60,46; 46,10! 44,100"),
    glyph("56,0! 8,2! 4,44 44,40 58,70 34,100 0,88"),
    glyph("40,0 12,40 4,80 22,100 48,88 46,66 22,62 6,78"),
    glyph("0,4! 60,0! 40,48 28,100"),
    glyph("44,8 20,0 8,20 44,60 50,84 26,100 6,82 20,56 50,20 44,8"),
    glyph("54,10 26,0 2,22 20,44 50,30! 54,10! 50,100"),
]


def draw_originals() -> None:
    """Submit drawings of all digits to the network that is active."""
    rng = np.random.default_rng()
    for index in range(ORIGINALS):
        drawn = SHAPES[index % 10].draw(rng)
        placed = place(drawn, fraction=rng.uniform(0.4, 0.9), degrees=rng.normal(0, 10))
        strokes = [np.round(points.T, 1).tolist() for points in placed]
        submissions.submit(serving.network(), visitor=uuid4(), strokes=strokes)


def copy(count: int) -> Iterator[int]:
    """Store so many copies of the newest drawings; yields how many each transaction stored."""
    originals = list(Submission.objects.only("predicted")[:ORIGINALS])
    reviewer, _ = get_user_model().objects.get_or_create(
        username=REVIEWER, defaults={"is_active": False}
    )
    drawings = _drawings(count, originals)
    while batch := list(islice(drawings, BATCH)):
        with transaction.atomic():
            _store(batch)
            LabelEvent.objects.bulk_create(_labels(batch, reviewer))
        yield len(batch)


def tidy() -> None:
    """Let the database know how much there is now, which it would find out by and by."""
    maintenance.run()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE predictor_submission")


def _drawings(count: int, originals: list[Submission]) -> Iterator[Copy]:
    """In the order in which they were drawn."""
    visitors = [uuid4() for _ in range(-(-count // PER_VISITOR))]
    visitor, end = visitors[0], timezone.now()
    for index in range(count):
        if chance(1 / PER_SITTING):
            visitor = random.choice(visitors)
        at = end - SPAN * (1 - (index + random.random()) / count)
        yield Copy(random.choice(originals), uuid4(), at, visitor, chance(LABELLED))


def _store(batch: list[Copy]) -> None:
    """What the network said, and megabytes of pictures, are copied inside the database."""
    table = Submission._meta.db_table
    fields = {field.name: field for field in Submission._meta.concrete_fields}
    same = [
        name
        for name, field in fields.items()
        if not field.generated and name not in {*OWN, *REVIEW}
    ]
    columns = [str(fields[name].column) for name in [*OWN, *same]]
    sql = (
        f"INSERT INTO {table} ({', '.join(columns)})"  # noqa: S608  names of columns
        f" SELECT {', '.join(['%s'] * len(OWN) + columns[len(OWN) :])} FROM {table} WHERE id = %s"
    )
    given = [fields[name] for name in [*OWN, "id"]]
    with connection.cursor() as cursor:
        cursor.executemany(
            sql,
            [
                [
                    field.get_db_prep_save(value, connection)
                    for field, value in zip(given, copy.values(), strict=True)
                ]
                for copy in batch
            ],
        )


def _labels(batch: list[Copy], reviewer: Any) -> list[LabelEvent]:
    return [
        LabelEvent(
            submission_id=copy.id,
            actor=reviewer,
            at=copy.created_at,
            new=another(copy.original.predicted) if chance(MISREAD) else copy.original.predicted,
            source=LabelEvent.Source.GRID,
        )
        for copy in batch
        if copy.is_labelled
    ]
