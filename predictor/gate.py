"""Which of two networks is the better one, and whether the new one may be put to work."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from ml.data import DIGITS_FILE, MNIST_FILE, NEGATIVES_FILE, load_mnist
from ml.metrics import (
    BINS,
    calibration_bins,
    expected_calibration_error,
    mcnemar,
    wilson_interval,
)
from predictor import classifier, leftovers
from predictor.images import as_png, as_square
from predictor.models import Label, Submission, SubmissionQuerySet
from predictor.networks import Comparison, Lesson, ModelVersion
from predictor.register import as_dict, digests

# Reviewed drawings that neither network was trained on, without which only people activate one: of
# a hundred, all read right, the 95 % confidence interval still reaches down to 96.3 %. MNIST's test
# set, which the network has seen the like of, says nothing about what visitors draw.
MIN_EVIDENCE = 100

DATA = settings.BASE_DIR / "var" / "data"
BATCH = 500
LISTED = 200  # drawings of a kind that are named; all are counted
MNIST_LOSS = 0.0005  # so much less of MNIST's test set read right is borne
SIGNIFICANT = 0.05

# Pixels uint8 (n, 28, 28), labels int (n,), and how the report names the drawing of a row.
Batch = tuple[np.ndarray, np.ndarray, Callable[[int], dict[str, Any]]]


def compare(
    new: ModelVersion,
    old: ModelVersion,
    progress: Callable[[int], Any] = lambda count: None,
    data: Path | None = None,
) -> Comparison:
    """Runs both over the same drawings, and keeps what came out.

    data: the folder with MNIST, if it isn't DATA. Raises ValueError if that can't be read.
    """
    networks = [classifier.load(network.version) for network in (new, old)]
    report: dict[str, Any] = {"new": new.version, "old": old.version}
    mnist = mnist_batches(data or DATA)
    report["mnist"] = mnist and measure(networks, mnist, progress, rejecting=False)
    report["reviewed"] = measure(networks, reviewed_batches(unknown_to(new, old)), progress)
    comparison = Comparison.objects.create(new=new, old=old, report=report)
    leftovers.forget_flips(comparison)  # of what was erased while it ran
    return comparison


def amount(new: ModelVersion, old: ModelVersion, data: Path | None = None) -> int:
    """How many drawings `compare` runs them over."""
    mnist = mnist_test(data or DATA)
    return (mnist[1].size if mnist else 0) + unknown_to(new, old).count()


def unknown_to(*networks: ModelVersion) -> SubmissionQuerySet:
    """Reviewed drawings from which none of them learnt, nor what they went on from."""
    lines = {version for network in networks for version in network.ancestry()}
    lessons = Lesson.objects.filter(network__in=lines, drawing=OuterRef("pk"))
    known = Exists(lessons.exclude(role=Lesson.Role.DOUBTED))
    return Submission.objects.exportable().filter(~known)


def mnist_test(data: Path) -> tuple[np.ndarray, np.ndarray] | None:
    return load_mnist(data)["test"] if (data / MNIST_FILE).is_file() else None


def mnist_batches(data: Path) -> Iterator[Batch] | None:
    test = mnist_test(data)
    if not test:
        return None
    pixels, labels = test

    def name(index: int) -> dict[str, Any]:
        return {"index": index, "png": base64.b64encode(as_png(pixels[index])).decode()}

    return (
        (
            pixels[start : start + BATCH],
            labels[start : start + BATCH].astype(int),
            lambda row, start=start: name(start + row),
        )
        for start in range(0, len(labels), BATCH)
    )


def reviewed_batches(drawings: SubmissionQuerySet) -> Iterator[Batch]:
    """In short queries, because a long one would keep SQLite and PostgreSQL from tidying up."""
    rows = drawings.order_by("reviewed_at", "id").only("label", "pixels", "reviewed_at")
    batch = list(rows[:BATCH])
    while batch:
        yield (
            np.stack([as_square(row.pixels) for row in batch]),
            np.array([row.label for row in batch]),
            lambda row, batch=batch: {"id": str(batch[row].pk)},
        )
        at, last = batch[-1].reviewed_at, batch[-1].pk
        later = Q(reviewed_at__gt=at) | Q(reviewed_at=at, id__gt=last)
        batch = list(rows.filter(later, reviewed_at__gte=at)[:BATCH])


@dataclass
class Tally:
    """What one network made of the drawings so far."""

    # By label, digits first and "not a digit" last: drawings, read right, taken for digits.
    counts: np.ndarray = field(default_factory=lambda: np.zeros((11, 3), int))
    sums: np.ndarray = field(default_factory=lambda: np.zeros((3, BINS)))

    def add(self, labels: np.ndarray, scores: np.ndarray, answers: np.ndarray, kept: Any) -> None:
        right = answers == labels
        np.add.at(self.counts, labels, np.stack([np.ones(len(labels), int), right, kept], axis=1))
        digits = labels != Label.NOT_A_DIGIT
        likeliest = scores[digits, :10]
        self.sums += calibration_bins(
            likeliest.max(axis=1), likeliest.argmax(axis=1) == labels[digits]
        )

    def as_dict(self) -> dict[str, Any]:
        total, right, kept = self.counts.sum(axis=0).tolist()
        digits, _, digits_kept = self.counts[:10].sum(axis=0).tolist()
        others, _, others_kept = self.counts[10].tolist()
        return {
            "right": right,
            "accuracy": right / total if total else None,
            "interval": wilson_interval(right, total),
            "calibration_error": expected_calibration_error(self.sums),
            "digits": digits,
            "digits_kept": digits_kept,
            "others": others,
            "others_rejected": others - others_kept,
            "by_label": {
                Label(label).label: {"drawings": drawings, "right": read_right}
                for label, (drawings, read_right, _) in enumerate(self.counts.tolist())
                if drawings
            },
        }


def measure(
    networks: list[Any],
    batches: Iterator[Batch],
    progress: Callable[[int], Any],
    rejecting: bool = True,
) -> dict[str, Any]:
    """How the new and the old network do, and which drawings they read differently.

    rejecting: whether "not a digit" is an answer, as on the site, or the likeliest digit is always.
    """
    tallies = [Tally(), Tally()]
    flips: dict[str, list[dict[str, Any]]] = {"fixed": [], "broken": []}
    counts = {"fixed": 0, "broken": 0}
    for pixels, labels, name in batches:
        answers = []
        for network, tally in zip(networks, tallies, strict=True):
            scores = network.scores(pixels)
            kept = scores[:, 10] >= network.digit_threshold
            answer = scores[:, :10].argmax(axis=1)
            if rejecting:
                answer = np.where(kept, answer, Label.NOT_A_DIGIT)
            tally.add(labels, scores, answer, kept)
            answers.append(answer)
        new, old = answers
        flipped = {
            "fixed": (new == labels) & (old != labels),
            "broken": (new != labels) & (old == labels),
        }
        for kind, rows in flipped.items():
            counts[kind] += int(rows.sum())
            for row in np.flatnonzero(rows)[: LISTED - len(flips[kind])].tolist():
                said = {"label": labels[row], "old": old[row], "new": new[row]}
                flips[kind].append(name(row) | {key: int(what) for key, what in said.items()})
        progress(len(labels))
    return {
        "drawings": int(tallies[0].counts[:, 0].sum()),
        "new": tallies[0].as_dict(),
        "old": tallies[1].as_dict(),
        **counts,
        "p": mcnemar(**counts),
        "flips": flips,
    }


def refusals(comparison: Comparison) -> list[str]:
    """Why the new network may not be put to work: sentences for people."""
    found = []
    report = comparison.report
    reviewed = report["reviewed"]
    if reviewed["broken"] > reviewed["fixed"] and reviewed["p"] < SIGNIFICANT:
        found.append(
            f"It is worse on reviewed drawings: it puts {reviewed['fixed']:,} right and breaks"
            f" {reviewed['broken']:,}, which chance does in {reviewed['p']:.2g} of all cases."
        )
    lost = mnist_loss(comparison)
    if lost is not None and lost > MNIST_LOSS + 1e-9:
        found.append(
            f"It loses {100 * lost:.2f} points on MNIST's test set; {100 * MNIST_LOSS:.2f} are"
            " borne."
        )
    return found + unverified(comparison.new)


def unproven(comparison: Comparison) -> list[str]:
    """Why nobody can tell yet whether the new network is worse: a sentence for people."""
    reviewed = comparison.report["reviewed"]["drawings"]
    if reviewed >= MIN_EVIDENCE:
        return []
    return [
        f"There is too little evidence: {reviewed:,} reviewed drawings that neither network was"
        f" trained on, and {MIN_EVIDENCE:,} are needed to activate one without a person's decision."
    ]


def mnist_loss(comparison: Comparison) -> float | None:
    """As it was measured here, or else when the networks were trained; None where neither was."""
    measured = comparison.report["mnist"]
    if measured:
        return (measured["old"]["right"] - measured["new"]["right"]) / measured["drawings"]
    then = [row.metric("mnist", "accuracy") for row in (comparison.old, comparison.new)]
    return None if None in then else then[0] - then[1]


def unverified(network: ModelVersion) -> list[str]:
    """What it learnt from without being an export of reviewed drawings, as its manifest says."""
    if not any(as_dict(network.metadata.get("corrections")).values()):
        return []
    exported = digests(network.manifests)
    given = {DIGITS_FILE, MNIST_FILE, NEGATIVES_FILE}
    return [
        f"It learnt from {source.get('name')}, which is not what its manifest says was exported."
        for source in map(as_dict, network.metadata.get("data") or [{}])
        if source.get("name") not in given and source.get("sha256") not in exported
    ]
