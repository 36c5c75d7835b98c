"""What is better looked at than read: plots of a network's answers, for reports and notebook."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ml.evaluate import BINS, Tested

Array = np.ndarray[Any, np.dtype[Any]]


def of(tested: Tested) -> dict[str, Figure]:
    """Every plot of a report, by the name of its file."""
    pixels, scores = tested.pens["medium"]
    return {
        "confusion": confusion(scores, tested.digits.labels),
        "reliability": reliability(scores, tested.digits.labels),
        "rejection": rejection(scores, tested.other[1], tested.threshold),
        "mistakes-pens": mistakes(pixels, tested.digits.labels, scores),
        "mistakes-mnist": mistakes(*tested.mnist),
    }


def images(pixels: Array, titles: list[str] | None = None, columns: int = 12) -> Figure:
    """pixels: uint8 (n, height, width), as ink on paper in a grid."""
    rows = max(1, -(-len(pixels) // columns))
    figure = Figure(figsize=(columns * 0.85, rows * (1.1 if titles else 0.85)))
    for index, image in enumerate(pixels):
        axes = figure.add_subplot(rows, columns, index + 1)
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=255)
        axes.set_axis_off()
        if titles:
            axes.set_title(titles[index], fontsize=7)
    return figure


def mistakes(pixels: Array, labels: Array, scores: Array, most: int = 60) -> Figure:
    """A contact sheet of the wrong answers, the surest first, titled label → answer."""
    answers, confidence = scores[:, :10].argmax(axis=1), scores[:, :10].max(axis=1)
    wrong = np.flatnonzero(answers != labels)
    wrong = wrong[np.argsort(-confidence[wrong])][:most]
    titles = [f"{labels[row]} → {answers[row]}, {confidence[row]:.0%}" for row in wrong]
    return images(pixels[wrong], titles)


def confusion(scores: Array, labels: Array) -> Figure:
    """How often each digit is taken for each; the right answers are left blank."""
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (labels, scores[:, :10].argmax(axis=1)), 1)
    wrong = counts * (1 - np.eye(10, dtype=int))
    figure, axes = _axes(5, 5)
    axes.imshow(wrong, cmap="Oranges")
    for row, column in np.argwhere(wrong):
        axes.text(column, row, wrong[row, column], ha="center", va="center", fontsize=8)
    axes.set(xlabel="answer", ylabel="true digit", xticks=range(10), yticks=range(10))
    axes.set_title(f"{wrong.sum()} mistakes in {len(labels)} drawings")
    return figure


def reliability(scores: Array, labels: Array) -> Figure:
    """Confidence against the part that was right: on the diagonal it can be trusted."""
    confidence = scores[:, :10].max(axis=1)
    right = scores[:, :10].argmax(axis=1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    present = np.unique(bins)
    mean = [confidence[bins == b].mean() for b in present]
    part = [right[bins == b].mean() for b in present]
    size = [20 + 300 * (bins == b).mean() for b in present]
    figure, axes = _axes(5, 5)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.scatter(mean, part, s=size)
    axes.set(xlabel="confidence", ylabel="part that was right", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.set_title("Reliability (area: number of answers)")
    return figure


def rejection(digits: Array, other: Array, threshold: float) -> Figure:
    """What every threshold of `is_digit` would keep and turn away."""
    thresholds = np.quantile(np.concatenate([digits[:, 10], other[:, 10]]), np.linspace(0, 1, 300))
    kept = [(digits[:, 10] >= t).mean() for t in thresholds]
    turned_away = [(other[:, 10] < t).mean() for t in thresholds]
    figure, axes = _axes(5, 5)
    axes.plot(turned_away, kept)
    axes.plot((other[:, 10] < threshold).mean(), (digits[:, 10] >= threshold).mean(), "o")
    axes.set(xlabel="others turned away", ylabel="digits kept", xlim=(0.8, 1), ylim=(0.8, 1.005))
    axes.set_title(f"Rejection (the dot: threshold {threshold:.2f})")
    return figure


def curve(values: list[float], name: str) -> Figure:
    """A figure per epoch."""
    figure, axes = _axes(6, 3.5)
    axes.plot(range(1, len(values) + 1), values, marker=".")
    axes.set(xlabel="epoch", ylabel=name, yscale="log")
    return figure


def _axes(width: float, height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height))
    return figure, figure.add_subplot()
