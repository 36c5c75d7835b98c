"""Measures of a classifier, as pure functions of scores and labels.

`scores` are float (n, 11) as `ml.runtime.Network.scores` returns them: the probabilities of the ten
digits, then the probability that the drawing is a digit at all.
"""

import math
from typing import Any

import numpy as np

from ml.arrays import BoolArray, FloatArray, IntArray, UInt8Array

BINS = 15  # of confidence, for the calibration error
Z_95 = 1.959964  # standard deviations of a two-sided 95% interval
EXACT_LIMIT = 1_000  # discordant pairs; for more, the normal approximation is as good


def softmax(logits: FloatArray) -> FloatArray:
    """Return float64 of the shape of `logits`, the last axis summing to 1."""
    exponentials = np.exp(np.float64(logits) - logits.max(axis=-1, keepdims=True))
    result: FloatArray = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return result


def sigmoid(logits: FloatArray) -> FloatArray:
    result: FloatArray = 1 / (1 + np.exp(-np.float64(logits)))
    return result


def accuracy(scores: FloatArray, labels: UInt8Array) -> float:
    return float((scores[:, :10].argmax(axis=1) == labels).mean())


def confusion_matrix(scores: FloatArray, labels: UInt8Array) -> IntArray:
    """Return counts (10, 10): a row for each true digit, a column for each predicted one."""
    counts = np.zeros((10, 10), np.int64)
    np.add.at(counts, (labels, scores[:, :10].argmax(axis=1)), 1)
    return counts


def calibration_bins(confidence: FloatArray, correct: BoolArray) -> FloatArray:
    """Sum up predictions, confidences and correct predictions by confidence: float (3, BINS).

    The sums of several batches add up.
    """
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    columns = (np.ones(len(bins)), confidence, correct)
    return np.stack([np.bincount(bins, column, BINS) for column in columns])


def expected_calibration_error(bins: FloatArray) -> float:
    """Return the mean distance between confidence and accuracy (Guo et al. 2017,
    https://arxiv.org/abs/1706.04599).

    bins: as from `calibration_bins`.
    """
    count, confidence, correct = bins
    return float(np.abs(confidence - correct).sum() / max(count.sum(), 1))


def calibration(scores: FloatArray, labels: UInt8Array) -> dict[str, Any]:
    """Return the expected calibration error, and how often a confident answer is wrong."""
    confidence = scores[:, :10].max(axis=1)
    correct = scores[:, :10].argmax(axis=1) == labels
    sure = confidence >= 0.99
    return {
        "expected_calibration_error": expected_calibration_error(
            calibration_bins(confidence, correct)
        ),
        "sure": float(sure.mean()),
        "wrong_when_sure": float(1 - correct[sure].mean()) if sure.any() else None,
    }


def roc_auc(positives: FloatArray, negatives: FloatArray) -> float:
    """Return the fraction of pairs in the right order, ties counting half: the area under the
    receiver operating characteristic."""
    ordered = np.sort(negatives)
    below = np.searchsorted(ordered, positives, "left") + np.searchsorted(
        ordered, positives, "right"
    )
    return float(below.mean()) / 2 / len(ordered)


def rejection(digits: FloatArray, negatives: FloatArray, threshold: float) -> dict[str, Any]:
    """Return how well digits and negatives are told apart. Both: scores float (n, 11)."""
    return {
        "drawings": len(negatives),
        "digits_kept": float((digits[:, 10] >= threshold).mean()),
        "others_rejected": float((negatives[:, 10] < threshold).mean()),
        "area_under_curve": roc_auc(digits[:, 10], negatives[:, 10]),
    }


def acceptance(scores: FloatArray, labels: UInt8Array, threshold: float) -> dict[str, float]:
    """Return which part of digits is read, that is accepted and right, and accepted but wrong."""
    accepted = scores[:, 10] >= threshold
    correct = scores[:, :10].argmax(axis=1) == labels
    return {
        "read": float((accepted & correct).mean()),
        "wrong": float((accepted & ~correct).mean()),
    }


def fit_temperature(logits: FloatArray, labels: UInt8Array) -> float:
    """Return the temperature with the least negative log-likelihood (Guo et al. 2017,
    https://arxiv.org/abs/1706.04599).

    logits: float (n, 10). labels: int (n,).
    """

    def loss(temperature: float) -> float:
        probabilities = softmax(logits / temperature)
        return float(-np.log(probabilities[np.arange(len(labels)), labels] + 1e-12).mean())

    return float(min(np.geomspace(0.2, 5, 400).tolist(), key=loss))


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95% confidence interval of a proportion (Wilson 1927): (0, 1) without trials."""
    if not trials:
        return 0.0, 1.0
    proportion, z2 = successes / trials, Z_95 * Z_95
    middle = proportion + z2 / (2 * trials)
    spread = Z_95 * math.sqrt(proportion * (1 - proportion) / trials + z2 / (4 * trials * trials))
    scale = 1 + z2 / trials
    # The ends are exact where all or none succeed; rounding would put them beyond.
    low = 0.0 if successes == 0 else (middle - spread) / scale
    high = 1.0 if successes == trials else (middle + spread) / scale
    return low, high


def gain_interval(fixed: int, broken: int, trials: int) -> tuple[float, float]:
    """Return the 95% confidence interval of what accuracy gains: (-1, 1) without trials.

    That of a difference of matched proportions, adjusted by half a trial of each of the four
    outcomes (Agresti and Min 2005, https://doi.org/10.1002/sim.1781).
    fixed, broken: how many of the trials only the one, and only the other classifier reads right.
    """
    if not trials:
        return -1.0, 1.0
    adjusted = trials + 2
    gain = (fixed - broken) / adjusted
    spread = Z_95 * math.sqrt((fixed + broken + 1) - adjusted * gain * gain) / adjusted
    return max(-1.0, gain - spread), min(1.0, gain + spread)


def mcnemar(fixed: int, broken: int) -> float:
    """Return the two-sided p-value of so uneven a split of the discordant pairs under equal error
    rates, exact up to EXACT_LIMIT pairs (McNemar 1947, https://doi.org/10.1007/BF02295996).

    fixed, broken: how many only the one, and only the other classifier reads right.
    """
    discordant, fewer = fixed + broken, min(fixed, broken)
    if discordant <= EXACT_LIMIT:
        combinations = sum(math.comb(discordant, k) for k in range(fewer + 1))
        return min(1.0, float(2 * combinations / 2**discordant))
    # With the continuity correction.
    z = (discordant - 2 * fewer - 1) / math.sqrt(discordant)
    return math.erfc(max(z, 0.0) / math.sqrt(2))
