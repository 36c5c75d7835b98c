"""How well a network reads what it has never seen."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ml import augment, data, runtime
from ml.samples import as_drawn

Array = np.ndarray[Any, np.dtype[Any]]

# How the same pen drawings are put on a canvas of 280 px.
CONDITIONS: dict[str, dict[str, Any]] = {
    "medium": {},
    "large": {"part": 0.9},
    "thin": {"pen": 6},
    "corner": {"part": 0.4, "pen": 14, "center": (0.2, 0.2)},
    "turned left": {"degrees": -15},
    "turned right": {"degrees": 15},
    "small": {"part": 0.33},
    "thick": {"pen": 30},
}
SEED = 0
NONSENSE = 2000
BINS = 15


def measure(network: runtime.Network, folder: Path) -> dict[str, Any]:
    """Every figure of a network on the test parts, ready for JSON: parts of 1.

    Raises FileNotFoundError when a file of data is missing.
    """
    pixels, labels = data.load_mnist(folder)["test"]
    digits = data.load_digits(folder)["test"]
    medium = network.scores(as_drawn(digits))
    other = network.scores(not_digits(folder, digits))
    return {
        "mnist": {"drawings": len(labels), "accuracy": accuracy(network.scores(pixels), labels)},
        "pens": {
            name: pens(network.scores(as_drawn(digits, **how)) if how else medium, digits)
            for name, how in CONDITIONS.items()
        },
        "calibration": calibration(medium, digits.labels),
        "rejection": rejection(medium, other, network.digit_threshold),
    }


def not_digits(folder: Path, digits: data.Drawings) -> Array:
    """Letters and symbols of the test writers, pairs, scribbles and signs: uint8 (n, 28, 28)."""
    rng = np.random.default_rng(SEED)
    nonsense = [augment.nonsense(digits.strokes, rng) for _ in range(NONSENSE)]
    painted = [augment.drawn(strokes, rng) for strokes in nonsense]
    return np.concatenate([as_drawn(data.load_other(folder)["test"]), np.stack(painted)])


def accuracy(scores: Array, labels: Array) -> float:
    return float((scores[:, :10].argmax(axis=1) == labels).mean())


def pens(scores: Array, digits: data.Drawings) -> dict[str, Any]:
    """Accuracy on all pen drawings and on each source; the unseen tablet is one of its own."""
    right = scores[:, :10].argmax(axis=1) == digits.labels
    unseen = np.array([name.startswith(f"{data.UNSEEN_TABLET}-") for name in digits.writers])
    uci = np.array(digits.sources) == "pendigits"
    parts = {"uci": uci, "unipen": ~uci & ~unseen, "unseen_tablet": unseen}
    return {
        "drawings": len(right),
        "accuracy": float(right.mean()),
        **{name: float(right[rows].mean()) for name, rows in parts.items()},
    }


def calibration(scores: Array, labels: Array) -> dict[str, Any]:
    """Expected calibration error (Guo et al. 2017) and how often a sure answer is wrong."""
    confidence = scores[:, :10].max(axis=1)
    right = scores[:, :10].argmax(axis=1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [
        abs(confidence[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    sure = confidence >= 0.99
    return {
        "expected_calibration_error": float(sum(gaps)),
        "sure": float(sure.mean()),
        "wrong_when_sure": float(1 - right[sure].mean()) if sure.any() else None,
    }


def rejection(digits: Array, other: Array, threshold: float) -> dict[str, Any]:
    """How digits and what is none are told apart. Both: scores float (n, 11)."""
    positive, negative = digits[:, 10], np.sort(other[:, 10])
    # Of all pairs of a digit and another, the part that is in the right order; ties count half.
    below = np.searchsorted(negative, positive, "left") + np.searchsorted(negative, positive, "right")
    return {
        "drawings": len(other),
        "digits_kept": float((positive >= threshold).mean()),
        "others_rejected": float((negative < threshold).mean()),
        "area_under_curve": float(below.mean() / 2 / len(negative)),
    }
