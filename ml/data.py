"""MNIST and pen strokes, split so that no writer is on two sides.

As a command, it turns what one downloads from the official places into what training reads.
"""

import argparse
import gzip
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ml.arrays import UInt8Array
from ml.files import sha256, write_atomically
from ml.strokes import Strokes, from_lists

MNIST_FILE = "mnist.npz"
DIGITS_FILE = "pen-digits.ndjson.gz"
NEGATIVES_FILE = "pen-other.ndjson.gz"

NOT_A_DIGIT = 10
DIGITS = frozenset("0123456789")
# In percent of the writers, by the hash of the writer's name.
TEST_PERCENT = 12
VALIDATION_PERCENT = 8
# Every writer of this part of UNIPEN is test: a tablet that training never saw.
UNSEEN_TABLET = "app"
# Drawn alone and without a line of text beside them, these can't be told from a digit. Taking
# them for "not a digit" would teach the network something false.
LOOK_ALIKES = frozenset("OoDIl|/\\!1(),'`.Zz2>SsB8Gb6qg9Yy7^]")


@dataclass
class Drawings:
    """Pen drawings of one split, row by row."""

    strokes: list[Strokes]
    labels: UInt8Array  # uint8 (n,), 0 to 9 or NOT_A_DIGIT
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


def split_of(writer: str) -> str:
    """ "train", "validation" or "test": the same for a writer in every file and every run."""
    if writer.startswith(f"{UNSEEN_TABLET}-"):
        return "test"
    bucket = int(hashlib.sha256(writer.encode()).hexdigest(), 16) % 100
    if bucket < TEST_PERCENT:
        return "test"
    return "validation" if bucket < TEST_PERCENT + VALIDATION_PERCENT else "train"


def load_mnist(folder: Path) -> dict[str, tuple[UInt8Array, UInt8Array]]:
    """MNIST as `keras.datasets.mnist` stores it.

    Returns {"train": (pixels uint8 (60000, 28, 28), labels uint8 (60000,)), "test": (...)}.
    Raises FileNotFoundError, ValueError when the file is damaged.
    """
    file = _existing(folder / MNIST_FILE)
    try:
        with np.load(file) as arrays:
            return {
                split: (arrays[f"x_{split}"], arrays[f"y_{split}"].astype(np.uint8))
                for split in ("train", "test")
            }
    except Exception as error:
        # A damaged archive raises nearly anything, from zipfile to zlib.
        raise ValueError(f"{file} is not MNIST as Keras keeps it.") from error


def load_digits(folder: Path) -> dict[str, Drawings]:
    """Digits drawn with a pen, by split. Raises FileNotFoundError."""
    return _by_split(_read(folder / DIGITS_FILE))


def load_negatives(folder: Path) -> dict[str, Drawings]:
    """Letters and symbols that no one takes for a digit, by split. Raises FileNotFoundError."""
    rows = _read(folder / NEGATIVES_FILE)
    # A label of two signs stands for what could not be read.
    return _by_split(
        row for row in rows if len(row["label"]) == 1 and row["label"] not in LOOK_ALIKES
    )


def describe(path: Path, rows: int) -> dict[str, Any]:
    """What a network was trained on, for its metadata."""
    return {"name": path.name, "rows": rows, "sha256": sha256(path)}


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
    labels = [int(letter) if letter in DIGITS else NOT_A_DIGIT for letter in letters]
    return Drawings(
        [from_lists(row["strokes"]) for row in rows],
        np.array(labels, np.uint8),
        [row["writer"] for row in rows],
        [row["source"] for row in rows],
        letters,
    )


def save_mnist(path: Path) -> int:
    """Download MNIST with Keras. Returns the number of images. Raises OSError."""
    from keras.datasets import mnist

    try:
        (x_train, y_train), (x_test, y_test) = mnist.load_data()
    except Exception as error:  # Keras knows no narrower one for a failed download
        raise OSError(f"MNIST was not downloaded: {error}") from error
    with write_atomically(path) as unfinished, unfinished.open("wb") as file:
        np.savez_compressed(file, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return len(x_train) + len(x_test)


def save_drawings(path: Path, rows: list[dict[str, Any]]) -> tuple[int, int]:
    """Write drawings, beside those that the file has from other sources.

    Returns the numbers of drawings and of writers in the file. The same rows give the same bytes.
    """
    given = {row["source"] for row in rows}
    kept = [row for row in _read(path) if row["source"] not in given] if path.exists() else []
    every = sorted([*kept, *rows], key=lambda row: str(row["source"]))
    with (
        write_atomically(path) as unfinished,
        unfinished.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed,
    ):
        for row in every:
            packed.write(json.dumps(row, separators=(",", ":")).encode() + b"\n")
    return len(every), len({row["writer"] for row in every})


def convert(options: argparse.Namespace) -> str:
    """What the command does. Returns what it did. Raises OSError, unipen.UnipenError."""
    from ml import unipen

    options.output.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any] | None] = []
    for file in options.uci:
        rows += unipen.uci_rows(file)
    if options.unipen and options.unipen.is_dir():
        rows += unipen.unipen_rows(options.unipen)
    elif options.unipen:
        # Half a gigabyte: more than some machines have room for where temporary files go.
        with TemporaryDirectory(dir=options.output) as folder:
            unipen.unpack(options.unipen, Path(folder))
            rows += unipen.unipen_rows(Path(folder))
    done = []
    usable = [row for row in rows if row]
    for name, what, is_digit in ((DIGITS_FILE, "digits", True), (NEGATIVES_FILE, "others", False)):
        part = [row for row in usable if (row["label"] in DIGITS) == is_digit]
        if part:
            drawings, writers = save_drawings(options.output / name, part)
            done.append(f"{name} has {drawings:,} {what} by {writers:,} writers")
    if rows:
        done.append(f"{len(rows) - len(usable):,} drawings without a usable label were left out")
    if not usable and (options.uci or options.unipen):
        raise unipen.UnipenError("There is no drawing with a label in what was given.")
    if options.mnist:
        done.append(f"{MNIST_FILE} has {save_mnist(options.output / MNIST_FILE):,} images")
    return f"In {options.output}: {'; '.join(done)}."


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.data", description=__doc__)
    add = parser.add_argument
    # fmt: off
    add("--output", type=Path, default=Path("var/data"), metavar="DIR",
        help="where training looks for its data (default: %(default)s)")
    add("--mnist", action="store_true", help="download MNIST")
    add("--uci", type=Path, nargs="+", default=[], metavar="FILE",
        help="pendigits-orig.tra of UCI's pen-based digits, as it is or unpacked")
    add("--unipen", type=Path, metavar="PLACE",
        help="UNIPEN's train_r01_v07: the archive or the unpacked folder")
    # fmt: on
    options = parser.parse_args(arguments)
    if not (options.mnist or options.uci or options.unipen):
        parser.error("nothing to do: give --mnist, --uci or --unipen")
    try:
        print(convert(options))
    except (OSError, ValueError) as error:
        sys.exit(f"ml.data: {error}")


if __name__ == "__main__":
    main()
