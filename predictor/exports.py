"""Reviewed drawings as files, with a manifest beside them, in constant memory."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from numpy.lib import format as npy

from predictor.models import Label, Submission, SubmissionQuerySet

BATCH = 2000
NO_CLAIM = -1

# The arrays of an export: one entry of each makes a sample.
Batch = dict[str, np.ndarray]
COLUMNS = {
    "pixels": np.dtype((np.uint8, (28, 28))),  # 0 for paper to 255 for ink
    "label": np.dtype(np.uint8),  # a reviewer's; 10 is "not a digit"
    "id": np.dtype("S36"),
    "visitor": np.dtype("S32"),  # a pseudonym, to split by who drew it
    "predicted": np.dtype(np.uint8),
    "confidence": np.dtype(np.float64),
    "visitor_label": np.dtype(np.int8),  # -1 for none
    "model": np.dtype("S64"),
    "preprocessing": np.dtype("S16"),
    "created_at": np.dtype("datetime64[us]"),  # UTC, as is the next
    "reviewed_at": np.dtype("datetime64[us]"),
}


@dataclass(frozen=True)
class Filters:
    """Which reviewed drawings: by the time of the review, until being the first one left out."""

    since: datetime | None = None
    until: datetime | None = None
    changed_only: bool = False
    model: str | None = None

    def select(self) -> SubmissionQuerySet:
        found = Submission.objects.exportable().order_by("reviewed_at", "id")
        if self.since:
            found = found.filter(reviewed_at__gte=self.since)
        if self.until:
            found = found.filter(reviewed_at__lt=self.until)
        if self.changed_only:
            found = found.changed()
        if self.model:
            found = found.filter(model=self.model)
        return found


class NpzWriter:
    """An array's length stands before its contents, so the contents wait in files of their own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.columns = {name: tempfile.TemporaryFile(dir=path.parent) for name in COLUMNS}

    def write(self, batch: Batch) -> None:
        self.count += len(batch["label"])
        for name, file in self.columns.items():
            file.write(batch[name].tobytes())

    def close(self) -> None:
        with ZipFile(self.path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
            for name, file in self.columns.items():
                # Dated 1980, whenever that is: the same drawings give the same bytes.
                with archive.open(f"{name}.npy", "w", force_zip64=True) as target:
                    self._write_array(target, COLUMNS[name], file)

    def _write_array(self, target: Any, dtype: np.dtype, contents: Any) -> None:
        header = {
            "descr": npy.dtype_to_descr(dtype.base),
            "fortran_order": False,
            "shape": (self.count, *dtype.shape),
        }
        npy.write_array_header_1_0(target, header)
        contents.seek(0)
        shutil.copyfileobj(contents, target, 1 << 20)
        contents.close()


class CsvWriter:
    """One line a drawing, the pixels last."""

    def __init__(self, path: Path) -> None:
        self.names = [name for name in COLUMNS if name != "pixels"]
        self.file = path.open("w", newline="", encoding="ascii")
        self.lines = csv.writer(self.file)
        self.lines.writerow([*self.names, *(f"pixel{i}" for i in range(28 * 28))])

    def write(self, batch: Batch) -> None:
        columns = [as_text(batch[name]) for name in self.names]
        pixels = batch["pixels"].reshape(-1, 28 * 28).tolist()
        self.lines.writerows([*facts, *row] for *facts, row in zip(*columns, pixels, strict=True))

    def close(self) -> None:
        self.file.close()


def as_text(column: np.ndarray) -> list[Any]:
    if column.dtype.kind == "M":
        return np.datetime_as_string(column, timezone="UTC").tolist()
    if column.dtype.kind == "S":
        return column.astype(str).tolist()
    return column.tolist()


FORMATS = {"npz": NpzWriter, "csv": CsvWriter}


def export(
    path: Path, format: str, filters: Filters, progress: Callable[[int], Any]
) -> dict[str, Any]:
    """Writes the file and its manifest, each whole or not at all. Returns the manifest."""
    labels, networks, preprocessing = Counter(), Counter(), Counter()
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        draft = Path(folder, path.name)
        writer = FORMATS[format](draft)
        for batch in batches(filters.select()):
            writer.write(batch)
            labels.update(batch["label"].tolist())
            networks.update(as_text(batch["model"]))
            preprocessing.update(as_text(batch["preprocessing"]))
            progress(len(batch["label"]))
        writer.close()
        manifest = {
            "format": format,
            "exported_at": timezone.now(),
            "filters": asdict(filters),
            "count": labels.total(),
            "labels": {Label(label).label: labels[label] for label in sorted(labels)},
            "networks": dict(sorted(networks.items())),
            "preprocessing": dict(sorted(preprocessing.items())),
            "files": {path.name: {"bytes": draft.stat().st_size, "sha256": sha256(draft)}},
        }
        note = Path(folder, "manifest")
        note.write_text(json.dumps(manifest, indent=2, cls=DjangoJSONEncoder) + "\n")
        os.replace(draft, path)
        os.replace(note, manifest_of(path))
    return manifest


def manifest_of(path: Path) -> Path:
    return path.with_name(path.name + ".manifest.json")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The manifest of an export, and what is wrong with its files. Raises OSError, ValueError."""
    manifest = json.loads(manifest_of(path).read_text())
    problems = []
    for name, expected in manifest["files"].items():
        file = path.with_name(name)
        if not file.is_file():
            problems.append(f"{name} is missing.")
        elif sha256(file) != expected["sha256"]:
            problems.append(f"{name} is not what was exported.")
    return manifest, problems


def batches(submissions: SubmissionQuerySet) -> Iterator[Batch]:
    # Inside a transaction PostgreSQL hands rows out as it finds them, and outside of one only when
    # it has copied them all. SQLite always does, and would keep all writers out meanwhile.
    with transaction.atomic() if connection.vendor == "postgresql" else nullcontext():
        rows = submissions.values_list(*COLUMNS).iterator(chunk_size=BATCH)
        while chunk := list(islice(rows, BATCH)):
            yield as_batch(chunk)


def as_batch(rows: list[tuple[Any, ...]]) -> Batch:
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    columns["id"] = list(map(str, columns["id"]))
    columns["visitor"] = list(map(pseudonym, columns["visitor"]))
    columns["visitor_label"] = [NO_CLAIM if c is None else c for c in columns["visitor_label"]]
    for name in ("created_at", "reviewed_at"):
        columns[name] = [time.replace(tzinfo=None) for time in columns[name]]  # it is UTC
    pixels = np.frombuffer(b"".join(columns.pop("pixels")), np.uint8).reshape(-1, 28, 28)
    facts = {name: np.array(values, COLUMNS[name]) for name, values in columns.items()}
    return {"pixels": pixels} | facts


@lru_cache(maxsize=100_000)
def pseudonym(visitor: UUID) -> str:
    """The same in every export of this site, and of no use to find the visitor by."""
    digest = salted_hmac("predictor.exports", visitor.bytes, algorithm="sha256").hexdigest()
    return digest[:32]
