"""What strangers draw on the site, and what networks are to read of it."""

from dataclasses import dataclass

import numpy as np

from ml import data
from ml.arrays import IntArray, UInt8Array
from ml.corrections import Corrections
from ml.dataset import VALIDATION_PENS, Images, render_drawings
from ml.glyphs import Random
from ml.preprocessing import preprocess
from ml.strangers import STRANGERS, Stranger
from ml.strokes import Strokes, paint, place

FRACTIONS = (0.4, 0.85)  # of the page's canvas that a drawing takes
PER_TABLET = 500  # drawings in an exam
PENS, MNIST = "ordinary pens", "MNIST"


def draw_corrections(digits: data.Drawings, rng: Random) -> Corrections:
    """Return labelled drawings as the site exports them, of these people with new tablets.

    Everybody has one tablet; they are dealt out evenly.
    """
    writers = rng.permutation(sorted(set(digits.writers)))
    tablets = list(STRANGERS.values())
    owned = {writer: tablets[turn % len(tablets)] for turn, writer in enumerate(writers)}
    rows = zip(digits.strokes, digits.writers, strict=True)
    drawn = [_draw(strokes, owned[writer], rng) for strokes, writer in rows]
    return Corrections(
        _seen(drawn),
        digits.labels,
        np.arange(len(digits)).astype(str),
        np.array(digits.writers),
        [strokes for strokes, _ in drawn],
        [np.full(len(strokes), pen, np.float32) for strokes, pen in drawn],
    )


def _draw(strokes: Strokes, tablet: Stranger, rng: Random) -> tuple[Strokes, int]:
    """Return it on the page's canvas, and the pen's width there, both in pixels."""
    pen = int(rng.choice(VALIDATION_PENS))
    return place(tablet(strokes, rng), fraction=rng.uniform(*FRACTIONS), pen=pen), pen


def _seen(drawn: list[tuple[Strokes, int]]) -> UInt8Array:
    return np.stack([preprocess(255 - paint(strokes, pen)) for strokes, pen in drawn])


def draw_on_tablets(digits: data.Drawings, rng: Random) -> dict[str, Images]:
    """Return the same drawings, drawn again on every tablet."""
    some = digits.take(rng.permutation(len(digits))[:PER_TABLET].tolist())
    return {
        name: (_seen([_draw(strokes, tablet, rng) for strokes in some.strokes]), some.labels)
        for name, tablet in STRANGERS.items()
    }


@dataclass
class Exam:
    """Drawings by people of one split, by what they were drawn on."""

    parts: dict[str, Images]

    @classmethod
    def of(cls, digits: data.Drawings, mnist: Images, rng: Random) -> "Exam":
        ordinary = {PENS: _with_ordinary_pens(digits), MNIST: mnist}
        return cls({**draw_on_tablets(digits, rng), **ordinary})

    def pixels(self) -> UInt8Array:
        """Of all parts, one after the other: uint8 (n, 28, 28)."""
        return np.concatenate([pixels for pixels, _ in self.parts.values()])

    def mistakes(self, answers: IntArray) -> dict[str, int]:
        """Return how many digits of each part are read wrong. answers: int (n,), to all pixels."""
        ends = np.cumsum([len(labels) for _, labels in self.parts.values()])
        answered = np.split(answers, ends[:-1])
        return {
            name: int((given != labels).sum())
            for (name, (_, labels)), given in zip(self.parts.items(), answered, strict=True)
        }

    def size(self) -> dict[str, int]:
        return {name: len(labels) for name, (_, labels) in self.parts.items()}


def _with_ordinary_pens(digits: data.Drawings) -> Images:
    """Draw each with one of them in turn."""
    rows = np.arange(len(digits))
    parts = [
        digits.take(rows[turn :: len(VALIDATION_PENS)]) for turn in range(len(VALIDATION_PENS))
    ]
    images = [
        render_drawings(part, pen=pen) for part, pen in zip(parts, VALIDATION_PENS, strict=True)
    ]
    return np.concatenate(images), np.concatenate([part.labels for part in parts])


@dataclass
class Lessons:
    """Rendered once, so that all methods learn from the same.

    replay: of the original data, an epoch each. redrawn: corrections.
    """

    replay: list[Images]
    redrawn: Images

    def epoch(self, number: int, share: float) -> tuple[Images, Images]:
        """Return the original data and the corrections that it shows."""
        replay = self.replay[number]
        count = round(share / (1 - share) * len(replay[1]))
        rows = np.arange(number * count, (number + 1) * count) % len(self.redrawn[1])
        return replay, (self.redrawn[0][rows], self.redrawn[1][rows])


def on_strangers(mistakes: dict[str, int]) -> int:
    """Return the sum over all tablets of counts by part."""
    return sum(mistakes[name] for name in STRANGERS)
