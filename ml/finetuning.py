"""Fine-tuning a released model on corrections, without forgetting what it knew."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from ml import corrections, data, runtime
from ml import model as networks
from ml.arrays import BoolArray, FloatArray, UInt8Array
from ml.corrections import Corrections
from ml.dataset import MNIST_VALIDATION, Images, render_drawings
from ml.label_errors import suspected_corrections

# How far to go from the base to what was trained (alpha of WiSE-FT): the first at which accuracy on
# the validation part drops by at most MAX_DROP, of which chance alone makes half, or else the last.
# Farther than the first next to nothing is gained (docs/decisions has the table).
ALPHAS = (0.7, 0.6, 0.5)
MAX_DROP = 0.001
# Drawings with known labels beside which those of corrections are checked.
REFERENCE_SAMPLES = 3_000


def load_base(version: str) -> Any:
    """Load a version of ml/artifacts/, or of the folder that an absolute path names.

    Raises FileNotFoundError, ValueError.
    """
    folder = runtime.ARTIFACTS / version
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no version {version} in {runtime.ARTIFACTS}.")
    return networks.load(folder / runtime.KERAS_FILE)


def suspected(
    base: Any, corrected: Corrections, known: list[data.Drawings], files: list[Path], seed: int
) -> BoolArray:
    """Return which corrections have a label that looks wrong to the base: bool (n,).

    known: drawings whose labels are trusted. files: the exports, whose manifests tell which labels
    were confirmed.
    """
    rng = np.random.default_rng(seed)
    some = [part.take(rng.permutation(len(part))[:REFERENCE_SAMPLES]) for part in known]
    features = networks.features(base)

    def extract(pixels: UInt8Array) -> FloatArray:
        found: FloatArray = features.predict(pixels[..., None], batch_size=1024, verbose=0)
        return found

    return suspected_corrections(
        corrected,
        extract(corrected.pixels),
        extract(np.concatenate([render_drawings(part) for part in some])),
        np.concatenate([part.labels for part in some]),
        corrections.confirmed(files),
    )


def interpolate_weights(base: Any, trained: Any, validation: Images) -> tuple[Any, float]:
    """Go from the base towards the trained model as far as next to nothing is forgotten (WiSE-FT,
    Wortsman et al. 2022, https://arxiv.org/abs/2109.01903).

    Returns the model, as from `ml.model.for_training`, and its alpha.

    validation: MNIST's images first.
    """
    base = networks.for_training(base)
    before = _accuracies(base, validation)
    for alpha in ALPHAS:
        model = networks.average_weights([base, trained], [1 - alpha, alpha])
        after = _accuracies(model, validation)
        if (after >= before - MAX_DROP).all():
            break
    print(
        f"Interpolated with alpha {alpha}: validation accuracy is {after[0]:.2%} on MNIST and"
        f" {after[1]:.2%} on pen drawings; the base has {before[0]:.2%} and {before[1]:.2%}.",
        file=sys.stderr,
    )
    return model, alpha


def _accuracies(model: Any, validation: Images) -> FloatArray:
    """Return those on MNIST's images and on pen drawings of digits: float (2,)."""
    pixels, labels = validation
    mnist = np.arange(len(labels)) < MNIST_VALIDATION
    pens = (labels != data.NOT_A_DIGIT) & ~mnist
    logits = model.predict(pixels[..., None], batch_size=1024, verbose=0)["digit_logits"]
    correct = logits.argmax(axis=1) == labels
    return np.array([correct[mnist].mean(), correct[pens].mean()])
