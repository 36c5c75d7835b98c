"""Folders of one's own pictures, named or sorted by digit, to evaluate a network on."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from matplotlib.figure import Figure

from ml import data, decoding, plots, preprocessing, runtime
from ml.arrays import UInt8Array

NOT_A_DIGIT = "not_a_digit"
LABELS = {**{str(digit): digit for digit in range(10)}, NOT_A_DIGIT: data.NOT_A_DIGIT}
_THUMBNAIL = 160  # pixels of the longer side, in the contact sheet
_MOST = 60  # pictures on the contact sheet
_TITLE = 20  # characters of a file's name on it


@dataclass
class Reading:
    """What a network says of one picture."""

    file: Path
    label: int  # 0 to 9 or 10 for not a digit
    pixels: UInt8Array | None = None  # (28, 28), what the network saw
    prediction: runtime.Prediction | None = None
    problem: str = ""  # why it could not be read: a sentence

    @property
    def is_accepted(self) -> bool:
        return self.prediction is not None and self.prediction.is_digit

    @property
    def is_wrong(self) -> bool:
        """Read as another digit than it is, or as one although it is none."""
        return self.is_accepted and self.answer != self.label

    @property
    def is_right(self) -> bool:
        """A digit is to be read and accepted, anything else to be refused."""
        if self.label == data.NOT_A_DIGIT:
            return not self.is_accepted
        return self.is_accepted and self.answer == self.label

    @property
    def answer(self) -> int | None:
        return self.prediction.digit if self.prediction else None

    def __str__(self) -> str:
        label = NOT_A_DIGIT if self.label == data.NOT_A_DIGIT else self.label
        if self.prediction is None:
            return f"{label}: {self.problem}"
        verb = "read as" if self.is_accepted else "refused, perhaps"
        return f"{label}, {verb} {self.answer} ({self.prediction.confidence:.0%})"


def read_folder(network: runtime.Network, folder: Path) -> list[Reading]:
    """Read every picture below a folder whose label is known.

    Raises ValueError when there is none.
    """
    readings = [_read(network, file, label) for file, label in _labelled(folder)]
    if not readings:
        raise ValueError(
            f"{folder} has no picture whose digit is known. Name each after its digit, as in"
            f" 7.png or 7-photo.jpg, or sort them into folders 0 to 9 and {NOT_A_DIGIT}."
        )
    return readings


def _labelled(folder: Path) -> Iterator[tuple[Path, int]]:
    """Hidden files, which file managers leave in folders, are no pictures."""
    for file in sorted(folder.rglob("*")):
        label = _label(file.relative_to(folder))
        if label is not None and file.is_file() and not file.name.startswith("."):
            yield file, label


def _label(file: Path) -> int | None:
    """Of a file by the innermost folder that is named by a label, else by its own name.

    12.png has none: it may as well be the twelfth.
    """
    for name in reversed(file.parent.parts):
        if name in LABELS:
            return LABELS[name]
    named = re.match(rf"([0-9]|{NOT_A_DIGIT})(?![0-9])", file.name)
    return LABELS[named[1]] if named else None


def _read(network: runtime.Network, file: Path, label: int) -> Reading:
    try:
        pixels = preprocessing.preprocess(file.read_bytes())
    except decoding.DrawingError as error:
        return Reading(file, label, problem=str(error))
    except OSError as error:
        return Reading(file, label, problem=f"{error.strerror}.")
    [prediction] = network.predict(pixels[None])
    return Reading(file, label, pixels, prediction)


def figures(readings: list[Reading]) -> dict[str, Any]:
    """Return what is right, ready for JSON; proportions are from 0 to 1."""
    return {
        "pictures": len(readings),
        "accuracy": sum(reading.is_right for reading in readings) / len(readings),
        "wrong": sum(reading.is_wrong for reading in readings) / len(readings),
        "unreadable": sum(reading.prediction is None for reading in readings),
        "mistakes": {str(reading.file): str(reading) for reading in _listed(readings)},
    }


def _listed(readings: Iterable[Reading]) -> list[Reading]:
    """What was not read rightly, and all that could not be read."""
    return [one for one in readings if not one.is_right or one.prediction is None]


def as_text(figures: dict[str, Any]) -> list[str]:
    """Return the lines that a person reads."""
    return [
        f"Pictures                    {figures['accuracy']:.2%} of {figures['pictures']} right, "
        f"{figures['wrong']:.2%} wrong but accepted, {figures['unreadable']} unreadable",
        *(f"  {file}  {said}" for file, said in figures["mistakes"].items()),
    ]


def contact_sheet(readings: list[Reading]) -> Figure:
    """Show what was read wrongly or refused: each picture, and beside it what the network saw."""
    cells, titles = [], []
    wrong = [(one, one.pixels) for one in readings if not one.is_right and one.pixels is not None]
    for reading, pixels in wrong[:_MOST]:
        answer = reading.answer if reading.is_accepted else "refused"
        label = "no digit" if reading.label == data.NOT_A_DIGIT else reading.label
        cells += [_thumbnail(reading.file), pixels]
        titles += [f"{_shortened(reading.file.name)}\n{label} → {answer}", ""]
    return plots.images(cells, titles)


def _shortened(name: str) -> str:
    return name if len(name) <= _TITLE else f"{name[: _TITLE - 1]}…"


def _thumbnail(file: Path) -> UInt8Array:
    """uint8 (height, width, 3)."""
    picture = decoding.decode(file.read_bytes())
    color = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
    scale = min(1, _THUMBNAIL / max(color.shape[:2]))
    size = [max(1, round(side * scale)) for side in color.shape[1::-1]]
    return np.asarray(cv2.resize(color, size, interpolation=cv2.INTER_AREA), np.uint8)
