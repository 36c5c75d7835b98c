"""Made drawings: ten digits as a careful person writes them, and data to train on for a test."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ml import data
from ml.augment import warp_strokes
from ml.preprocessing import preprocess
from ml.strokes import Strokes, place, render

Array = np.ndarray[Any, np.dtype[Any]]


def _arc(x: float, y: float, width: float, height: float, start: float, end: float) -> Array:
    """A part of an ellipse; degrees, clockwise from the right."""
    angles = np.deg2rad(np.linspace(start, end, 24))
    return np.stack([x + width * np.cos(angles), y + height * np.sin(angles)], axis=1)


def _line(*points: tuple[float, float]) -> Array:
    return np.array(points, float)


DIGITS: list[Strokes] = [
    [_arc(50, 50, 32, 48, -90, 270)],
    [_line((50, 2), (50, 98))],
    [np.concatenate([_arc(50, 28, 30, 26, -170, 35), _line((18, 96), (84, 96))])],
    [np.concatenate([_arc(48, 26, 28, 24, -150, 90), _arc(48, 74, 32, 25, -90, 150)])],
    [_line((58, 2), (14, 62), (86, 62)), _line((64, 34), (64, 98))],
    [np.concatenate([_line((80, 4), (28, 4), (24, 44)), _arc(48, 68, 32, 29, -130, 140)])],
    [np.concatenate([_line((66, 3), (38, 30)), _arc(50, 70, 28, 27, -180, 180)])],
    [_line((16, 6), (84, 6), (40, 98))],
    [np.concatenate([_arc(50, 26, 24, 23, 90, -270), _arc(50, 73, 29, 25, -90, 270)])],
    [np.concatenate([_arc(50, 30, 27, 26, 0, -360), _line((77, 30), (70, 98))])],
]
# A triangle, a cross and a wave, which stand for letters.
OTHERS: list[Strokes] = [
    [_line((50, 5), (90, 90), (10, 90), (50, 5))],
    [_line((10, 50), (90, 50)), _line((50, 10), (50, 90))],
    [np.stack([np.linspace(0, 100, 40), 50 + 20 * np.sin(np.linspace(0, 12, 40))], axis=1)],
]


def ink(digit: int, *, canvas: int = 560, pen: float = 36, **placed: Any) -> Array:
    """Painted: uint8 (canvas, canvas), 0 for paper to 255 for ink."""
    return render(place(DIGITS[digit], canvas=canvas, pen=pen, **placed), canvas=canvas, pen=pen)


def encoded(image: Array | Image.Image, format: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.save(file, format, **options)
    return file.getvalue()


def as_decoded(image: Image.Image) -> Array:
    """As ml.decoding gives it: grey where it is grey."""
    return np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))


def writer_of(split: str, prefix: str) -> str:
    """A name that belongs to this split."""
    names = (f"{prefix}-{number:08x}" for number in range(10_000))
    return next(name for name in names if data.split_of(name) == split)


def as_row(strokes: Strokes, source: str, writer: str, label: str) -> dict[str, Any]:
    whole = [np.rint(points * 2.55).astype(int).T.tolist() for points in strokes]
    return {"source": source, "writer": writer, "label": label, "strokes": whole}


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))


def make_data(folder: Path) -> Path:
    """A folder as training reads it: 100 and 40 images, and pen drawings of every split."""
    rng = np.random.default_rng(0)
    images = np.stack(
        [
            preprocess(render(place(warp_strokes(DIGITS[row % 10], rng), pen=18)))
            for row in range(140)
        ]
    )
    labels = (np.arange(140) % 10).astype(np.uint8)
    np.savez(
        folder / data.MNIST_FILE,
        x_train=images[:100],
        y_train=labels[:100],
        x_test=images[100:],
        y_test=labels[100:],
    )
    writers = [
        (source, writer_of(split, prefix))
        for source, prefix in (("pendigits", "pd1"), ("unipen-1a", "syn"))
        for split in ("train", "validation", "test")
    ]
    writers.append(("unipen-1a", "app-00000001"))
    digits = [
        as_row(warp_strokes(DIGITS[digit], rng), source, writer, str(digit))
        for source, writer in writers
        for digit in range(10)
    ]
    others = [
        as_row(warp_strokes(strokes, rng), "unipen-1c", writer, label)
        for _, writer in writers
        for strokes, label in zip(OTHERS, "kmw", strict=True)
    ]
    write_rows(folder / data.DIGITS_FILE, digits)
    write_rows(folder / data.NEGATIVES_FILE, others)
    return folder
