"""Reviewed drawings, as the site exports them, to learn from."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

# In percent of the visitors, by the hash of their pseudonym.
VALIDATION_PERCENT = 20
# A label is doubted when networks that learnt from other visitors are so sure of another one.
DOUBT = 0.97
FOLDS = 5


@dataclass
class Corrections:
    """Row by row."""

    pixels: Array  # uint8 (n, 28, 28)
    labels: Array  # uint8 (n,), 0 to 9 or 10 for not a digit
    ids: Array  # str (n,), of the submissions
    visitors: Array  # str (n,), pseudonyms

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: Array) -> "Corrections":
        """rows: bool (n,) or int (m,)."""
        return Corrections(
            self.pixels[rows], self.labels[rows], self.ids[rows], self.visitors[rows]
        )


def load(files: Iterable[Path]) -> Corrections:
    """What `manage.py export_corrections` wrote as npz; a drawing that is in two files counts once.

    Raises FileNotFoundError, ValueError when a file is not such an export.
    """
    columns: dict[str, list[Array]] = {
        "pixels": [np.empty((0, 28, 28), np.uint8)],
        "label": [np.empty(0, np.uint8)],
        "id": [np.empty(0, "S36")],
        "visitor": [np.empty(0, "S32")],
    }
    for file in files:
        try:
            with np.load(file) as arrays:
                for name, parts in columns.items():
                    parts.append(arrays[name])
        except FileNotFoundError:
            raise
        except Exception as error:
            # A damaged archive raises nearly anything, from zipfile to zlib.
            raise ValueError(f"{file} is not an export of reviewed drawings as npz.") from error
    pixels, labels, ids, visitors = (np.concatenate(parts) for parts in columns.values())
    # The last one counts: it was exported later, when the label may have been put right again.
    last = len(ids) - 1 - np.unique(ids[::-1], return_index=True)[1]
    return Corrections(pixels, labels, ids.astype(str), visitors.astype(str)).take(np.sort(last))


def manifests(files: Iterable[Path]) -> list[dict[str, Any]]:
    """What the site wrote beside its exports, of those that have it."""
    beside = [file.with_name(f"{file.name}.manifest.json") for file in files]
    return [json.loads(path.read_bytes()) for path in beside if path.is_file()]


def confirmed(files: Iterable[Path]) -> list[str]:
    """Ids of the drawings whose label a reviewer has looked at again, and left as it was."""
    return [id for manifest in manifests(files) for id in manifest.get("confirmed", [])]


def split(corrections: Corrections) -> tuple[Corrections, Corrections]:
    """To learn from, and to validate on: no visitor is in both."""
    validation = _set_apart(corrections, 0, VALIDATION_PERCENT)
    return corrections.take(~validation), corrections.take(validation)


def without_judges(corrections: Corrections, percent: int) -> Corrections:
    """Without so many of the visitors, the same ones each time: their drawings stay unknown to the
    network, to judge it by."""
    return corrections.take(~_set_apart(corrections, 100 - percent, 100))


def _set_apart(corrections: Corrections, start: int, stop: int) -> Array:
    """Which are by visitors whose hash, in hundredths, is from `start` to below `stop`: bool (n,).

    None, if nobody else's would be left to learn from.
    """
    digests = [hashlib.sha256(visitor.encode()).hexdigest() for visitor in corrections.visitors]
    hundredths = np.array([int(digest, 16) % 100 for digest in digests], int)
    apart = (start <= hundredths) & (hundredths < stop)
    return apart & (not apart.all())


def doubted(
    corrections: Corrections,
    features: Array,
    known: Array,
    known_labels: Array,
    believed: list[str],
) -> Array:
    """Which labels look wrong: bool (n,).

    A linear classifier on what the network makes of a drawing is trained on four fifths of the
    visitors, and asked about the others (confident learning, Northcutt et al. 2021,
    https://doi.org/10.1613/jair.1.12125). One that never saw a visitor's drawings can't have learnt
    that visitor's wrong labels by heart.

    features: float (n, f) of the corrections. known, known_labels: the same of drawings with
    labels that are taken to be right. believed: ids of corrections that are not doubted.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    wrong = np.zeros(len(corrections), bool)
    folds = min(FOLDS, len(set(corrections.visitors)))
    if folds < 2:
        return wrong
    for learn, ask in GroupKFold(folds).split(features, groups=corrections.visitors):
        classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
        classifier.fit(
            np.concatenate([known, features[learn]]),
            np.concatenate([known_labels, corrections.labels[learn]]),
        )
        shares = classifier.predict_proba(features[ask])
        likeliest = classifier.classes_[shares.argmax(axis=1)]
        wrong[ask] = (shares.max(axis=1) > DOUBT) & (likeliest != corrections.labels[ask])
    return wrong & ~np.isin(corrections.ids, believed)
