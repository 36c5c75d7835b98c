import gzip
import json
import math
import struct

import cv2
import numpy as np
import pytest

from ml import ink
from predictor.exports.writers import COLUMNS, DETAIL, FORMATS, simplified

COUNT = 12  # of drawings, labelled 0 to 10 and then 0 again


@pytest.fixture
def batch():
    random = np.random.default_rng(7)
    names = [f"00000000-0000-4000-8000-0000000000{i:02}" for i in range(COUNT)]
    return {
        "pixels": random.integers(0, 256, (COUNT, 28, 28), np.uint8),
        "label": np.arange(COUNT, dtype=np.uint8) % 11,
        "id": np.array(names, "S36"),
        "visitor": np.array([f"{i % 3:032}" for i in range(COUNT)], "S32"),
        "predicted": np.full(COUNT, 7, np.uint8),
        "confidence": random.random(COUNT),
        "visitor_label": np.full(COUNT, -1, np.int8),
        "model": np.full(COUNT, "first", "S64"),
        "preprocessing": np.full(COUNT, "1", "S16"),
        "created_at": np.full(COUNT, "2026-01-31T18:00:00.25", "datetime64[us]"),
        "reviewed_at": np.full(COUNT, "2026-02-01", "datetime64[us]"),
        "strokes": [[], [[[0, 100], [0, 50], [0, 9]]]] * (COUNT // 2),
        "widths": [[], [6]] * (COUNT // 2),
    }


@pytest.fixture
def written(tmp_path, batch):
    """Writes the batch twice: what comes later is added to what came first."""

    def write(format):
        path = tmp_path / format
        writer = FORMATS[format](path)
        for _ in range(2):
            writer.write({name: batch[name] for name in writer.columns})
        writer.close()
        return path

    return write


def read_idx(path):
    """As http://yann.lecun.com/exdb/mnist/ describes it, and nothing else in the file."""
    data = gzip.decompress(path.read_bytes())
    zeros, kind, axes = struct.unpack_from(">HBB", data)
    shape = struct.unpack_from(f">{axes}I", data, 4)
    assert (zeros, kind) == (0, 8)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


def read_csv(path):
    header, *lines = path.read_text().splitlines()
    return [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]


def test_npz(written, batch):
    with np.load(written("npz"), allow_pickle=False) as arrays:
        assert list(arrays) == [*COLUMNS, *ink.ARRAYS]
        for name in COLUMNS:
            assert np.array_equal(arrays[name], np.concatenate([batch[name]] * 2))
        strokes, widths = ink.unpack(arrays)
    assert [len(drawing) for drawing in strokes] == [0, 1] * COUNT
    assert [pens.tolist() for pens in widths] == [[], [6]] * COUNT
    assert strokes[1][0].tolist() == [[0, 0], [100, 50]]


def test_idx_is_read_as_mnist_is(written, batch):
    path = written("idx")
    images = read_idx(path / "train-images-idx3-ubyte.gz")
    labels = read_idx(path / "train-labels-idx1-ubyte.gz")
    assert np.array_equal(images, np.concatenate([batch["pixels"]] * 2))
    assert labels.tolist() == [*range(11), 0] * 2


@pytest.mark.parametrize("format", ["idx", "png"])
def test_a_folder_tells_who_drew_what(written, batch, format):
    lines = read_csv(written(format) / "samples.csv")
    assert len(lines) == 2 * COUNT
    assert lines[1] == {
        "label": "1",
        "id": "00000000-0000-4000-8000-000000000001",
        "visitor": "00000000000000000000000000000001",
        "predicted": "7",
        "confidence": str(batch["confidence"][1]),
        "visitor_label": "-1",
        "model": "first",
        "preprocessing": "1",
        "created_at": "2026-01-31T18:00:00.250000Z",
        "reviewed_at": "2026-02-01T00:00:00.000000Z",
    }


def test_csv(written, batch):
    lines = read_csv(written("csv"))
    assert [int(line["label"]) for line in lines] == [*range(11), 0] * 2
    for line, pixels in zip(lines, batch["pixels"], strict=False):
        assert [int(line[f"pixel{i}"]) for i in range(784)] == pixels.flatten().tolist()


def test_png_has_a_folder_for_each_label(written, batch):
    path = written("png")
    folders = sorted(entry.name for entry in path.iterdir() if entry.is_dir())
    assert folders == [*map(str, range(10)), "not_a_digit"]  # as the labels count
    for pixels, label, id in zip(batch["pixels"], batch["label"], batch["id"], strict=True):
        file = path / folders[label] / f"{id.decode()}.png"
        assert np.array_equal(cv2.imread(str(file), cv2.IMREAD_UNCHANGED), pixels)
    assert len(list(path.glob("*/*"))) == COUNT


def test_keras_reads_the_folder(written, batch):
    keras = pytest.importorskip("keras")
    pytest.importorskip("tensorflow")
    images = keras.utils.image_dataset_from_directory(
        written("png"), color_mode="grayscale", image_size=(28, 28), batch_size=None, shuffle=False
    )
    assert images.class_names == [*map(str, range(10)), "not_a_digit"]
    read = [(pixels.numpy()[..., 0], int(label)) for pixels, label in images]
    assert [label for _, label in read] == sorted(batch["label"])
    order = np.argsort(batch["label"], kind="stable")
    assert np.array_equal([pixels for pixels, _ in read], batch["pixels"][order])


def test_ndjson_is_as_quick_draw_has_it(written):
    lines = list(map(json.loads, written("ndjson").read_text().splitlines()))
    assert [line["word"] for line in lines[:COUNT]] == [*map(str, range(10)), "not a digit", "0"]
    assert lines[7] == {
        "word": "7",
        "countrycode": "ZZ",
        "timestamp": "2026-01-31 18:00:00.250000 UTC",
        "recognized": True,
        "key_id": "00000000-0000-4000-8000-000000000007",
        "visitor": "00000000000000000000000000000001",
        "drawing": [[[0, 255], [0, 128]]],
    }
    assert not lines[8]["recognized"]


def test_strokes_fill_the_grid_from_its_corner():
    strokes = [[[-10, 30.5], [1000, 1010]], [[10], [1081]]]
    assert simplified(strokes) == [[[0, 128], [0, 31]], [[63], [255]]]


def test_a_dot_stays_a_dot():
    assert simplified([[[7], [9], [0]]]) == [[[0], [0]]]
    assert simplified([[[7, 7], [9, 9]]]) in ([[[0], [0]]], [[[0, 0], [0, 0]]])


def test_points_are_left_out_that_lie_as_good_as_on_the_line():
    x = np.linspace(0, 255, 100)
    y = 2 * (np.arange(100) % 2)
    assert simplified([[x.tolist(), y.tolist()]]) == [[[0, 255], [0, 2]]]


def test_a_circle_stays_round():
    turn = np.linspace(0, 2 * np.pi, 400)
    [points] = np.array(simplified([[np.cos(turn).tolist(), np.sin(turn).tolist()]]))
    assert 10 < points.shape[1] < 40
    middles = (points[:, 1:] + points[:, :-1]) / 2
    away = 127.5 - np.hypot(*(middles - 127.5))
    assert np.abs(away).max() < DETAIL + 1  # which is lost to whole numbers


@pytest.mark.parametrize(
    "strokes",
    [
        [[[0, 5e-324, 0], [0, 0, 5e-324]]],
        [[[0, 5e-324], [0, 0]]],
        [[[1e-300, 2e-300, 3e-300], [0, 0, 0]]],
        [[[7, 7, 7], [9, 9, 9]], [[7], [9]]],
        [[[999_999_999_999] * 3, [-999_999_999_999] * 3]],
    ],
)
def test_a_drawing_without_extent_is_a_dot(strokes):
    for xs, ys in simplified(strokes):
        assert set(xs) == set(ys) == {0}


@pytest.mark.parametrize(
    "strokes",
    [
        [[[-9e11, 9e11, 0], [0, 5e-324, 1]]],
        [[[1e12 - 1, 1e12 - 2, 1e12 - 3], [0, 1, 0]]],
        [[[1e308, -1e308, 0], [0, 1, 2]]],
        [[[math.inf, 1, 2, -math.inf], [math.nan, 3, 4, math.nan]]],
        [[[0, 1e-8, 0], [0, 0, 1e-8]], [[5e-324], [0]]],
        [[[math.nan] * 3, [0, 1, 2]]],
    ],
)
def test_whatever_is_stored_becomes_points_of_the_grid(strokes):
    for stroke in simplified(strokes):
        assert len(stroke) == 2 and len(stroke[0]) == len(stroke[1]) > 0
        assert all(type(value) is int and 0 <= value <= 255 for axis in stroke for value in axis)


def test_strokes_without_a_point_are_left_out():
    assert simplified([[[], []], [[1, 3], [2, 2]], []]) == [[[0, 255], [0, 0]]]
    assert simplified([]) == simplified([[[], []]]) == []
