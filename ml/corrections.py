"""Reviewed drawings, as the site exports them, to fine-tune on."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.arrays import BoolArray, IntArray, StrArray, UInt8Array

# In percent of the visitors, by the hash of their pseudonym.
VALIDATION_PERCENT = 20
COLUMNS: dict[str, NDArray[Any]] = {
    "pixels": np.empty((0, 28, 28), np.uint8),
    "label": np.empty(0, np.uint8),
    "id": np.empty(0, "S36"),
    "visitor": np.empty(0, "S32"),
}


@dataclass
class Corrections:
    """Row by row."""

    pixels: UInt8Array  # (n, 28, 28)
    labels: UInt8Array  # (n,), 0 to 9 or 10 for not a digit
    ids: StrArray  # (n,), of the submissions
    visitors: StrArray  # (n,), pseudonyms

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: BoolArray | IntArray) -> "Corrections":
        """rows: bool (n,) or int (m,)."""
        return Corrections(
            self.pixels[rows], self.labels[rows], self.ids[rows], self.visitors[rows]
        )


def load(files: Iterable[Path]) -> Corrections:
    """Read what `manage.py export_corrections` wrote as npz; a drawing in two files counts once.

    Raises FileNotFoundError, ValueError when a file is not such an export.
    """
    parts = [list(COLUMNS.values()), *map(_columns, files)]
    pixels, labels, ids, visitors = (np.concatenate(column) for column in zip(*parts, strict=True))
    # The last one counts: it was exported later, when the label may have been corrected again.
    last = len(ids) - 1 - np.unique(ids[::-1], return_index=True)[1]
    return Corrections(pixels, labels, ids.astype(str), visitors.astype(str)).take(np.sort(last))


def _columns(file: Path) -> list[NDArray[Any]]:
    try:
        with np.load(file) as arrays:
            return [arrays[name] for name in COLUMNS]
    except FileNotFoundError:
        raise
    except Exception as error:
        # A damaged archive raises nearly anything, from zipfile to zlib.
        raise ValueError(f"{file} is not an export of reviewed drawings as npz.") from error


def manifests(files: Iterable[Path]) -> list[dict[str, Any]]:
    """Return what the site wrote beside its exports, of those that have it."""
    beside = [file.with_name(f"{file.name}.manifest.json") for file in files]
    return [json.loads(path.read_bytes()) for path in beside if path.is_file()]


def confirmed(files: Iterable[Path]) -> list[str]:
    """Return the ids of the drawings whose label a reviewer has confirmed at a second look."""
    return [id for manifest in manifests(files) for id in manifest.get("confirmed", [])]


def split(corrections: Corrections) -> tuple[Corrections, Corrections]:
    """Return those to train and to validate on: no visitor is in both."""
    validation = _by_visitor(corrections, 0, VALIDATION_PERCENT)
    return corrections.take(~validation), corrections.take(validation)


def without_holdout(corrections: Corrections, percent: int) -> Corrections:
    """Leave out this percentage of the visitors, the same ones each time: networks that never saw
    their drawings are evaluated on them.
    """
    return corrections.take(~_by_visitor(corrections, 100 - percent, 100))


def _by_visitor(corrections: Corrections, start: int, stop: int) -> BoolArray:
    """Return which are by visitors whose hash, in percent, is in [start, stop): bool (n,).

    None of them, if nobody else's would be left to train on.
    """
    digests = [hashlib.sha256(visitor.encode()).hexdigest() for visitor in corrections.visitors]
    percent = np.array([int(digest, 16) % 100 for digest in digests], int)
    chosen: BoolArray = (start <= percent) & (percent < stop)
    return chosen & (not chosen.all())
