"""What is exported is read back as what it was."""

import csv
import gzip
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml import ink
from ml.strokes import finite
from predictor.exports.writers import COLUMNS, FORMATS, GRID, as_text, simplified
from predictor.models import Label
from tests.support.strategies import strokes

WILD = st.floats(allow_nan=True, allow_infinity=True)
WIDTHS = st.floats(1, 40, width=32)
TIMES = st.datetimes().map(lambda time: np.datetime64(time, "us"))
# Versions are chosen by people: also what a spreadsheet or CSV would take for something else.
NAMES = st.text("abc019-._,\";='@+ \t", max_size=20).map(str.strip)


@st.composite
def batches(draw):
    count = draw(st.integers(0, 6))

    def column(dtype, values):
        return np.array(draw(st.lists(values, min_size=count, max_size=count)), dtype)

    names = NAMES.map(str.encode)
    return {
        "pixels": draw(arrays(np.uint8, (count, 28, 28), fill=st.just(0))),
        "label": column(np.uint8, st.integers(0, 10)),
        "id": column("S36", st.uuids().map(lambda id: str(id).encode())),
        "visitor": column("S32", st.uuids().map(lambda id: id.hex.encode())),
        "predicted": column(np.uint8, st.integers(0, 10)),
        "confidence": column(np.float64, st.floats(0, 1)),
        "visitor_label": column(np.int8, st.integers(-1, 10)),
        "model": column("S64", names),
        "preprocessing": column("S16", names.map(lambda name: name[:16].strip())),
        "created_at": column("datetime64[us]", TIMES),
        "reviewed_at": column("datetime64[us]", TIMES),
        "strokes": draw(st.lists(strokes(WILD), min_size=count, max_size=count)),
        "widths": draw(st.lists(st.lists(WIDTHS, max_size=4), min_size=count, max_size=count)),
    }


def written(folder, format, parts):
    path = Path(folder, "export")
    writer = FORMATS[format](path)
    for part in parts:
        writer.write({name: part[name] for name in writer.columns})
    writer.close()
    return path


def joined(parts, name):
    return np.concatenate([part[name] for part in parts])


PARTS = st.lists(batches(), min_size=1, max_size=3)


@given(PARTS)
def test_npz(parts):
    with TemporaryDirectory() as folder, np.load(written(folder, "npz", parts)) as found:
        for name in COLUMNS:
            assert np.array_equal(found[name], joined(parts, name))
        drawn, pens = ink.unpack(found)
    sent = [finite(strokes) for part in parts for strokes in part["strokes"]]
    widths = [given for part in parts for given in part["widths"]]
    assert [len(drawing) for drawing in drawn] == [len(drawing) for drawing in sent]
    for drawing, expected in zip(drawn, sent, strict=True):
        for points, same in zip(drawing, expected, strict=True):
            assert np.array_equal(points, same.astype(np.float32))
    for found_pens, given_pens, drawing in zip(pens, widths, drawn, strict=True):
        assert len(found_pens) == len(drawing)
        assert found_pens[: len(given_pens)].tolist() == given_pens[: len(drawing)]


@given(PARTS)
def test_csv(parts):
    with TemporaryDirectory() as folder, written(folder, "csv", parts).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(joined(parts, "label"))
    for name in ("label", "id", "model", "preprocessing", "confidence", "created_at"):
        assert [row[name] for row in rows] == [*map(str, as_text(joined(parts, name)))]
    pixels = [[int(row[f"pixel{index}"]) for index in range(784)] for row in rows]
    assert np.array_equal(np.reshape(pixels, (-1, 28, 28)), joined(parts, "pixels"))


@given(PARTS)
def test_idx(parts):
    with TemporaryDirectory() as folder:
        path = written(folder, "idx", parts)
        images, labels = (
            gzip.decompress((path / f"train-{name}-ubyte.gz").read_bytes())
            for name in ("images-idx3", "labels-idx1")
        )
    assert images[16:] == joined(parts, "pixels").tobytes()
    assert labels[8:] == joined(parts, "label").tobytes()


@given(PARTS)
def test_png(parts):
    with TemporaryDirectory() as folder:
        path = written(folder, "png", parts)
        names = {file.stem: file for file in path.rglob("*.png")}
        ids = joined(parts, "id").tolist()
        assert len(names) == len(set(ids))
        for id, pixels, label in zip(
            ids, joined(parts, "pixels"), joined(parts, "label"), strict=True
        ):
            file = names[id.decode()]
            if ids.count(id) == 1:
                assert file.parent.name == (str(label) if label < 10 else "not_a_digit")
                assert np.array_equal(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), pixels)


@given(PARTS)
def test_ndjson(parts):
    with TemporaryDirectory() as folder:
        lines = written(folder, "ndjson", parts).read_text().splitlines()
    found = [json.loads(line, parse_constant=pytest.fail) for line in lines]
    assert [line["key_id"] for line in found] == as_text(joined(parts, "id"))
    words = [Label(label).label for label in joined(parts, "label").tolist()]
    assert [line["word"] for line in found] == words


@given(strokes(WILD))
def test_simplified_strokes_are_whole_numbers_on_the_grid(drawn):
    lines = simplified(drawn)
    assert len(lines) == len(drawn)
    for xs, ys in lines:
        assert len(xs) == len(ys) >= 1
        assert all(isinstance(value, int) and 0 <= value <= GRID for value in xs + ys)
