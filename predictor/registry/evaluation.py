"""Two model versions side by side: over the same drawings, and what came out of it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import Exists, OuterRef

from ml.arrays import BoolArray, Float32Array, FloatArray, IntArray, UInt8Array
from ml.data import MNIST_FILE, load_mnist
from ml.metrics import (
    BINS,
    calibration_bins,
    expected_calibration_error,
    mcnemar,
    wilson_interval,
)
from ml.runtime import Network
from predictor.erasure import forget_flips
from predictor.images import as_png, as_square
from predictor.models import (
    Comparison,
    Label,
    ModelVersion,
    Submission,
    SubmissionQuerySet,
    TrainingSample,
)
from predictor.registry import serving

DATA = settings.BASE_DIR / "var" / "data"
BATCH_SIZE = 500
MAX_FLIPS = 200  # drawings of a kind that are named; all are counted

Progress = Callable[[int], Any]


@dataclass
class Batch:
    pixels: UInt8Array  # (n, 28, 28)
    labels: IntArray  # (n,)
    describe: Callable[[int], dict[str, Any]]  # how the report names the drawing of a row


@dataclass
class Totals:
    """What one model version made of the drawings so far."""

    # By label and answer, digits first and "not a digit" last.
    confusion: IntArray = field(default_factory=lambda: np.zeros((11, 11), np.int64))
    accepted: IntArray = field(default_factory=lambda: np.zeros(11, np.int64))  # by label
    bins: FloatArray = field(default_factory=lambda: np.zeros((3, BINS)))

    def add(
        self, labels: IntArray, scores: Float32Array, answers: IntArray, accepted: BoolArray
    ) -> None:
        np.add.at(self.confusion, (labels, answers), 1)
        np.add.at(self.accepted, labels, accepted)
        digits = labels != Label.NOT_A_DIGIT
        probabilities = scores[digits, :10]
        self.bins += calibration_bins(
            probabilities.max(axis=1), probabilities.argmax(axis=1) == labels[digits]
        )

    def as_dict(self) -> dict[str, Any]:
        drawings, right = self.confusion.sum(axis=1), self.confusion.diagonal()
        total, correct = int(drawings.sum()), int(right.sum())
        others, others_accepted = int(drawings[10]), int(self.accepted[10])
        return {
            "right": correct,
            "accuracy": correct / total if total else None,
            "interval": wilson_interval(correct, total),
            "calibration_error": expected_calibration_error(self.bins),
            "calibration_bins": self.bins.tolist(),
            "confusion": self.confusion.tolist(),
            "digits": total - others,
            "digits_kept": int(self.accepted[:10].sum()),
            "others": others,
            "others_rejected": others - others_accepted,
            "by_label": {
                _name(label): {"drawings": drawings, "right": right}
                for label, (drawings, right) in enumerate(
                    zip(drawings.tolist(), right.tolist(), strict=True)
                )
                if drawings
            },
        }


def _name(label: int) -> str:
    """As reports are stored, in whatever language they are read."""
    return "not a digit" if label == Label.NOT_A_DIGIT else str(label)


@dataclass
class Flips:
    """Drawings that only the new version reads right (fixed), or only the old one (broken)."""

    counts: dict[str, int] = field(default_factory=lambda: {"fixed": 0, "broken": 0})
    named: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {"fixed": [], "broken": []}
    )

    def add(self, batch: Batch, new: IntArray, old: IntArray) -> None:
        right, was_right = new == batch.labels, old == batch.labels
        for kind, rows in (("fixed", right & ~was_right), ("broken", was_right & ~right)):
            self.counts[kind] += int(rows.sum())
            for row in np.flatnonzero(rows)[: MAX_FLIPS - len(self.named[kind])].tolist():
                answers = {"label": batch.labels[row], "old": old[row], "new": new[row]}
                self.named[kind].append(
                    batch.describe(row) | {key: int(value) for key, value in answers.items()}
                )


def compare(
    new: ModelVersion,
    old: ModelVersion,
    data: Path,
    progress: Progress = lambda count: None,
) -> Comparison:
    """Run both over the same drawings, and store what came out.

    Of the reviewed ones, the audit sample tells how well they read what visitors draw: the others
    were mostly chosen because the network that was active doubted them.

    data: the folder of mnist.npz, without which MNIST is left out. Raises ValueError if that is
    damaged.
    """
    networks = [serving.load(version.version) for version in (new, old)]
    mnist = mnist_batches(data)
    unseen = unseen_by(new, old)
    report = {
        "new": new.version,
        "old": old.version,
        "mnist": mnist and measure(networks, mnist, progress, rejecting=False),
        "audited": measure(networks, reviewed_batches(unseen.audited()), progress),
        "reviewed": measure(networks, reviewed_batches(unseen), progress),
    }
    comparison = Comparison.objects.create(new=new, old=old, report=report)
    forget_flips(comparison)  # of what was erased meanwhile
    return comparison


def count_drawings(new: ModelVersion, old: ModelVersion, data: Path) -> int:
    """Return how many drawings `compare` runs them over, those of the audit sample twice."""
    mnist = load_mnist(data)["test"][1].size if (data / MNIST_FILE).is_file() else 0
    unseen = unseen_by(new, old)
    return mnist + unseen.audited().count() + unseen.count()


def unseen_by(*versions: ModelVersion) -> SubmissionQuerySet:
    """Reviewed drawings that none of them was trained on, nor what they were fine-tuned from."""
    lineage = {ancestor for version in versions for ancestor in version.ancestry()}
    used = TrainingSample.objects.filter(
        model_version__in=lineage, submission_id=OuterRef("pk")
    ).exclude(role=TrainingSample.Role.SUSPECTED)
    return Submission.objects.exportable().filter(~Exists(used))


def mnist_batches(data: Path) -> Iterator[Batch] | None:
    if not (data / MNIST_FILE).is_file():
        return None
    pixels, labels = load_mnist(data)["test"]
    return (_mnist_batch(pixels, labels, start) for start in range(0, len(labels), BATCH_SIZE))


def _mnist_batch(pixels: UInt8Array, labels: UInt8Array, start: int) -> Batch:
    rows = slice(start, start + BATCH_SIZE)

    def describe(row: int) -> dict[str, Any]:
        png = base64.b64encode(as_png(pixels[start + row])).decode()
        return {"index": start + row, "png": png}

    return Batch(pixels[rows], labels[rows].astype(np.int64), describe)


def reviewed_batches(submissions: SubmissionQuerySet) -> Iterator[Batch]:
    rows = submissions.only("label", "pixels", "reviewed_at")
    for batch in rows.in_batches("reviewed_at", BATCH_SIZE):
        yield Batch(
            np.stack([as_square(row.pixels) for row in batch]),
            np.array([row.label for row in batch]),
            partial(_describe, batch),
        )


def _describe(batch: list[Submission], row: int) -> dict[str, Any]:
    return {"id": str(batch[row].pk)}


def measure(
    networks: list[Network], batches: Iterator[Batch], progress: Progress, rejecting: bool = True
) -> dict[str, Any]:
    """Return how the new and the old one do, and which drawings they read differently.

    rejecting: whether "not a digit" is an answer, as on the site, or the likeliest digit is always.
    """
    totals, flips = [Totals(), Totals()], Flips()
    for batch in batches:
        answers = []
        for network, total in zip(networks, totals, strict=True):
            scores = network.scores(batch.pixels)
            accepted = scores[:, 10] >= network.digit_threshold
            answer = scores[:, :10].argmax(axis=1)
            if rejecting:
                answer = np.where(accepted, answer, Label.NOT_A_DIGIT)
            total.add(batch.labels, scores, answer, accepted)
            answers.append(answer)
        flips.add(batch, *answers)
        progress(len(batch.labels))
    return {
        "drawings": int(totals[0].confusion.sum()),
        "new": totals[0].as_dict(),
        "old": totals[1].as_dict(),
        **flips.counts,
        "p": mcnemar(**flips.counts),
        "flips": flips.named,
    }
