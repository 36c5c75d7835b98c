"""Reviewed drawings as files, with a manifest beside them."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import F, TextField
from django.db.models.functions import Cast

from ml.files import sha256, write_file
from predictor.exports import arrivals, pseudonyms
from predictor.exports.writers import COLUMNS, FORMATS, Batch, as_text
from predictor.models import (
    Label,
    LabelEvent,
    SiteEvent,
    Submission,
    SubmissionQuerySet,
    Tombstone,
)

BATCH_SIZE = 2000
NO_VISITOR_LABEL = -1
ERASING = timedelta(days=1)  # far more than it takes to erase any number of drawings
# Django would make an object of each, one by one, which takes longer than all the rest.
AS_TEXT = {"id", "visitor", "created_at", "reviewed_at", "strokes", "widths"}
Progress = Callable[[int], Any]


@dataclass(frozen=True)
class Filters:
    """Which reviewed drawings: by the time of the review, until being the first one left out.

    A label that was stored later than an export looked for it, though given before, has that
    export's time (predictor/exports/arrivals.py).
    """

    since: datetime | None = None
    until: datetime | None = None
    changed_only: bool = False
    model: str | None = None
    audit_sample: bool = True  # whether with it

    def select(self, format: str) -> SubmissionQuerySet:
        """In the order in which they were drawn, which is about how they lie in the database.

        By time only those are found that `arrivals.settle` has seen.
        """
        found = Submission.objects.exportable().order_by("created_at", "id")
        found = arrivals.between(found, self.since, self.until)
        if self.changed_only:
            found = found.changed()
        if self.model:
            found = found.filter(model=self.model)
        if not self.audit_sample:
            found = found.filter(audited_at=None)
        if FORMATS[format].only_strokes:
            found = found.filter(strokes__isnull=False).exclude(strokes=[])
        return found

    def erased(self) -> list[str]:
        """The ids of drawings that an older export may still hold."""
        found = Tombstone.objects.order_by("erased_at", "id")
        if self.since:
            # What is erased while an export looks may have the earlier time, and yet be in it.
            found = found.filter(erased_at__gte=self.since - ERASING)
        return [str(id) for id in found.values_list("id", flat=True)]


def confirmed() -> list[str]:
    """Return the ids of drawings whose label was confirmed at a second look."""
    events = LabelEvent.objects.filter(
        source=LabelEvent.Source.CONFIRM_LABEL, new=F("submission__label")
    )
    found = events.order_by("submission").values_list("submission", flat=True).distinct()
    return [str(id) for id in found]


@dataclass
class Summary:
    """What the manifest tells of the samples."""

    visitors: set[bytes] = field(default_factory=set)
    labels: Counter[int] = field(default_factory=Counter)
    networks: Counter[str] = field(default_factory=Counter)
    preprocessing: Counter[str] = field(default_factory=Counter)

    def add(self, batch: Batch) -> None:
        self.visitors.update(batch["visitor"].tolist())
        self.labels.update(batch["label"].tolist())
        self.networks.update(as_text(batch["model"]))
        self.preprocessing.update(as_text(batch["preprocessing"]))

    def as_dict(self) -> dict[str, Any]:
        return {
            "count": self.labels.total(),
            "visitors": len(self.visitors),
            "labels": {
                str(Label(label).label): self.labels[label] for label in sorted(self.labels)
            },
            "networks": dict(sorted(self.networks.items())),
            "preprocessing": dict(sorted(self.preprocessing.items())),
        }


def export(
    path: Path, format: str, filters: Filters, progress: Progress, who: str | None = None
) -> dict[str, Any]:
    """Write the files and their manifest, each whole or not at all. Returns the manifest.

    A folder must be new, or empty. That it was done is an event, by who or else the operator.
    """
    settled_at = arrivals.settle()
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        unfinished = Path(folder, path.name)
        summary = _write(unfinished, format, filters, progress)
        manifest = {
            "format": format,
            "exported_at": settled_at,
            "filters": asdict(filters),
            **summary.as_dict(),
            "files": {
                name: {"bytes": file.stat().st_size, "sha256": sha256(file)}
                for name, file in files(unfinished).items()
            },
            "erased": filters.erased(),
            "confirmed": confirmed(),
        }
        text = json.dumps(manifest, indent=2, cls=DjangoJSONEncoder)
        # Before there is anything that could be taken away.
        facts = {name: manifest[name] for name in ("format", "count", "filters")}
        SiteEvent.objects.record(SiteEvent.Action.EXPORT, who, **facts)
        unfinished.replace(path)
    write_file(manifest_of(path), text.encode())
    return manifest


def _write(path: Path, format: str, filters: Filters, progress: Progress) -> Summary:
    writer, summary = FORMATS[format](path), Summary()
    for batch in batches(filters.select(format), writer.columns):
        writer.write(batch)
        summary.add(batch)
        progress(len(batch["label"]))
    writer.close()
    return summary


def manifest_of(path: Path) -> Path:
    return path.with_name(path.name + ".manifest.json")


def files(path: Path) -> dict[str, Path]:
    """The files of an export, by the names that they have in its manifest."""
    if path.is_file():
        return {path.name: path}
    return {str(file.relative_to(path)): file for file in sorted(path.rglob("*")) if file.is_file()}


def verify(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The manifest of an export, and what is wrong with its files. Raises OSError, ValueError."""
    manifest = json.loads(manifest_of(path).read_text())
    expected, found = manifest["files"], files(path)
    problems = [f"{name} is missing." for name in expected.keys() - found.keys()]
    problems += [f"{name} was not exported." for name in found.keys() - expected.keys()]
    problems += [
        f"{name} is not what was exported."
        for name in expected.keys() & found.keys()
        if sha256(found[name]) != expected[name]["sha256"]
    ]
    return manifest, sorted(problems)


def batches(submissions: SubmissionQuerySet, columns: list[str]) -> Iterator[Batch]:
    values = [Cast(name, TextField()) if name in AS_TEXT else F(name) for name in columns]
    key = pseudonyms.key()
    # Inside a transaction PostgreSQL hands rows out as it finds them, and outside of one only when
    # it has copied them all. SQLite always does, and would keep all writers out meanwhile.
    with transaction.atomic() if connection.vendor == "postgresql" else nullcontext():
        rows = submissions.values_list(*values).iterator(chunk_size=BATCH_SIZE)
        while chunk := list(islice(rows, BATCH_SIZE)):
            lists = zip(*chunk, strict=True)
            named = zip(columns, lists, strict=True)
            yield {name: as_column(name, each, key) for name, each in named}


def as_column(name: str, values: Sequence[Any], key: bytes) -> Any:
    """key: that of the pseudonyms."""
    match name:
        case "pixels":
            return np.frombuffer(b"".join(values), np.uint8).reshape(-1, 28, 28)
        case "strokes" | "widths":
            # All at once, which takes two thirds of the time.
            return json.loads(f"[{','.join(value or '[]' for value in values)}]")
        case "id":
            digits = np.array(list(map(as_hex, values)), "S32").view("S1").reshape(-1, 32)
            return np.insert(digits, [8, 12, 16, 20], b"-", axis=1).view("S36")[:, 0]
        case "visitor":
            values = [pseudonyms.pseudonym(as_hex(value), key) for value in values]
        case "visitor_label":
            values = [NO_VISITOR_LABEL if value is None else value for value in values]
        case "created_at" | "reviewed_at":
            values = [value.removesuffix("+00") for value in values]  # which SQLite leaves out
    return np.array(values, COLUMNS[name])


def as_hex(id: str) -> str:
    return id.replace("-", "")  # which PostgreSQL writes, and SQLite doesn't
