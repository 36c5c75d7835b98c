"""MNIST, pen strokes and exported corrections, split so that no writer is on two sides."""

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ml.strokes import Strokes, from_lists

Array = np.ndarray[Any, np.dtype[Any]]

MNIST_FILE = "mnist.npz"
DIGITS_FILE = "pen-digits.ndjson.gz"
OTHER_FILE = "pen-other.ndjson.gz"

NOT_A_DIGIT = 10
# In percent of the writers, by the hash of the writer's name.
TEST_PERCENT = 12
VALIDATION_PERCENT = 8
# Every writer of this part of UNIPEN is test: a tablet that training never saw.
UNSEEN_TABLET = "app"
# Drawn alone and without a line of text beside them, these can't be told from a digit. Taking
# them for "not a digit" would teach the network something false.
LOOK_ALIKES = frozenset("OoQDIil|/\\!1()[],'`.;:jJrZz2?>SsB&8Gb6qg9Yy7^}{")


@dataclass
class Drawings:
    """Pen drawings of one split, row by row."""

    strokes: list[Strokes]
    labels: Array  # uint8 (n,), 0 to 9 or NOT_A_DIGIT
    writers: list[str]
    sources: list[str]
    letters: list[str]  # as the writer was asked, "7" or "k"

    def __len__(self) -> int:
        return len(self.strokes)

    def take(self, rows: Iterable[int]) -> "Drawings":
        rows = list(rows)
        return Drawings(
            [self.strokes[row] for row in rows],
            self.labels[rows],
            [self.writers[row] for row in rows],
            [self.sources[row] for row in rows],
            [self.letters[row] for row in rows],
        )

    def of_source(self, source: str) -> "Drawings":
        return self.take(row for row, name in enumerate(self.sources) if name == source)


def split_of(writer: str) -> str:
    """"train", "validation" or "test": the same for a writer in every file and every run."""
    if writer.startswith(f"{UNSEEN_TABLET}-"):
        return "test"
    bucket = int(hashlib.sha256(writer.encode()).hexdigest(), 16) % 100
    if bucket < TEST_PERCENT:
        return "test"
    return "validation" if bucket < TEST_PERCENT + VALIDATION_PERCENT else "train"


def load_mnist(folder: Path) -> dict[str, tuple[Array, Array]]:
    """MNIST as `keras.datasets.mnist` stores it.

    Returns {"train": (pixels uint8 (60000, 28, 28), labels uint8 (60000,)), "test": (...)}.
    Raises FileNotFoundError.
    """
    with np.load(_existing(folder / MNIST_FILE)) as arrays:
        return {
            split: (arrays[f"x_{split}"], arrays[f"y_{split}"].astype(np.uint8))
            for split in ("train", "test")
        }


def load_digits(folder: Path) -> dict[str, Drawings]:
    """Digits drawn with a pen, by split. Raises FileNotFoundError."""
    return _by_split(_read(folder / DIGITS_FILE))


def load_other(folder: Path) -> dict[str, Drawings]:
    """Letters and symbols that no one takes for a digit, by split. Raises FileNotFoundError."""
    rows = _read(folder / OTHER_FILE)
    return _by_split(row for row in rows if row["label"] not in LOOK_ALIKES)


def load_corrections(files: Iterable[Path]) -> tuple[Array, Array]:
    """Reviewed drawings as `manage.py export_corrections` writes them to npz.

    Returns pixels uint8 (n, 28, 28) and labels uint8 (n,), 10 for NOT_A_DIGIT.
    Raises FileNotFoundError, KeyError when a file is not such an export.
    """
    pixels, labels = [np.empty((0, 28, 28), np.uint8)], [np.empty(0, np.uint8)]
    for file in files:
        with np.load(_existing(file)) as arrays:
            pixels.append(arrays["pixels"])
            labels.append(arrays["label"])
    return np.concatenate(pixels), np.concatenate(labels)


def describe(path: Path, rows: int) -> dict[str, Any]:
    """What a network was trained on, for its metadata."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"name": path.name, "rows": rows, "sha256": digest}


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing. The README's section on training tells where to get it."
        )
    return path


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(_existing(path), "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _by_split(rows: Iterable[dict[str, Any]]) -> dict[str, Drawings]:
    parts: dict[str, list[dict[str, Any]]] = {"train": [], "validation": [], "test": []}
    for row in rows:
        parts[split_of(row["writer"])].append(row)
    return {split: _drawings(part) for split, part in parts.items()}


def _drawings(rows: list[dict[str, Any]]) -> Drawings:
    letters = [row["label"] for row in rows]
    labels = [int(letter) if letter in "0123456789" else NOT_A_DIGIT for letter in letters]
    return Drawings(
        [from_lists(row["strokes"]) for row in rows],
        np.array(labels, np.uint8),
        [row["writer"] for row in rows],
        [row["source"] for row in rows],
        letters,
    )
