"""Draw a sheet of every corruption: a row a kind."""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

from ml import data
from ml.arrays import UInt8Array
from ml.corruptions import CORRUPTIONS
from ml.files import write_file
from ml.strokes import PEN, Strokes, place, render

COLUMNS = 10
_TILE = 112  # pixels
_GAP = 4
_LABEL = 150


def sheet(drawings: list[Strokes], seed: int) -> UInt8Array:
    """Draw every corruption of each of these drawings: uint8 (height, width, 3) in RGB."""
    rng = np.random.default_rng(seed)
    rendered = [render(place(strokes), pen=PEN) for strokes in drawings]
    rows = [
        np.hstack([_label(name), *(_tile(corruption(drawing, rng)) for drawing in rendered)])
        for name, corruption in CORRUPTIONS.items()
    ]
    return np.vstack(rows)


def _label(name: str) -> UInt8Array:
    label = np.full((_TILE + _GAP, _LABEL, 3), 255, np.uint8)
    at = (6, _TILE // 2)
    cv2.putText(label, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return label


def _tile(picture: UInt8Array) -> UInt8Array:
    """The picture fitted into a square, with white round it."""
    scale = _TILE / max(picture.shape[:2])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    fitted = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=way)
    tile = np.full((_TILE + _GAP, _TILE + _GAP, 3), 255, np.uint8)
    tile[: fitted.shape[0], : fitted.shape[1]] = fitted
    return tile


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.corruptions", description=__doc__)
    add = parser.add_argument
    # fmt: off
    add("--data", type=Path, default=Path("var/data"), metavar="DIR",
        help="where the pen drawings are (default: %(default)s)")
    add("--output", type=Path, default=Path("var/corruptions.png"), metavar="FILE",
        help="PNG to write (default: %(default)s)")
    add("--seed", type=int, default=0, help="for other samples (default: %(default)s)")
    # fmt: on
    options = parser.parse_args(arguments)
    try:
        digits = data.load_digits(options.data)["validation"]
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f"ml.corruptions: {error}")
    rows = np.random.default_rng(options.seed).permutation(len(digits))[:COLUMNS]
    picture = sheet([digits.strokes[row] for row in rows], options.seed)
    _, encoded = cv2.imencode(".png", picture[..., ::-1])
    write_file(options.output, encoded.tobytes())
    print(f"Drew {len(CORRUPTIONS)} corruptions of {len(rows)} drawings in {options.output}.")


if __name__ == "__main__":
    main()
