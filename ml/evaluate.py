"""Evaluate a network on what it has never seen: figures as text and JSON, and plots."""

import argparse
import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ml import augment, corrections, data, metrics, pictures, runtime
from ml.arrays import Float32Array, FloatArray, UInt8Array
from ml.corruptions import CORRUPTIONS, Corruption
from ml.dataset import Images, render_drawings
from ml.decoding import DrawingError
from ml.negatives import synthetic_negative
from ml.preprocessing import preprocess
from ml.strokes import place, render

# How the same pen drawings are put on a canvas of 280 px.
CONDITIONS: dict[str, dict[str, Any]] = {
    "medium": {},
    "large": {"fraction": 0.9},
    "thin": {"pen": 6},
    "corner": {"fraction": 0.4, "pen": 14, "center": (0.2, 0.2)},
    "turned left": {"degrees": -15},
    "turned right": {"degrees": 15},
    "small": {"fraction": 0.33},
    "thick": {"pen": 30},
}
SEED = 0
SYNTHETIC_NEGATIVES = 2000
# Drawings that are seen with each corruption, how large in the picture and with which pens.
CORRUPTED = 200
CORRUPTED_FRACTION = (0.45, 0.75)
CORRUPTED_PEN = (8, 22)


@dataclass
class Evaluation:
    """A network's scores of the test parts, each float32 (n, 11)."""

    threshold: float
    mnist: Images
    mnist_scores: Float32Array
    submitted_scores: Float32Array  # of the same images when somebody submits them to the site
    digits: data.Drawings
    pens: dict[str, tuple[UInt8Array, Float32Array]]  # pixels and scores by condition
    negatives: tuple[UInt8Array, Float32Array]  # pixels and scores
    corrupted: dict[str, Float32Array]  # scores by kind, of the same drawings
    corrupted_labels: UInt8Array

    def metrics(self) -> dict[str, Any]:
        """Return every figure, ready for JSON; proportions are from 0 to 1."""
        labels = self.mnist[1]
        medium = self.pens["medium"][1]
        return {
            "mnist": {
                "drawings": len(labels),
                "accuracy": metrics.accuracy(self.mnist_scores, labels),
                "accuracy_submitted": metrics.accuracy(self.submitted_scores, labels),
            },
            "pens": {
                name: pen_accuracies(scores, self.digits) for name, (_, scores) in self.pens.items()
            },
            "calibration": metrics.calibration(medium, self.digits.labels),
            "rejection": metrics.rejection(medium, self.negatives[1], self.threshold),
            "confusion": metrics.confusion_matrix(medium, self.digits.labels).tolist(),
            "corruptions": {
                kind: metrics.acceptance(scores, self.corrupted_labels, self.threshold)
                for kind, scores in self.corrupted.items()
            },
        }


def evaluate(network: runtime.Network, folder: Path) -> Evaluation:
    """Run a network over the test parts in `folder`. Raises FileNotFoundError."""
    pixels, labels = data.load_mnist(folder)["test"]
    digits = data.load_digits(folder)["test"]
    rendered = {name: render_drawings(digits, **how) for name, how in CONDITIONS.items()}
    negatives = render_negatives(folder, digits)
    rows = np.random.default_rng(SEED).permutation(len(digits))[:CORRUPTED]
    seen = digits.take(rows.tolist())
    return Evaluation(
        network.digit_threshold,
        (pixels, labels),
        network.scores(pixels),
        network.scores(np.stack([preprocess(image) for image in pixels])),
        digits,
        {name: (images, network.scores(images)) for name, images in rendered.items()},
        (negatives, network.scores(negatives)),
        {kind: score_corrupted(network, seen, made) for kind, made in CORRUPTIONS.items()},
        seen.labels,
    )


def score_corrupted(
    network: runtime.Network, digits: data.Drawings, corruption: Corruption
) -> Float32Array:
    """Return the scores of pictures of these drawings, float32 (n, 11).

    Zeros where there is nothing to be read: such a picture is not accepted.
    """
    rng = np.random.default_rng(SEED)
    scores = np.zeros((len(digits), 11), np.float32)
    for row, strokes in enumerate(digits.strokes):
        fraction, pen = rng.uniform(*CORRUPTED_FRACTION), rng.uniform(*CORRUPTED_PEN)
        drawing = render(place(strokes, fraction=fraction, pen=pen), pen=pen)
        with suppress(DrawingError):
            scores[row] = network.scores(preprocess(corruption(drawing, rng))[None])[0]
    return scores


def render_negatives(folder: Path, digits: data.Drawings) -> UInt8Array:
    """Render letters and symbols of the test writers, and synthetic ones: uint8 (n, 28, 28)."""
    rng = np.random.default_rng(SEED)
    letters = data.load_negatives(folder)["test"]
    synthetic = [synthetic_negative(digits, letters, rng) for _ in range(SYNTHETIC_NEGATIVES)]
    written = render_drawings(letters)
    return np.concatenate(
        [written, np.stack([augment.render_augmented(s, rng) for s in synthetic])]
    )


def pen_accuracies(scores: FloatArray, digits: data.Drawings) -> dict[str, Any]:
    """Return accuracy on all pen drawings and on each source; the unseen tablet is one itself."""
    correct = scores[:, :10].argmax(axis=1) == digits.labels
    unseen = np.array([name.startswith(f"{data.UNSEEN_TABLET}-") for name in digits.writers])
    uci = np.array(digits.sources) == "pendigits"
    sources = {"uci": uci, "unipen": ~uci & ~unseen, "unseen_tablet": unseen}
    return {
        "drawings": len(correct),
        "accuracy": float(correct.mean()),
        **{name: float(correct[rows].mean()) for name, rows in sources.items() if rows.any()},
    }


def evaluate_samples(network: runtime.Network, files: list[Path]) -> dict[str, Any]:
    """Return how exports of reviewed drawings are read. Raises FileNotFoundError, ValueError."""
    samples = corrections.load(files)
    digits = samples.labels != data.NOT_A_DIGIT
    scores = network.scores(samples.pixels)
    return {
        "drawings": len(samples),
        "accuracy": metrics.accuracy(scores[digits], samples.labels[digits]),
        "is_digit": float(((scores[:, 10] >= network.digit_threshold) == digits).mean()),
    }


def as_text(figures: dict[str, Any]) -> str:
    """Return the figures as a person reads them."""
    lines = _test_lines(figures) if "mnist" in figures else []
    if samples := figures.get("samples"):
        lines.append(
            f"Reviewed drawings           {samples['accuracy']:.2%} of the digits, "
            f"digit or not right in {samples['is_digit']:.2%}"
        )
    if found := figures.get("pictures"):
        lines += pictures.as_text(found)
    return "\n".join(lines)


def _test_lines(figures: dict[str, Any]) -> list[str]:
    mnist = figures["mnist"]
    calibration, rejection = figures["calibration"], figures["rejection"]
    wrong = calibration["wrong_when_sure"]
    return [
        f"MNIST's test set as it is   {mnist['accuracy']:9.2%}",
        f"  submitted to the site     {mnist['accuracy_submitted']:9.2%}",
        "Pen drawings of unseen writers   all     UCI  UNIPEN  unseen tablet",
        *(_pen_line(name, part) for name, part in figures["pens"].items()),
        f"Expected calibration error  {calibration['expected_calibration_error']:.4f}",
        f"Confidence 0.99 or more     {calibration['sure']:.2%} of the answers"
        + (f", {wrong:.2%} of them wrong" if wrong is not None else ""),
        f"Digits accepted             {rejection['digits_kept']:.2%}",
        f"Negatives rejected          {rejection['others_rejected']:.2%}",
        f"Area under the ROC curve    {rejection['area_under_curve']:.4f}",
        *_corruption_lines(figures["corruptions"]),
    ]


def _corruption_lines(corruptions: dict[str, dict[str, float]]) -> list[str]:
    kinds = list(corruptions.values())
    mean = {key: sum(found[key] for found in kinds) / len(kinds) for key in ("read", "wrong")}
    worst = min(corruptions, key=lambda kind: corruptions[kind]["read"])
    rows = {**corruptions, "mean": mean, f"worst: {worst}": corruptions[worst]}
    return [
        "Pictures of paper                read  wrong but accepted",
        *(f"  {kind:26}{found['read']:9.2%}{found['wrong']:9.2%}" for kind, found in rows.items()),
    ]


def _pen_line(name: str, accuracies: dict[str, Any]) -> str:
    values = (accuracies.get(key) for key in ("accuracy", "uci", "unipen", "unseen_tablet"))
    cells = (f"{value:9.2%}" if value is not None else f"{'none':>9}" for value in values)
    return f"  {name:24}" + "".join(cells)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.evaluate", description=__doc__)
    add = parser.add_argument
    # fmt: off
    add("version", help="a folder of ml/artifacts/")
    add("--data", type=Path, default=Path("var/data"), metavar="DIR",
        help="where mnist.npz and the pen drawings are (default: %(default)s)")
    add("--samples", type=Path, nargs="+", default=[], metavar="PATH",
        help="to evaluate on as well: reviewed drawings, exported as npz, and folders of"
        " pictures named after their digit (7.png, 7-photo.jpg) or sorted into folders"
        " 0 to 9 and not_a_digit; without DIR, on these alone")
    add("--output", type=Path, metavar="DIR",
        help="for report.json and the plots (default: var/evaluation/VERSION)")
    # fmt: on
    return parser


def main(arguments: list[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    output = options.output or Path("var/evaluation", options.version)
    try:
        network = runtime.Network.load(runtime.ARTIFACTS / options.version)
        figures, drawn = _evaluate(network, options.data, options.samples)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f"ml.evaluate: {error}")
    print(as_text(figures))
    _write(output, {"version": network.version, **figures}, drawn)
    print(f"Evaluated {network.version} on {_counted(figures)}; report and plots are in {output}.")


def _evaluate(
    network: runtime.Network, folder: Path, samples: list[Path]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the figures, and the plots by the names of their files."""
    figures: dict[str, Any] = {}
    drawn: dict[str, Any] = {}
    # Whoever has pictures to try needs no data to train on.
    if folder.is_dir() or not samples:
        evaluation = evaluate(network, folder)
        figures, drawn = evaluation.metrics(), plots(evaluation)
    else:
        print(f"{folder} is not there: only the samples are evaluated.", file=sys.stderr)
    folders = [path for path in samples if path.is_dir()]
    if exports := [path for path in samples if not path.is_dir()]:
        figures["samples"] = evaluate_samples(network, exports)
    if folders:
        read = [one for path in folders for one in pictures.read_folder(network, path)]
        figures["pictures"] = pictures.figures(read)
        drawn["mistakes-samples"] = pictures.contact_sheet(read)
    return figures, drawn


def _counted(figures: dict[str, Any]) -> str:
    counts = {
        "images of MNIST": figures.get("mnist", {}).get("drawings"),
        "pen drawings": figures.get("pens", {}).get("medium", {}).get("drawings"),
        "reviewed drawings": figures.get("samples", {}).get("drawings"),
        "pictures": figures.get("pictures", {}).get("pictures"),
    }
    return " and ".join(f"{count} {name}" for name, count in counts.items() if count is not None)


def _write(output: Path, report: dict[str, Any], drawn: dict[str, Any]) -> None:
    output.mkdir(parents=True, exist_ok=True)
    (output / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    for name, figure in drawn.items():
        figure.savefig(output / f"{name}.png", dpi=150, bbox_inches="tight")


def plots(evaluation: Evaluation) -> dict[str, Any]:
    """Return every plot of a report, by the name of its file."""
    from ml import plots

    pixels, scores = evaluation.pens["medium"]
    labels = evaluation.digits.labels
    return {
        "confusion": plots.confusion(scores, labels),
        "reliability": plots.reliability(scores, labels),
        "rejection": plots.rejection(scores, evaluation.negatives[1], evaluation.threshold),
        "mistakes-pens": plots.mistakes(pixels, labels, scores),
        "mistakes-mnist": plots.mistakes(*evaluation.mnist, evaluation.mnist_scores),
    }


if __name__ == "__main__":
    main()
