"""Measure which drawings are worth a reviewer's time: mistakes on drawings by other people with the
same tablets, after learning from those of a thousand that each order puts first.

The head alone learns, on features that stay as they are: in seconds, so that many seeds can be
compared. Resumes where it was stopped: each row is written as soon as it is known.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ml import corrections, data, runtime
from ml.arrays import Float32Array, FloatArray, IntArray, UInt8Array
from ml.corrections import Corrections
from ml.dataset import MNIST_VALIDATION, Sources, render_corrections, render_epoch
from ml.metrics import softmax
from ml.strangers.drawing import Exam, draw_corrections, draw_on_tablets, on_strangers
from ml.strangers.orders import ORDERS, Waiting
from ml.strangers.rows import Row, append, read

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# Labelled in a first round, before any order is chosen; waiting; labelled in a second round.
FIRST, WAITING = 200, 1_000
BUDGETS = (100, 300)
SEEDS = range(1, 9)
REPLAY = 1 / 16  # of what `ml.train` shows in an epoch
REDRAWN = 8  # times each correction
EPOCHS = 4
RATE = 1e-3

Layer = list[Float32Array]  # weights (f, 10) and biases (10,)


class Learner:
    """The network that ships, of which the last layer is trained again."""

    def __init__(self) -> None:
        from ml import finetuning
        from ml import model as networks

        base = networks.for_training(finetuning.load_base(str(runtime.bundled())))
        self._features = networks.features(base)
        self.base: Layer = base.get_layer(networks.DIGIT_LOGITS).get_weights()

    def features(self, pixels: UInt8Array) -> Float32Array:
        """Return float32 (n, f) of uint8 (n, 28, 28)."""
        found = self._features.predict(pixels[..., None], batch_size=1024, verbose=0)
        return np.asarray(found, np.float32)

    def learn(self, features: Float32Array, labels: UInt8Array) -> Layer:
        """Return what the last layer becomes."""
        import keras

        layer = keras.layers.Dense(len(self.base[1]))
        model = keras.Sequential([keras.Input(features.shape[1:]), layer])
        model.set_weights(self.base)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(RATE), loss)
        model.fit(features, labels, batch_size=256, epochs=EPOCHS, shuffle=False, verbose=0)
        weights: Layer = model.get_weights()
        return weights


def probabilities(layer: Layer, features: Float32Array) -> FloatArray:
    """Return float (n, 10)."""
    return softmax(features @ layer[0] + layer[1])


@dataclass
class Round:
    """What one seed makes of the data. The first corrections are labelled, all others wait."""

    replay: tuple[Float32Array, UInt8Array]  # features and labels of digits
    corrections: Corrections
    features: Float32Array  # (n, f) of corrections
    redrawn: Float32Array  # (n, REDRAWN, f)

    @classmethod
    def of(cls, sources: Sources, learner: Learner, seed: int) -> "Round":
        rng = np.random.default_rng(seed)
        rows = rng.permutation(len(sources.digits))[: FIRST + WAITING]
        drawn = draw_corrections(sources.digits.take(rows.tolist()), rng)
        pixels, labels = render_epoch(sources, seed, 0)
        digits = labels != data.NOT_A_DIGIT
        again = [
            np.stack(render_corrections(drawn.take(np.array([row])), REDRAWN, rng)[0])
            for row in range(len(drawn))
        ]
        features = learner.features(np.concatenate(again))
        return cls(
            (learner.features(pixels[digits]), labels[digits]),
            drawn,
            learner.features(drawn.pixels),
            features.reshape(len(drawn), REDRAWN, -1),
        )

    def learn(self, learner: Learner, rows: IntArray) -> Layer:
        """Learn from these corrections and as much of the original data."""
        rng, rows = np.random.default_rng(len(rows)), np.sort(rows)
        features, labels = self.replay
        again = self.redrawn[rows].reshape(-1, features.shape[1])
        chosen = np.resize(rng.permutation(len(again)), len(labels))
        order = rng.permutation(2 * len(labels))
        return learner.learn(
            np.concatenate([features, again[chosen]])[order],
            np.concatenate([labels, self.corrections.labels[rows].repeat(REDRAWN)[chosen]])[order],
        )


def measure(folder: Path, done: set[tuple[int, str, int]]) -> Iterator[Row]:
    """Yield a row for each seed, order and budget that is not done.

    Raises FileNotFoundError, ValueError.
    """
    digits = data.load_digits(folder)
    pixels, labels = data.load_mnist(folder)["train"]
    known = pixels[:-MNIST_VALIDATION], labels[:-MNIST_VALIDATION]
    negatives = data.load_negatives(folder)["train"]
    sources = Sources(known, digits["train"], negatives, corrections.none(), REPLAY)
    learner = Learner()
    exam = Exam(draw_on_tablets(digits["test"], np.random.default_rng(0)))
    features = learner.features(exam.pixels())

    def mistakes(layer: Layer) -> int:
        return on_strangers(exam.mistakes(probabilities(layer, features).argmax(axis=1)))

    cells = [(seed, name, budget) for seed in SEEDS for name in ORDERS for budget in BUDGETS]
    left = tqdm([cell for cell in cells if cell not in done], unit=" trainings")
    for seed, group in groupby(left, itemgetter(0)):
        yield from _measure(Round.of(sources, learner, seed), learner, mistakes, group)


def _measure(
    round: Round,
    learner: Learner,
    mistakes: Callable[[Layer], int],
    cells: Iterable[tuple[int, str, int]],
) -> Iterator[Row]:
    first = np.arange(FIRST)
    serving = round.learn(learner, first)
    waiting = Waiting(
        probabilities(serving, round.features[FIRST:]),
        probabilities(learner.base, round.features[FIRST:]),
        round.features[FIRST:],
        round.features[:FIRST],
    )
    for seed, name, budget in cells:
        chosen = FIRST + ORDERS[name](waiting, np.random.default_rng(seed))[:budget]
        learnt = round.learn(learner, np.concatenate([first, chosen]))
        row = {"seed": seed, "order": name, "budget": budget, "before": mistakes(serving)}
        yield {**row, "mistakes": mistakes(learnt)}


def as_text(rows: list[Row]) -> str:
    """Return the mean over all seeds, and how much of it is due to them, as a person reads it."""
    lines = [f"{'labels':>6}  {'order':14}{'mistakes':>9}  fewer than by chance (95% interval)"]
    for budget in BUDGETS:
        for name in ORDERS:
            found = _by_seed(rows, name, budget)
            by_chance = _by_seed(rows, "chance", budget)
            fewer = [by_chance[seed] - found[seed] for seed in found if seed in by_chance]
            low, high = mean_interval(fewer)
            lines.append(
                f"{budget:6}  {name:14}{np.mean([*found.values()]):9.1f}"
                f"  {np.mean(fewer):.1f} ({low:.1f} to {high:.1f})"
            )
    return "\n".join(lines)


def _by_seed(rows: list[Row], order: str, budget: int) -> dict[int, int]:
    chosen = [row for row in rows if (row["order"], row["budget"]) == (order, budget)]
    return {row["seed"]: row["mistakes"] for row in chosen}


def mean_interval(values: list[int]) -> tuple[float, float]:
    """Return the 95% confidence interval of their mean, by Student's t: of one value, of no use."""
    from scipy import stats

    if len(values) < 2:
        return -np.inf, np.inf
    spread = float(np.std(values, ddof=1)) / np.sqrt(len(values))
    reach = float(stats.t.ppf(0.975, len(values) - 1)) * spread
    return float(np.mean(values)) - reach, float(np.mean(values)) + reach


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.strangers.labelling", description=__doc__)
    add = parser.add_argument
    # fmt: off
    add("--data", type=Path, default=Path("var/data"), metavar="DIR",
        help="where mnist.npz and the pen drawings are (default: %(default)s)")
    add("--output", type=Path, default=Path("var/labelling.ndjson"), metavar="FILE",
        help="the rows, and those that are there are not measured again (default: %(default)s)")
    # fmt: on
    options = parser.parse_args(arguments)
    rows = read(options.output)
    done = {(row["seed"], row["order"], row["budget"]) for row in rows}
    try:
        for row in measure(options.data, done):
            append(options.output, [row])
            rows.append(row)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f"ml.strangers.labelling: {error}")
    print(as_text(rows))
    seeds = {row["seed"] for row in rows}
    print(f"{len(rows)} rows of {len(seeds)} seeds are in {options.output}.")


if __name__ == "__main__":
    main()
