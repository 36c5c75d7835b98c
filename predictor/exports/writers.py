"""The formats of an export: each writer gets drawings in batches, and is done when closed."""

from __future__ import annotations

import csv
import io
import json
import shutil
import struct
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Protocol
from zipfile import ZIP_DEFLATED, ZipFile

import cv2
import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ml import ink
from ml.arrays import FloatArray, IntArray, UInt8Array
from ml.strokes import finite
from predictor.images import as_png
from predictor.models import PIXELS, Label

CHUNK = 1 << 20
COMPRESSION = 1  # the quickest; the best saves a tenth more of the space in four times the time
GRID = 255  # strokes in Quick, Draw!'s form have coordinates from 0 to this
DETAIL = 2.0  # and leave out points that are not farther off the line
NO_EXTENT = 1e-9  # all that spans less is a dot

# A column of each makes a sample.
Batch = dict[str, Any]
COLUMNS = {
    "pixels": np.dtype((np.uint8, (28, 28))),  # 0 for paper to 255 for ink
    "label": np.dtype(np.uint8),  # a reviewer's; 10 is "not a digit"
    "id": np.dtype("S36"),
    "visitor": np.dtype("S32"),  # a pseudonym, to split by who drew it
    "predicted": np.dtype(np.uint8),
    "confidence": np.dtype(np.float64),
    "visitor_label": np.dtype(np.int8),  # -1 for none
    "model": np.dtype("S64"),
    "preprocessing": np.dtype("S16"),
    "created_at": np.dtype("datetime64[us]"),  # UTC, as is the next
    "reviewed_at": np.dtype("datetime64[us]"),
}
FACTS = [name for name in COLUMNS if name != "pixels"]


class Writer(Protocol):
    """Gets the samples in batches, and is done when closed."""

    columns: list[str]
    only_strokes: bool  # whether a drawing without strokes is left out

    def __init__(self, path: Path) -> None: ...

    def write(self, batch: Batch) -> None: ...

    def close(self) -> None: ...


class NpzWriter:
    """An array for each column, and the strokes as `ml.ink` packs them."""

    columns = [*COLUMNS, "strokes", "widths"]
    only_strokes = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.arrays = COLUMNS | ink.ARRAYS
        # An array's length stands before its contents, so these wait in files of their own.
        self.waiting = {name: tempfile.TemporaryFile(dir=path.parent) for name in self.arrays}

    def write(self, batch: Batch) -> None:
        batch = batch | ink.pack(batch["strokes"], batch["widths"])
        for name, contents in self.waiting.items():
            contents.write(batch[name].tobytes())

    def close(self) -> None:
        with ZipFile(self.path, "w", ZIP_DEFLATED, compresslevel=COMPRESSION) as archive:
            for name, contents in self.waiting.items():
                # Dated 1980, whenever that is: the same drawings give the same bytes.
                with archive.open(f"{name}.npy", "w", force_zip64=True) as file, contents:
                    npy.write_array_header_1_0(file, self._header(name))
                    contents.seek(0)
                    shutil.copyfileobj(contents, file, CHUNK)

    def _header(self, name: str) -> dict[str, Any]:
        dtype = self.arrays[name]
        return {
            "descr": npy.dtype_to_descr(dtype.base),
            "fortran_order": False,
            "shape": (self.waiting[name].tell() // dtype.itemsize, *dtype.shape),
        }


class CsvWriter:
    """One line a drawing, the pixels last."""

    columns = list(COLUMNS)
    only_strokes = False

    def __init__(self, path: Path, columns: list[str] = columns) -> None:
        self.pixels = [f"pixel{i}" for i in range(PIXELS)] if "pixels" in columns else []
        self.file = path.open("w", newline="", encoding="ascii")
        csv.writer(self.file).writerow([*FACTS, *self.pixels])

    def write(self, batch: Batch) -> None:
        text = io.StringIO(newline="")
        facts = zip(*(as_text(batch[name]) for name in FACTS), strict=True)
        csv.writer(text, lineterminator="\n").writerows(facts)
        lines = text.getvalue().splitlines()
        if self.pixels:
            lines = list(map(str.__add__, lines, with_commas(batch["pixels"])))
        self.file.write("\r\n".join([*lines, ""]))

    def close(self) -> None:
        self.file.close()


class IdxWriter:
    """A folder with the files of MNIST's own format, and the facts as CSV."""

    columns = list(COLUMNS)
    only_strokes = False

    def __init__(self, path: Path) -> None:
        path.mkdir()
        self.path = path
        self.count = 0
        self.pixels, self.labels = (tempfile.TemporaryFile(dir=path.parent) for _ in range(2))
        self.facts = CsvWriter(path / "samples.csv", FACTS)

    def write(self, batch: Batch) -> None:
        self.count += len(batch["label"])
        self.pixels.write(batch["pixels"].tobytes())
        self.labels.write(batch["label"].tobytes())
        self.facts.write(batch)

    def close(self) -> None:
        self._pack("train-images-idx3-ubyte.gz", self.pixels, 28, 28)
        self._pack("train-labels-idx1-ubyte.gz", self.labels)
        self.facts.close()

    def _pack(self, name: str, contents: IO[bytes], *shape: int) -> None:
        unsigned_bytes = 8
        sizes = (self.count, *shape)
        header = struct.pack(f">HBB{len(sizes)}I", 0, unsigned_bytes, len(sizes), *sizes)
        # As gzip without a name and a time, and by the runs of paper that drawings are full of.
        packer = zlib.compressobj(COMPRESSION, wbits=31, strategy=zlib.Z_RLE)
        with (self.path / name).open("wb") as file, contents:
            contents.seek(0)
            file.write(packer.compress(header))
            for chunk in iter(lambda: contents.read(CHUNK), b""):
                file.write(packer.compress(chunk))
            file.write(packer.flush())


class PngWriter:
    """A folder with a subfolder a label, a picture a drawing, and the facts as CSV."""

    columns = list(COLUMNS)
    only_strokes = False

    def __init__(self, path: Path) -> None:
        # In the order of their names they have the numbers of the labels, so none may be missing.
        self.folders = [path / name for name in [*map(str, range(10)), "not_a_digit"]]
        for folder in self.folders:
            folder.mkdir(parents=True)
        self.facts = CsvWriter(path / "samples.csv", FACTS)

    def write(self, batch: Batch) -> None:
        for pixels, label, id in zip(batch["pixels"], batch["label"], batch["id"], strict=True):
            (self.folders[label] / f"{id.decode()}.png").write_bytes(as_png(pixels))
        self.facts.write(batch)

    def close(self) -> None:
        self.facts.close()


class NdjsonWriter:
    """Strokes in the simplified form of Quick, Draw!, one drawing a line."""

    columns = [*FACTS, "strokes"]
    only_strokes = True

    def __init__(self, path: Path) -> None:
        self.file = path.open("w", encoding="ascii")

    def write(self, batch: Batch) -> None:
        self.file.writelines(json.dumps(line) + "\n" for line in self._lines(batch))

    def _lines(self, batch: Batch) -> Iterator[dict[str, Any]]:
        facts = [as_text(batch[name]) for name in FACTS]
        for values, strokes in zip(zip(*facts, strict=True), batch["strokes"], strict=True):
            sample = dict(zip(FACTS, values, strict=True))
            yield {
                "word": str(Label(sample["label"]).label),
                "countrycode": "ZZ",  # unknown
                "timestamp": sample["created_at"].replace("T", " ").replace("Z", " UTC"),
                "recognized": sample["label"] == sample["predicted"],
                "key_id": sample["id"],
                "visitor": sample["visitor"],
                "drawing": simplified(strokes),
            }

    def close(self) -> None:
        self.file.close()


FORMATS: dict[str, type[Writer]] = {
    "npz": NpzWriter,
    "idx": IdxWriter,
    "csv": CsvWriter,
    "png": PngWriter,
    "ndjson": NdjsonWriter,
}


def as_text(column: NDArray[Any]) -> list[Any]:
    if column.dtype.kind == "M":
        return [f"{time.decode()}Z" for time in column.astype("S26").tolist()]
    if column.dtype.kind == "S":
        return [text.decode() for text in column.tolist()]
    values: list[Any] = column.tolist()
    return values


# Each level from 0 to 255 as CSV has it behind the one before: four bytes, some of them NUL.
LEVELS = np.array([f",{level}" for level in range(256)], "S4").view(np.uint32)


def with_commas(pixels: UInt8Array) -> list[str]:
    """The pixels of each drawing as text; several times as fast as csv.writer, number by number.

    pixels: uint8 (n, 28, 28).
    """
    rows = LEVELS[pixels.reshape(-1, PIXELS)]
    return [row.tobytes().translate(None, b"\0").decode() for row in rows]


def simplified(strokes: list[list[list[float]]]) -> list[list[list[int]]]:
    """As https://github.com/googlecreativelab/quickdraw-dataset describes it.

    Without its step of resampling, which would replace the points that were drawn by others.

    strokes: [[[x, …], [y, …], …], …], of which a further list, the times, is left out.
    """
    lines = finite(strokes)
    if not lines:
        return []
    corner = np.min([line.min(axis=0) for line in lines], axis=0)
    side = np.max([line.max(axis=0) for line in lines] - corner)
    scale = GRID / side if side > NO_EXTENT else 0
    return [outline((line - corner) * scale).T.tolist() for line in lines]


def outline(points: FloatArray) -> IntArray:
    """float (points, 2) to int, without those of them that lie as good as on the line.

    The points must be finite: from others OpenCV never returns.
    """
    kept = cv2.approxPolyDP(points.astype(np.float32), DETAIL, closed=False)
    return np.rint(kept[:, 0]).astype(int)
