"""What an epoch of training shows the network, and what each of its outputs is to answer."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from ml import augment, data, preprocessing
from ml.arrays import Float32Array, UInt8Array
from ml.glyphs import Random
from ml.negatives import pair_of_images, synthetic_negative
from ml.strokes import PEN, Strokes, place, render

# Samples an epoch: every MNIST image once, every pen drawing three times, and so many negatives.
PEN_REPEATS = 3
NEGATIVES = 16_000
SYNTHETIC_NEGATIVES = 10_000
MNIST_PAIRS = 2_000
# A correction counts for more than one drawing among a hundred thousand.
CORRECTION_REPEATS = 15
# Taken from the end of MNIST's training part, to calibrate on and to choose by.
MNIST_VALIDATION = 5_000
VALIDATION_PENS = (6, 18, 30)  # widths in pixels

Images = tuple[UInt8Array, UInt8Array]  # pixels (n, 28, 28) and labels (n,), 10 for not a digit
Part = tuple[list[UInt8Array], UInt8Array]
Outputs = dict[str, Float32Array]


@dataclass
class Sources:
    """The training parts that an epoch is rendered from."""

    mnist: Images
    digits: data.Drawings
    negatives: data.Drawings
    corrections: Images

    def epoch_size(self) -> int:
        return (
            len(self.mnist[0])
            + PEN_REPEATS * len(self.digits)
            + NEGATIVES
            + SYNTHETIC_NEGATIVES
            + MNIST_PAIRS
            + CORRECTION_REPEATS * len(self.corrections[0])
        )

    def take(self, digits: list[int], negatives: list[int]) -> "Sources":
        """Return these rows of the pen drawings, and all else."""
        return replace(
            self, digits=self.digits.take(digits), negatives=self.negatives.take(negatives)
        )


def render_epoch(sources: Sources, seed: int, epoch: int) -> Images:
    """Render every sample of an epoch, shuffled. The same seed and epoch give the same bytes.

    Returns pixels uint8 (n, 28, 28) and labels uint8 (n,), 10 for not a digit.
    """
    cv2.setNumThreads(1)  # the other core is training
    rng = np.random.default_rng((seed, epoch))
    parts = [
        _augment_images(sources.mnist, augment.augment_image, rng),
        *(_render_digits(sources.digits, rng) for _ in range(PEN_REPEATS)),
        _render_negatives(sources, rng),
    ]
    for _ in range(CORRECTION_REPEATS):
        parts.append(_augment_images(sources.corrections, augment.augment_correction, rng))
    pixels = np.stack([image for images, _ in parts for image in images])
    labels = np.concatenate([labels for _, labels in parts])
    order = rng.permutation(len(pixels))
    return pixels[order], labels[order]


def _augment_images(
    images: Images, augment_one: Callable[[UInt8Array, Random], UInt8Array], rng: Random
) -> Part:
    return [augment_one(image, rng) for image in images[0]], images[1]


def _render_digits(digits: data.Drawings, rng: Random) -> Part:
    rows = zip(digits.strokes, digits.labels, strict=True)
    return [
        augment.render_digit(strokes, int(digit), rng) for strokes, digit in rows
    ], digits.labels


def _render_negatives(sources: Sources, rng: Random) -> Part:
    letters = sources.negatives
    rows = rng.integers(len(letters), size=NEGATIVES)
    images = [_render_warped(letters.strokes[row], rng) for row in rows]
    for _ in range(SYNTHETIC_NEGATIVES):
        images.append(_render_warped(synthetic_negative(sources.digits, letters, rng), rng))
    images += [pair_of_images(sources.mnist[0], rng) for _ in range(MNIST_PAIRS)]
    return images, np.full(len(images), data.NOT_A_DIGIT, np.uint8)


def _render_warped(strokes: Strokes, rng: Random) -> UInt8Array:
    return augment.render_augmented(augment.warp_strokes(strokes, rng), rng)


def render_drawings(drawings: data.Drawings, *, pen: int = PEN, **placement: Any) -> UInt8Array:
    """Render drawings as the page does: uint8 (n, 28, 28).

    placement: as in `ml.strokes.place`.
    """
    return np.stack(
        [
            preprocessing.preprocess(render(place(strokes, pen=pen, **placement), pen=pen))
            for strokes in drawings.strokes
        ]
    )


def validation_images(mnist: Images, digits: data.Drawings, negatives: data.Drawings) -> Images:
    """Return what no epoch shows, MNIST's images first."""
    pens = [render_drawings(digits, pen=pen) for pen in VALIDATION_PENS]
    pixels = [mnist[0][-MNIST_VALIDATION:], *pens, render_drawings(negatives)]
    labels = [mnist[1][-MNIST_VALIDATION:], *[digits.labels] * len(pens), negatives.labels]
    return np.concatenate(pixels), np.concatenate(labels)


def targets(labels: UInt8Array) -> tuple[Outputs, Outputs]:
    """Return the target of each of the network's outputs, and the weight of each sample in it.

    labels: uint8 (n,), 10 for not a digit.
    """
    is_digit = labels != data.NOT_A_DIGIT
    one_hot = np.eye(data.NOT_A_DIGIT + 1, dtype=np.float32)[labels][:, :10]
    wanted = {"digit_logits": one_hot, "is_digit_logit": is_digit.astype(np.float32)[:, None]}
    weights = {
        # A negative says nothing about which digit it is.
        "digit_logits": is_digit.astype(np.float32),
        "is_digit_logit": np.ones(len(is_digit), np.float32),
    }
    return wanted, weights
