import json

import numpy as np
import pytest
from PIL import Image

from ml import evaluate, runtime
from ml.corruptions import CORRUPTIONS
from tests.support.digits import encoded, ink, make_data

VERSION = runtime.bundled().name


@pytest.fixture(scope="module")
def network():
    return runtime.Network.load(runtime.bundled())


@pytest.fixture
def folder(tmp_path):
    """Pictures of which two are read wrongly or not at all, and others whose digit is unknown."""
    files = {
        "7.png": encoded(255 - ink(7)),
        "3-photo.jpg": encoded(255 - ink(3), "JPEG"),
        "5/a.png": encoded(255 - ink(5)),
        "8/1-wrong-name.png": encoded(255 - ink(8)),
        "not_a_digit/scribble.png": encoded(255 - np.hstack([ink(4), ink(8)])),
        "2-mislabelled.png": encoded(255 - ink(6)),
        "0.png": b"no image",
        "9.png": encoded(np.full((80, 80), 255, np.uint8)),
        "12.png": encoded(255 - ink(1)),
        "README.md": b"About these.",
        "5/.DS_Store": b"of a file manager",
    }
    pictures = tmp_path / "pictures"
    for name, content in files.items():
        (pictures / name).parent.mkdir(parents=True, exist_ok=True)
        (pictures / name).write_bytes(content)
    return pictures


def run(tmp_path, *arguments):
    output = tmp_path / "output"
    evaluate.main([VERSION, "--output", str(output), *map(str, arguments)])
    return json.loads((output / "report.json").read_text()), output


def test_a_folder_of_pictures_is_evaluated_without_other_data(tmp_path, folder, capsys):
    report, output = run(tmp_path, "--data", tmp_path / "none", "--samples", folder)
    found = report["pictures"]
    assert found["pictures"] == 8 and found["unreadable"] == 2
    assert found["accuracy"] == 5 / 8 and found["wrong"] == 1 / 8
    names = {name.removeprefix(f"{folder}/"): said for name, said in found["mistakes"].items()}
    assert set(names) == {"2-mislabelled.png", "0.png", "9.png"}
    assert names["2-mislabelled.png"].startswith("2, read as 6 (")
    assert names["0.png"].startswith("0: This is not an image that can be read.")
    assert names["9.png"].startswith("9: There is nothing on the paper.")
    said = capsys.readouterr()
    assert "62.50% of 8 right, 12.50% wrong but accepted, 2 unreadable" in said.out
    assert all(f"{folder}/{name}  {text}" in said.out for name, text in names.items())
    assert f"Evaluated {VERSION} on 8 pictures;" in said.out
    assert "only the samples are evaluated" in said.err
    with Image.open(output / "mistakes-samples.png") as sheet:
        assert sheet.width > sheet.height > 50


def test_a_folder_without_mistakes_can_be_evaluated(tmp_path):
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "one.png").write_bytes(encoded(255 - ink(7)))
    report, output = run(tmp_path, "--data", tmp_path / "none", "--samples", tmp_path)
    assert report["pictures"]["accuracy"] == 1 and not report["pictures"]["mistakes"]
    assert (output / "mistakes-samples.png").exists()


def test_a_folder_with_no_known_digit_is_refused_with_the_way_to_name_them(tmp_path):
    (tmp_path / "seven.png").write_bytes(encoded(255 - ink(7)))
    with pytest.raises(SystemExit, match="Name each after its digit"):
        run(tmp_path, "--data", tmp_path / "none", "--samples", tmp_path)


def test_missing_data_and_missing_samples_are_named(tmp_path):
    for arguments in (["--data", tmp_path / "none"], ["--samples", tmp_path / "none.npz"]):
        with pytest.raises(SystemExit, match=r"ml\.evaluate: .*none"):
            run(tmp_path, *arguments)


def test_every_corruption_is_evaluated_on_test_writers(tmp_path, network, monkeypatch):
    monkeypatch.setattr(evaluate, "CORRUPTED", 3)
    monkeypatch.setattr(evaluate, "SYNTHETIC_NEGATIVES", 10)
    figures = evaluate.evaluate(network, make_data(tmp_path)).metrics()
    rates = figures["corruptions"]
    assert list(rates) == list(CORRUPTIONS)
    assert all(
        rate["read"] >= 0 and rate["read"] + rate["wrong"] <= 1 + 1e-9 for rate in rates.values()
    )
    assert rates["plain"]["read"] > 0.6
    lines = evaluate.as_text(figures).splitlines()
    mean = np.mean([rate["read"] for rate in rates.values()])
    assert any(line.split()[:2] == ["mean", f"{mean:.2%}"] for line in lines)
    worst = min(rate["read"] for rate in rates.values())
    assert any(line.startswith("  worst: ") and f"{worst:.2%}" in line for line in lines)


def test_a_picture_with_nothing_to_read_counts_as_refused(tmp_path, network):
    from ml import data

    digits = data.load_digits(make_data(tmp_path))["test"]
    blank = evaluate.score_corrupted(
        network, digits, lambda drawing, rng: np.full((60, 60, 3), 255, np.uint8)
    )
    assert blank.shape == (len(digits), 11) and not blank.any()
