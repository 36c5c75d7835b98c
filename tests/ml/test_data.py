import gzip
import json
import os
import stat
import subprocess
import sys

import numpy as np
import pytest

from ml import data
from tests.support.digits import DIGITS, as_row, make_data, write_rows
from tests.support.unipen import UCI


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp("data"))


def test_a_writer_is_always_in_the_same_part():
    writers = [f"syn-{number:08x}" for number in range(3000)]
    parts = [data.split_of(writer) for writer in writers]
    assert parts == [data.split_of(writer) for writer in writers]
    assert parts.count("test") / 3000 == pytest.approx(data.TEST_PERCENT / 100, abs=0.02)
    assert parts.count("validation") / 3000 == pytest.approx(
        data.VALIDATION_PERCENT / 100, abs=0.02
    )
    # By another rule, a network would be tested on writers that an older one was trained on.
    assert data.split_of("pd12-6a7450ee") == "train"
    assert data.split_of("pd22-4e8d2da7") == "validation"
    assert data.split_of("pd15-d990e7ef") == "test"


def test_every_writer_of_the_unseen_tablet_is_test():
    assert {data.split_of(f"app-{number}") for number in range(200)} == {"test"}
    assert data.split_of("apple-1") in ("train", "validation", "test")


def test_drawings_are_read_by_part(folder):
    parts = data.load_digits(folder)
    assert {split: len(part) for split, part in parts.items()} == {
        "train": 20,
        "validation": 20,
        "test": 30,
    }
    writers = [set(part.writers) for part in parts.values()]
    assert not writers[0] & writers[1] and not writers[0] & writers[2]
    train = parts["train"]
    assert train.labels.tolist() == [*range(10)] * 2 and train.labels.dtype == np.uint8
    assert train.strokes[4][1].shape == (2, 2) and train.letters[4] == "4"
    assert len([name for name in train.sources if name == "pendigits"]) == 10


def test_some_rows_can_be_taken(folder):
    test = data.load_digits(folder)["test"]
    some = test.take([3, 0])
    assert some.labels.tolist() == [3, 0] and len(some) == 2
    assert some.strokes[1] is test.strokes[0]
    assert len(test.take([])) == 0


def test_what_looks_like_a_digit_is_not_among_the_negatives(tmp_path):
    letters = "aOlkZ|"
    write_rows(
        tmp_path / data.NEGATIVES_FILE,
        [as_row(DIGITS[0], "unipen-1c", "app-1", letter) for letter in letters],
    )
    other = data.load_negatives(tmp_path)["test"]
    assert other.letters == ["a", "k"]
    assert other.labels.tolist() == [data.NOT_A_DIGIT] * 2


def test_mnist_is_read_as_keras_stores_it(folder):
    mnist = data.load_mnist(folder)
    assert {split: (len(x), len(y)) for split, (x, y) in mnist.items()} == {
        "train": (100, 100),
        "test": (40, 40),
    }
    assert mnist["train"][0].shape[1:] == (28, 28) and mnist["test"][1].dtype == np.uint8


@pytest.mark.parametrize("load", [data.load_mnist, data.load_digits, data.load_negatives])
def test_missing_data_are_named(tmp_path, load):
    with pytest.raises(FileNotFoundError, match="is missing. The README"):
        load(tmp_path)


def test_a_file_is_described_by_its_digest(tmp_path):
    file = tmp_path / "a.npz"
    file.write_bytes(b"abc")
    assert data.describe(file, 7) == {
        "name": "a.npz",
        "rows": 7,
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    }


def refused(*arguments):
    with pytest.raises(SystemExit) as stopped:
        data.main([str(argument) for argument in arguments])
    return stopped.value.code


def test_it_converts_what_was_downloaded(tmp_path, unipen, capsys):
    place, add = unipen
    add("1b", "syn/letters.dat", "ABC")
    uci, output = tmp_path / "pendigits-orig.tra", tmp_path / "new" / "data"
    uci.write_text(UCI)
    data.main(["--output", str(output), "--uci", str(uci), "--unipen", str(place)])
    assert capsys.readouterr().out == (
        f"In {output}: pen-digits.ndjson.gz has 5 digits by 3 writers; "
        "pen-other.ndjson.gz has 3 others by 1 writers; "
        "0 drawings without a usable label were left out.\n"
    )
    assert sum(map(len, data.load_digits(output).values())) == 5
    assert sum(map(len, data.load_negatives(output).values())) == 2  # without B, which is like an 8
    assert {file.name for file in output.iterdir()} == {data.DIGITS_FILE, data.NEGATIVES_FILE}


def test_what_was_converted_before_stays_and_the_order_does_not_matter(tmp_path, unipen, capsys):
    place, _ = unipen
    uci = tmp_path / "pendigits-orig.tra"
    uci.write_text(UCI)
    one, other = tmp_path / "one", tmp_path / "other"
    for output, ways in ((one, ("--uci", "--unipen")), (other, ("--unipen", "--uci", "--uci"))):
        for way in ways:
            what = uci if way == "--uci" else place
            data.main(["--output", str(output), way, str(what)])
    assert (one / data.DIGITS_FILE).read_bytes() == (other / data.DIGITS_FILE).read_bytes()
    with gzip.open(one / data.DIGITS_FILE, "rt") as lines:
        rows = [json.loads(line) for line in lines]
    assert [row["label"] for row in rows] == [*"17", *"123"]


def test_rows_are_written_in_the_form_that_is_described(tmp_path):
    row = {"source": "pendigits", "writer": "pd1-8b8e6894", "label": "7", "strokes": [[[1], [2]]]}
    assert data.save_drawings(tmp_path / "pens.gz", [row]) == (1, 1)
    packed = (tmp_path / "pens.gz").read_bytes()
    assert gzip.decompress(packed) == (
        b'{"source":"pendigits","writer":"pd1-8b8e6894","label":"7","strokes":[[[1],[2]]]}\n'
    )
    assert packed[4:8] == bytes(4)  # no time: the same rows give the same bytes


def test_it_downloads_mnist_with_keras(tmp_path, capsys, monkeypatch):
    mnist = pytest.importorskip("keras").datasets.mnist
    arrays = (np.zeros((3, 28, 28), np.uint8), np.arange(3)), (np.ones((2, 28, 28)), np.arange(2))
    monkeypatch.setattr(mnist, "load_data", lambda: arrays)  # there is no network in the tests
    data.main(["--output", str(tmp_path), "--mnist"])
    assert "mnist.npz has 5 images" in capsys.readouterr().out
    assert len(data.load_mnist(tmp_path)["train"][0]) == 3


def test_a_failed_download_is_told_and_leaves_nothing(tmp_path):
    nowhere = "http://127.0.0.1:9"
    environment = os.environ | {
        "KERAS_HOME": str(tmp_path / "keras"),
        "https_proxy": nowhere,
        "http_proxy": nowhere,
    }
    output = tmp_path / "data"
    command = [sys.executable, "-m", "ml.data", "--output", str(output), "--mnist"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "ml.data: MNIST was not downloaded" in done.stderr and "Traceback" not in done.stderr
    assert list(output.iterdir()) == []


def test_nothing_to_do_is_refused(capsys):
    assert refused() == 2
    assert "--mnist, --uci or --unipen" in capsys.readouterr().err


def test_what_can_not_be_read_is_refused_with_a_reason(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    plain = tmp_path / "plain.tra"
    plain.write_text("nothing of the kind")
    output = ("--output", tmp_path / "output")
    assert "nowhere.tra can't be read" in refused(*output, "--uci", tmp_path / "nowhere.tra")
    assert "no drawing with a label" in refused(*output, "--uci", plain)
    assert "holds no UNIPEN data" in refused(*output, "--unipen", empty)
    assert "not a whole tar archive" in refused(*output, "--unipen", plain)
    assert "nowhere.tgz" in refused(*output, "--unipen", tmp_path / "nowhere.tgz")
    assert list((tmp_path / "output").iterdir()) == []


def test_an_interrupted_conversion_leaves_the_old_file(tmp_path):
    path = tmp_path / data.DIGITS_FILE
    write_rows(path, [as_row(DIGITS[1], "pendigits", "pd1-1", "1")])
    before = path.read_bytes()
    with pytest.raises(TypeError):
        data.save_drawings(path, [{"source": "x", "writer": "y", "strokes": {1, 2}}])
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_folder_that_can_not_be_written_is_named(tmp_path):
    uci = tmp_path / "pendigits-orig.tra"
    uci.write_text(UCI)
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert "file" in refused("--output", blocked / "data", "--uci", uci)
    assert stat.S_ISREG(blocked.stat().st_mode)
