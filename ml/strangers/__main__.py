"""Measure what networks learn from corrections: mistakes on drawings by other people with the same
tablets, with ordinary pens, and of MNIST, for each method and number of corrections.

Resumes where it was stopped: each row is written as soon as it is known.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ml import corrections, data, runtime
from ml.corrections import Corrections
from ml.dataset import MNIST_VALIDATION, Images, Sources, render_corrections, render_epoch
from ml.strangers.drawing import MNIST, PENS, Exam, Lessons, draw_corrections, on_strangers
from ml.strangers.rows import Row, append, read
from ml.train import FINE_TUNING_EPOCHS

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

COUNTS = (50, 200, 1_000, 5_000)
ALPHAS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
EPOCHS = FINE_TUNING_EPOCHS
BASE = "none"


@dataclass
class Material:
    """What all methods learn from, and are measured on by split."""

    replay: list[Images]
    corrections: Corrections
    exams: dict[str, Exam]

    @classmethod
    def of(cls, folder: Path, seed: int) -> "Material":
        """Corrections are by people of the training split: the networks know their handwriting,
        not their tablets. Raises FileNotFoundError, ValueError.
        """
        rng = np.random.default_rng(seed)
        mnist, digits = data.load_mnist(folder), data.load_digits(folder)
        known, kept = _halves(mnist["train"])
        people = digits["train"]
        some = people.take(rng.permutation(len(people))[: max(COUNTS)].tolist())
        negatives = data.load_negatives(folder)["train"]
        sources = Sources(known, people, negatives, corrections.none())
        return cls(
            [render_epoch(sources, seed, epoch) for epoch in tqdm(range(EPOCHS), unit=" epochs")],
            draw_corrections(some, rng),
            {
                "validation": Exam.of(digits["validation"], kept, rng),
                "test": Exam.of(digits["test"], mnist["test"], rng),
            },
        )

    def lessons(self, count: int, seed: int) -> Lessons:
        """Draw the first corrections again, as often as all epochs together replay."""
        rng = np.random.default_rng((seed, count))
        some = self.corrections.take(np.arange(min(count, len(self.corrections))))
        pixels, labels = render_corrections(some, EPOCHS * len(self.replay[0][1]), rng)
        return Lessons(self.replay, (np.stack(pixels), labels))


def _halves(mnist: Images) -> tuple[Images, Images]:
    """Return what is learnt from, and what is validated on."""
    pixels, labels = mnist
    return (
        (pixels[:-MNIST_VALIDATION], labels[:-MNIST_VALIDATION]),
        (pixels[-MNIST_VALIDATION:], labels[-MNIST_VALIDATION:]),
    )


def measure(material: Material, done: set[tuple[int, str]], seed: int) -> Iterator[list[Row]]:
    """Yield the rows of each number and method that is not done: one for each alpha.

    Before them that of the network that ships.
    """
    from ml import finetuning
    from ml import model as networks
    from ml.strangers.methods import METHODS, learn

    base = networks.for_training(finetuning.load_base(str(runtime.bundled())))

    def row(count: int, method: str, alpha: float, learnt: Any = base) -> Row:
        model = networks.average_weights([base, learnt], [1 - alpha, alpha])
        found = _mistakes(model, material.exams)
        return {"count": count, "method": method, "alpha": alpha, **found}

    if (0, BASE) not in done:
        yield [row(0, BASE, 0)]
    cells = [(count, name) for count in COUNTS for name in METHODS if (count, name) not in done]
    for count, group in groupby(tqdm(cells, unit=" trainings"), itemgetter(0)):
        lessons = material.lessons(count, seed)
        for _, name in group:
            learnt = learn(base, lessons, METHODS[name], count, np.random.default_rng(seed))
            yield [row(count, name, alpha, learnt) for alpha in ALPHAS]


def _mistakes(model: Any, exams: dict[str, Exam]) -> dict[str, dict[str, int]]:
    """Return them by split and part."""
    found = {}
    for split, exam in exams.items():
        logits = model.predict(exam.pixels()[..., None], batch_size=1024, verbose=0)
        found[split] = exam.mistakes(logits["digit_logits"].argmax(axis=1))
    return found


def as_text(rows: list[Row]) -> str:
    """Return the table, of the test split, as a person reads it."""
    lines = [f"{'corrections':>11}  {'method':22}{'alpha':>6}{'strangers':>11}{PENS:>15}{MNIST:>7}"]
    for row in rows:
        test = row["test"]
        lines.append(
            f"{row['count']:11,}  {row['method']:22}{row['alpha']:6}"
            f"{on_strangers(test):11,}{test[PENS]:15,}{test[MNIST]:7,}"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.strangers", description=__doc__)
    add = parser.add_argument
    # fmt: off
    add("--data", type=Path, default=Path("var/data"), metavar="DIR",
        help="where mnist.npz and the pen drawings are (default: %(default)s)")
    add("--output", type=Path, default=Path("var/strangers.ndjson"), metavar="FILE",
        help="the rows, and those that are there are not measured again (default: %(default)s)")
    add("--seed", type=int, default=1, help="default: %(default)s")
    # fmt: on
    options = parser.parse_args(arguments)
    try:
        material = Material.of(options.data, options.seed)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f"ml.strangers: {error}")
    rows = read(options.output)
    done = {(row["count"], row["method"]) for row in rows}
    for found in measure(material, done, options.seed):
        append(options.output, found)
        rows += found
    print(as_text(rows))
    sizes = material.exams["test"].size()
    print(
        f"{len(rows)} rows, measured on {on_strangers(sizes):,} drawings by strangers,"
        f" {sizes[PENS]:,} with ordinary pens and {sizes[MNIST]:,} of MNIST, are in"
        f" {options.output}."
    )


if __name__ == "__main__":
    main()
