"""What an epoch of training is made of."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ml import augment, data, preprocessing
from ml.strokes import PEN, paint, place

Array = np.ndarray[Any, np.dtype[Any]]

# Samples an epoch: every MNIST image once, every pen drawing three times, and of what is not a
# digit so many.
PEN_REPEATS = 3
OTHER_SAMPLES = 16_000
NONSENSE_SAMPLES = 6_000
# A correction counts for more than one drawing among a hundred thousand.
CORRECTION_REPEATS = 15


@dataclass
class Sources:
    """What an epoch is made of: the training parts."""

    mnist: tuple[Array, Array]
    digits: data.Drawings
    other: data.Drawings
    corrections: tuple[Array, Array]


@dataclass
class Samples:
    """Shuffled, ready for the network."""

    pixels: Array  # uint8 (n, 28, 28, 1)
    labels: Array  # uint8 (n,), 10 is not a digit


def make_epoch(sources: Sources, seed: int, epoch: int) -> Samples:
    """Every sample of an epoch, drawn anew. The same seed and epoch give the same bytes."""
    cv2.setNumThreads(1)  # the other core is training
    rng = np.random.default_rng((seed, epoch))
    digits, other = sources.digits, sources.other
    pixels: list[Array] = [augment.distorted(image, rng) for image in sources.mnist[0]]
    labels = [sources.mnist[1]]
    for _ in range(PEN_REPEATS):
        for strokes, digit in zip(digits.strokes, digits.labels, strict=True):
            styled = augment.restyle(strokes, int(digit), rng)
            pixels.append(augment.drawn(augment.bend(styled, rng), rng))
        labels.append(digits.labels)
    for row in rng.integers(len(other), size=OTHER_SAMPLES):
        pixels.append(augment.drawn(augment.bend(other.strokes[row], rng), rng))
    for _ in range(NONSENSE_SAMPLES):
        strokes = augment.nonsense(digits.strokes, rng)
        pixels.append(augment.drawn(augment.bend(strokes, rng), rng))
    negatives = len(pixels) - sum(map(len, labels))
    labels.append(np.full(negatives, data.NOT_A_DIGIT, np.uint8))
    for _ in range(CORRECTION_REPEATS):
        pixels += [augment.redrawn(image, rng) for image in sources.corrections[0]]
        labels.append(sources.corrections[1])
    order = rng.permutation(len(pixels))
    return Samples(np.stack(pixels)[order][..., None], np.concatenate(labels)[order])


def samples_an_epoch(sources: Sources) -> int:
    return (
        len(sources.mnist[0])
        + PEN_REPEATS * len(sources.digits)
        + OTHER_SAMPLES
        + NONSENSE_SAMPLES
        + CORRECTION_REPEATS * len(sources.corrections[0])
    )


def as_drawn(drawings: data.Drawings, *, pen: int = PEN, **placed: Any) -> Array:
    """Drawings as the page paints them: uint8 (n, 28, 28).

    placed: as in `ml.strokes.place`.
    """
    return np.stack(
        [
            preprocessing.preprocess(paint(place(strokes, pen=pen, **placed), pen=pen))
            for strokes in drawings.strokes
        ]
    )


def targets(labels: Array) -> tuple[dict[str, Array], dict[str, Array]]:
    """What the two heads shall answer, and how much each sample counts for each.

    labels: uint8 (n,), 10 for not a digit.
    """
    is_digit = labels != data.NOT_A_DIGIT
    one_hot = np.eye(data.NOT_A_DIGIT + 1, dtype=np.float32)[labels][:, :10]
    wanted = {"digit_logits": one_hot, "is_digit_logit": is_digit.astype(np.float32)[:, None]}
    # What is not a digit says nothing about which digit it is.
    weights = {
        "digit_logits": is_digit.astype(np.float32),
        "is_digit_logit": np.ones(len(is_digit), np.float32),
    }
    return wanted, weights
