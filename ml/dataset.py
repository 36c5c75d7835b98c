"""What an epoch of training shows the network, and what each of its outputs is to answer."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ml import augment, data, preprocessing
from ml.arrays import Float32Array, IntArray, UInt8Array
from ml.corrections import Corrections
from ml.glyphs import Random
from ml.negatives import pair_of_images, synthetic_negative
from ml.strokes import PEN, Strokes, place, render

# Samples an epoch: every MNIST image once, every pen drawing three times, and so many negatives.
PEN_REPEATS = 3
NEGATIVES = 16_000
SYNTHETIC_NEGATIVES = 10_000
MNIST_PAIRS = 2_000
# Of an epoch, so that few corrections are not lost in the original data and many don't displace
# them. Very few are a smaller part: each is shown so often at most.
CORRECTION_SHARE = 1 / 4
CORRECTION_REPEATS = 400
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
    corrections: Corrections
    replay: float = 1  # the part of the original data that each epoch shows

    def replayed(self, count: int) -> int:
        return round(self.replay * count)

    def replay_size(self) -> int:
        """Return how many samples of the original data there are."""
        drawings = self.replayed(len(self.mnist[0])) + PEN_REPEATS * self.replayed(len(self.digits))
        return drawings + sum(map(self.replayed, (NEGATIVES, SYNTHETIC_NEGATIVES, MNIST_PAIRS)))

    def correction_size(self) -> int:
        """Return how many samples of corrections are beside them."""
        share = round(CORRECTION_SHARE / (1 - CORRECTION_SHARE) * self.replay_size())
        return min(share, CORRECTION_REPEATS * len(self.corrections))

    def epoch_size(self) -> int:
        return self.replay_size() + self.correction_size()

    def take(self, digits: list[int], negatives: list[int]) -> "Sources":
        """Return these rows of the pen drawings, and all else."""
        return replace(
            self, digits=self.digits.take(digits), negatives=self.negatives.take(negatives)
        )


def render_epoch(sources: Sources, seed: int, epoch: int) -> Images:
    """Render every sample of an epoch, shuffled. The same seed and epoch give the same bytes.

    Returns pixels uint8 (n, 28, 28) and labels uint8 (n,), 10 for not a digit.
    """
    rng = np.random.default_rng((seed, epoch))
    parts = [
        _augment_images(sources, rng),
        *(_render_digits(sources, rng) for _ in range(PEN_REPEATS)),
        _render_negatives(sources, rng),
        render_corrections(sources.corrections, sources.correction_size(), rng),
    ]
    pixels = np.stack([image for images, _ in parts for image in images])
    labels = np.concatenate([labels for _, labels in parts])
    order = rng.permutation(len(pixels))
    return pixels[order], labels[order]


def _augment_images(sources: Sources, rng: Random) -> Part:
    pixels, labels = sources.mnist
    rows = _replayed(sources, len(labels), rng)
    return [augment.augment_image(pixels[row], rng) for row in rows], labels[rows]


def _replayed(sources: Sources, count: int, rng: Random) -> IntArray:
    """Return which of so many an epoch shows: int (m,)."""
    return rng.permutation(count)[: sources.replayed(count)]


def render_corrections(corrections: Corrections, count: int, rng: Random) -> Part:
    """Draw them again, all equally often, until there are so many."""
    corrections = corrections.take(np.resize(rng.permutation(len(corrections)), count))
    rows = zip(corrections.pixels, corrections.strokes, corrections.widths, strict=True)
    images = [
        augment.redraw_correction(strokes, widths, rng)
        if strokes
        else augment.augment_correction(pixels, rng)
        for pixels, strokes, widths in rows
    ]
    return images, corrections.labels


def _render_digits(sources: Sources, rng: Random) -> Part:
    digits = sources.digits
    digits = digits.take(_replayed(sources, len(digits), rng).tolist())
    rows = zip(digits.strokes, digits.labels, strict=True)
    return [
        augment.render_digit(strokes, int(digit), rng) for strokes, digit in rows
    ], digits.labels


def _render_negatives(sources: Sources, rng: Random) -> Part:
    letters = sources.negatives
    rows = rng.integers(len(letters), size=sources.replayed(NEGATIVES))
    images = [_render_warped(letters.strokes[row], rng) for row in rows]
    for _ in range(sources.replayed(SYNTHETIC_NEGATIVES)):
        images.append(_render_warped(synthetic_negative(sources.digits, letters, rng), rng))
    pairs = sources.replayed(MNIST_PAIRS)
    images += [pair_of_images(sources.mnist[0], rng) for _ in range(pairs)]
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
