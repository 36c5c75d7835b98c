"""Plots of a network's answers, for reports and the notebook."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ml.arrays import FloatArray, UInt8Array
from ml.metrics import calibration_bins, confusion_matrix


def images(
    pixels: Sequence[UInt8Array] | UInt8Array, titles: list[str] | None = None, columns: int = 12
) -> Figure:
    """Show images in a grid, dark on light. pixels: of each, uint8 (height, width[, 3])."""
    rows = max(1, -(-len(pixels) // columns))
    figure = Figure(figsize=(columns * 0.85, rows * (1.1 if titles else 0.85)))
    for index, image in enumerate(pixels):
        axes = figure.add_subplot(rows, columns, index + 1)
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=255)
        axes.set_axis_off()
        if titles:
            axes.set_title(titles[index], fontsize=7)
    return figure


def mistakes(pixels: UInt8Array, labels: UInt8Array, scores: FloatArray, limit: int = 60) -> Figure:
    """Show the wrong answers, the most confident first, titled label → answer."""
    answers, confidence = scores[:, :10].argmax(axis=1), scores[:, :10].max(axis=1)
    wrong = np.flatnonzero(answers != labels)
    wrong = wrong[np.argsort(-confidence[wrong])][:limit]
    titles = [f"{labels[row]} → {answers[row]}, {confidence[row]:.0%}" for row in wrong]
    return images(pixels[wrong], titles)


def confusion(scores: FloatArray, labels: UInt8Array) -> Figure:
    """Show the confusion matrix without its diagonal."""
    wrong = confusion_matrix(scores, labels) * (1 - np.eye(10, dtype=int))
    figure, axes = _axes(5, 5)
    axes.imshow(wrong, cmap="Oranges")
    for row, column in np.argwhere(wrong):
        axes.text(column, row, wrong[row, column], ha="center", va="center", fontsize=8)
    axes.set(xlabel="answer", ylabel="true digit", xticks=range(10), yticks=range(10))
    axes.set_title(f"{wrong.sum()} mistakes in {len(labels)} drawings")
    return figure


def reliability(scores: FloatArray, labels: UInt8Array) -> Figure:
    """Show accuracy over confidence: calibrated where it is on the diagonal."""
    confidence = scores[:, :10].max(axis=1)
    bins = calibration_bins(confidence, scores[:, :10].argmax(axis=1) == labels)
    count, confidences, correct = bins[:, bins[0] > 0]
    figure, axes = _axes(5, 5)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.scatter(confidences / count, correct / count, s=20 + 300 * count / len(labels))
    axes.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.set_title("Reliability (area: number of answers)")
    return figure


def rejection(digits: FloatArray, negatives: FloatArray, threshold: float) -> Figure:
    """Show the digits accepted over the negatives rejected, for every threshold of `is_digit`."""
    digit, negative = digits[:, 10], negatives[:, 10]
    thresholds = np.quantile(np.concatenate([digit, negative]), np.linspace(0, 1, 300))
    figure, axes = _axes(5, 5)
    rejected = [(negative < t).mean() for t in thresholds]
    axes.plot(rejected, [(digit >= t).mean() for t in thresholds])
    axes.plot((negative < threshold).mean(), (digit >= threshold).mean(), "o")
    axes.set(xlabel="negatives rejected", ylabel="digits accepted")
    axes.set(xlim=(0.8, 1), ylim=(0.8, 1.005))
    axes.set_title(f"Rejection (the dot: threshold {threshold:.2f})")
    return figure


def curve(values: list[float], name: str) -> Figure:
    """Show a value for each epoch."""
    figure, axes = _axes(6, 3.5)
    axes.plot(range(1, len(values) + 1), values, marker=".")
    axes.set(xlabel="epoch", ylabel=name, yscale="log")
    return figure


def learning_curves(curves: dict[str, list[tuple[int, int]]], before: int, name: str) -> Figure:
    """Show mistakes over the number of corrections, for each method.

    curves: of each method, pairs of a number and the mistakes. before: without any.
    """
    figure, axes = _axes(6, 4)
    axes.axhline(before, color="grey", linewidth=1, linestyle="--", label="before")
    for method, points in curves.items():
        axes.plot(*zip(*sorted(points), strict=True), marker="o", label=method)
    axes.set(xlabel="corrections", ylabel="mistakes", xscale="log", title=name)
    counts = sorted({count for points in curves.values() for count, _ in points})
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8)
    return figure


def _axes(width: float, height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height))
    return figure, figure.add_subplot()
