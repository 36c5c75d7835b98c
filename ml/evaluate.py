"""Measure a network on what it has never seen: figures as text and JSON, and plots."""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ml import augment, corrections, data, runtime
from ml.preprocessing import preprocess
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


@dataclass
class Tested:
    """A network's answers to the test parts: scores are float32 (n, 11), as from LiteRT."""

    threshold: float
    mnist: tuple[Array, Array, Array]  # pixels, labels, scores
    mnist_submitted: Array  # scores of the same images when somebody submits them to the site
    digits: data.Drawings
    pens: dict[str, tuple[Array, Array]]  # pixels and scores by condition
    other: tuple[Array, Array]  # pixels and scores of what is not a digit

    def metrics(self) -> dict[str, Any]:
        """Every figure, ready for JSON: parts of 1."""
        _, labels, scores = self.mnist
        medium = self.pens["medium"][1]
        return {
            "mnist": {
                "drawings": len(labels),
                "accuracy": accuracy(scores, labels),
                "accuracy_submitted": accuracy(self.mnist_submitted, labels),
            },
            "pens": {name: pens(scores, self.digits) for name, (_, scores) in self.pens.items()},
            "calibration": calibration(medium, self.digits.labels),
            "rejection": rejection(medium, self.other[1], self.threshold),
            "confusion": confusion(medium, self.digits.labels),
        }


def test(network: runtime.Network, folder: Path) -> Tested:
    """Run a network over the test parts in `folder`. Raises FileNotFoundError."""
    pixels, labels = data.load_mnist(folder)["test"]
    digits = data.load_digits(folder)["test"]
    drawn = {name: as_drawn(digits, **how) for name, how in CONDITIONS.items()}
    other = not_digits(folder, digits)
    return Tested(
        network.digit_threshold,
        (pixels, labels, network.scores(pixels)),
        network.scores(np.stack([preprocess(image) for image in pixels])),
        digits,
        {name: (images, network.scores(images)) for name, images in drawn.items()},
        (other, network.scores(other)),
    )


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
        **{name: float(right[rows].mean()) for name, rows in parts.items() if rows.any()},
    }


def calibration(scores: Array, labels: Array) -> dict[str, Any]:
    """Expected calibration error (Guo et al. 2017) and how often a sure answer is wrong."""
    confidence = scores[:, :10].max(axis=1)
    right = scores[:, :10].argmax(axis=1) == labels
    sure = confidence >= 0.99
    return {
        "expected_calibration_error": calibration_error(binned(confidence, right)),
        "sure": float(sure.mean()),
        "wrong_when_sure": float(1 - right[sure].mean()) if sure.any() else None,
    }


def binned(confidence: Array, right: Array) -> Array:
    """By confidence, answers, confidences and right answers summed up: float (3, BINS)."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    sums = [np.bincount(bins, what, BINS) for what in (np.ones(len(bins)), confidence, right)]
    return np.stack(sums)


def calibration_error(sums: Array) -> float:
    """Of what `binned` gives, or of sums of that: how far confidence and truth are apart."""
    count, confidence, right = sums
    return float(np.abs(confidence - right).sum() / max(count.sum(), 1))


def rejection(digits: Array, other: Array, threshold: float) -> dict[str, Any]:
    """How digits and what is none are told apart. Both: scores float (n, 11)."""
    positive, negative = digits[:, 10], np.sort(other[:, 10])
    # Of all pairs of a digit and another, the part that is in the right order; ties count half.
    below = sum(np.searchsorted(negative, positive, side) for side in ("left", "right"))
    return {
        "drawings": len(other),
        "digits_kept": float((positive >= threshold).mean()),
        "others_rejected": float((negative < threshold).mean()),
        "area_under_curve": float(below.mean() / 2 / len(negative)),
    }


def confusion(scores: Array, labels: Array) -> list[list[int]]:
    """Ten rows by true digit, ten columns by answer."""
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (labels, scores[:, :10].argmax(axis=1)), 1)
    return counts.tolist()


def as_text(metrics: dict[str, Any]) -> str:
    """The figures as a person reads them."""
    mnist = metrics["mnist"]
    lines = [
        f"MNIST's test set as it is   {mnist['accuracy']:9.2%}",
        f"  submitted to the site     {mnist['accuracy_submitted']:9.2%}",
    ]
    lines.append("Pen drawings of unseen writers   all     UCI  UNIPEN  unseen tablet")
    for name, part in metrics["pens"].items():
        parts = (part.get(key) for key in ("accuracy", "uci", "unipen", "unseen_tablet"))
        cells = (f"{value:9.2%}" if value is not None else f"{'none':>9}" for value in parts)
        lines.append(f"  {name:24}" + "".join(cells))
    calibrated, rejected = metrics["calibration"], metrics["rejection"]
    wrong = calibrated["wrong_when_sure"]
    lines += [
        f"Expected calibration error  {calibrated['expected_calibration_error']:.4f}",
        f"Confidence 0.99 or more     {calibrated['sure']:.2%} of the answers"
        + (f", {wrong:.2%} of them wrong" if wrong is not None else ""),
        f"Digits taken for digits     {rejected['digits_kept']:.2%}",
        f"Others turned away          {rejected['others_rejected']:.2%}",
        f"Area under the curve        {rejected['area_under_curve']:.4f}",
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.evaluate", description=__doc__)
    parser.add_argument("version", help="a folder of ml/artifacts/")
    parser.add_argument("--data", type=Path, default=Path("var/data"), metavar="DIR",
                        help="where mnist.npz and the pen drawings are (default: %(default)s)")
    parser.add_argument("--samples", type=Path, nargs="+", default=[], metavar="FILE",
                        help="reviewed drawings, exported as npz, to measure as well")
    parser.add_argument("--output", type=Path, metavar="DIR",
                        help="for report.json and the plots (default: var/evaluation/VERSION)")
    options = parser.parse_args(arguments)
    output = options.output or Path("var/evaluation", options.version)
    try:
        network = runtime.Network.load(runtime.ARTIFACTS / options.version)
        tested = test(network, options.data)
        samples = corrections.load(options.samples)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f"ml.evaluate: {error}")
    metrics = tested.metrics()
    print(as_text(metrics))
    if options.samples:
        labels = samples.labels
        digits = labels != data.NOT_A_DIGIT
        scores = network.scores(samples.pixels)
        metrics["samples"] = {
            "drawings": len(labels),
            "accuracy": accuracy(scores[digits], labels[digits]),
            "is_digit": float(((scores[:, 10] >= network.digit_threshold) == digits).mean()),
        }
        print("Reviewed drawings           {accuracy:.2%} of the digits, "
              "digit or not right in {is_digit:.2%}".format(**metrics["samples"]))
    _write(output, network, metrics, tested)
    print(f"Measured {network.version} on {len(tested.mnist[1])} images of MNIST and "
          f"{len(tested.digits)} pen drawings; report and plots are in {output}.")


def _write(
    output: Path, network: runtime.Network, metrics: dict[str, Any], tested: Tested
) -> None:
    from ml import plots

    output.mkdir(parents=True, exist_ok=True)
    report = {"version": network.version, **metrics}
    (output / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    for name, figure in plots.of(tested).items():
        figure.savefig(output / f"{name}.png", dpi=150, bbox_inches="tight")


if __name__ == "__main__":
    main()
