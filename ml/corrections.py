"""Reviewed drawings, as the site exports them, to fine-tune on."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from ml import ink
from ml.arrays import BoolArray, Float32Array, IntArray, StrArray, UInt8Array
from ml.decoding import DrawingError
from ml.preprocessing import preprocess
from ml.strokes import Strokes, paint

# In percent of the visitors, by the hash of their pseudonym.
VALIDATION_PERCENT = 20
COLUMNS = ("pixels", "label", "id", "visitor")
# How much alike what the network saw and what the strokes give must be, as the cosine of the two.
SAME_DRAWING = 0.9


@dataclass
class Corrections:
    """Row by row."""

    pixels: UInt8Array  # (n, 28, 28)
    labels: UInt8Array  # (n,), 0 to 9 or 10 for not a digit
    ids: StrArray  # (n,), of the submissions
    visitors: StrArray  # (n,), pseudonyms
    strokes: list[Strokes]  # n, without any where it was not drawn on the page
    widths: list[Float32Array]  # n, (strokes,): of the pens, in pixels of the page's canvas

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: BoolArray | IntArray) -> "Corrections":
        """rows: bool (n,) or int (m,)."""
        numbers = np.arange(len(self))[rows]
        return Corrections(
            self.pixels[rows],
            self.labels[rows],
            self.ids[rows],
            self.visitors[rows],
            [self.strokes[row] for row in numbers],
            [self.widths[row] for row in numbers],
        )

    def append(self, other: "Corrections") -> "Corrections":
        return Corrections(
            np.concatenate([self.pixels, other.pixels]),
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.ids, other.ids]),
            np.concatenate([self.visitors, other.visitors]),
            self.strokes + other.strokes,
            self.widths + other.widths,
        )


def none() -> Corrections:
    names = np.empty(0, np.str_)
    return Corrections(np.empty((0, 28, 28), np.uint8), np.empty(0, np.uint8), names, names, [], [])


def load(files: Iterable[Path]) -> Corrections:
    """Read what `manage.py export_corrections` wrote as npz; a drawing in two files counts once.

    Raises FileNotFoundError, ValueError when a file is not such an export.
    """
    found = reduce(Corrections.append, map(_read, files), none())
    # The last one counts: it was exported later, when the label may have been corrected again.
    last = len(found) - 1 - np.unique(found.ids[::-1], return_index=True)[1]
    return found.take(np.sort(last))


def _read(file: Path) -> Corrections:
    try:
        with np.load(file) as arrays:
            pixels, labels, ids, visitors = (arrays[name] for name in COLUMNS)
            if ink.ARRAYS.keys() <= {*arrays}:
                strokes, widths = ink.unpack(arrays)
            else:  # an older export
                strokes = [[] for _ in labels]
                widths = [np.empty(0, np.float32) for _ in labels]
    except FileNotFoundError:
        raise
    except Exception as error:
        # A damaged archive raises nearly anything, from zipfile to zlib.
        raise ValueError(f"{file} is not an export of reviewed drawings as npz.") from error
    return Corrections(pixels, labels, ids.astype(str), visitors.astype(str), strokes, widths)


def keep_true_strokes(corrections: Corrections) -> Corrections:
    """Return the same without strokes that are not what the network saw.

    A program may send another picture with them, and a reviewer labels the picture.
    """
    true = [
        strokes if strokes and _is_same(pixels, strokes, widths) else []
        for pixels, strokes, widths in zip(
            corrections.pixels, corrections.strokes, corrections.widths, strict=True
        )
    ]
    return replace(corrections, strokes=true)


def _is_same(pixels: UInt8Array, strokes: Strokes, widths: Float32Array) -> bool:
    """pixels: uint8 (28, 28)."""
    try:
        painted = preprocess(255 - paint(strokes, widths.tolist()))
    except DrawingError:  # nothing is seen of them
        return False
    one, other = pixels.ravel().astype(float), painted.ravel().astype(float)
    return bool(one @ other >= SAME_DRAWING * np.sqrt((one @ one) * (other @ other)))


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
