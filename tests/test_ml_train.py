import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from ml import data, runtime, train
from ml.preprocessing import preprocess
from tests.digits import ink, make_data

pytest.importorskip("tensorflow")
SCRIPT = Path(__file__).with_name("small_training.py")
EPOCHS = 4


class Training:
    """A folder of data and one of artifacts, and runs of the command with them."""

    def __init__(self, folder):
        self.data, self.artifacts = folder / "data", folder / "artifacts"
        self.data.mkdir()
        make_data(self.data)

    def start(self, *arguments):
        return subprocess.Popen(
            [sys.executable, str(SCRIPT), "--data", str(self.data), *map(str, arguments)],
            env=os.environ | {"ARTIFACTS": str(self.artifacts), "PYTHONPATH": "."},
            cwd=SCRIPT.parent.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that its painter can be ended with it
        )

    def run(self, *arguments):
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=600)
        assert process.returncode == 0, errors
        return output, errors

    def state(self):
        file = self.artifacts / ".training" / "state.json"
        return json.loads(file.read_text()) if file.is_file() else {"epoch": 0}

    def versions(self):
        return sorted(path.name for path in self.artifacts.iterdir() if path.name[0] != ".")

    def metadata(self, version):
        return json.loads((self.artifacts / version / runtime.METADATA_FILE).read_text())


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    return Training(tmp_path_factory.mktemp("training"))


@pytest.fixture(scope="module")
def interrupted(training):
    """Killed after its first epoch: what it had reached, and which versions there were."""
    process = training.start("--epochs", EPOCHS)
    try:
        while training.state()["epoch"] < 1:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return training.state(), training.versions()


@pytest.fixture(scope="module")
def trained(training, interrupted):
    """The same command again, and so to the end."""
    return training.run("--epochs", EPOCHS)


@pytest.fixture(scope="module")
def version(training, trained):
    return training.versions()[0]


def test_a_killed_training_leaves_a_checkpoint_and_no_version(interrupted):
    state, versions = interrupted
    assert 1 <= state["epoch"] < EPOCHS and len(state["losses"]) == state["epoch"]
    assert versions == []


def test_run_again_it_goes_on_from_its_checkpoint(training, interrupted, trained, version):
    reached = interrupted[0]["epoch"]
    lines = trained[1].splitlines()
    epochs = [line.split(":")[0] for line in lines if line.startswith("Epoch ")]
    assert epochs == [f"Epoch {n} of {EPOCHS}" for n in range(reached + 1, EPOCHS + 1)]
    losses = training.metadata(version)["losses"]
    assert losses[:reached] == interrupted[0]["losses"] and len(losses) == EPOCHS


def test_a_version_is_written_whole_and_nothing_else_stays(training, trained, version):
    assert {file.name for file in (training.artifacts / version).iterdir()} == {
        "model.keras", "model.tflite", "metadata.json",
    }
    assert os.listdir(training.artifacts) == [version]
    last_line = trained[0].splitlines()[-1]
    assert last_line.startswith(f"Wrote {training.artifacts / version}: ")


def test_the_new_version_serves(training, version):
    network = runtime.Network.load(training.artifacts / version)
    prediction = network.predict(preprocess(ink(3))[None])[0]
    assert network.version == version
    assert sum(prediction.probabilities) == pytest.approx(1, abs=1e-5)


def test_its_metadata_tell_what_it_was_made_of(training, version):
    metadata = training.metadata(version)
    assert metadata["version"] == version and metadata["parent"] is None
    assert metadata["preprocessing"] == "1"
    assert metadata["seed"] == train.SEED and metadata["epochs"] == EPOCHS
    assert metadata["parameters"] <= 500_000 and metadata["parity"] < 1e-5
    losses = metadata["validation_losses"]
    assert metadata["mean_of_epochs"] == sorted({losses.index(min(losses)) + 1, EPOCHS})
    assert 0.2 <= metadata["temperature"] <= 5 and 0 <= metadata["digit_threshold"] <= 1
    assert metadata["data"] == [
        data.describe(training.data / data.MNIST_FILE, 70),
        data.describe(training.data / data.DIGITS_FILE, 20),
        data.describe(training.data / data.OTHER_FILE, 6),
    ]
    assert set(metadata["labels_not_believed"]) == {"digits", "other"}
    assert metadata["created_at"].endswith("+00:00") and "git_commit" in metadata
    assert metadata["metrics"]["mnist"]["drawings"] == 40
    assert metadata["metrics"]["pens"]["medium"]["drawings"] == 30


def test_every_figure_is_a_number_that_json_knows(training, version):
    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    text = (training.artifacts / version / runtime.METADATA_FILE).read_text()
    json.loads(text, parse_constant=refuse)


def export(path, rows):
    """Reviewed drawings as the site exports them, by ten visitors."""
    np.savez(
        path,
        pixels=np.stack([preprocess(ink(row % 10, pen=20 + row % 30)) for row in range(rows)]),
        label=(np.arange(rows) % 10).astype(np.uint8),
        id=np.array([f"{row:036d}" for row in range(rows)], "S36"),
        visitor=np.array([f"{row // 10:032d}" for row in range(rows)], "S32"),
    )
    return path


def test_corrections_are_learnt_from_an_older_version(training, version, tmp_path):
    file = export(tmp_path / "corrections.npz", 100)
    training.run("--corrections", file, "--base", version, "--epochs", 1)
    new = training.versions()[-1]
    metadata = training.metadata(new)
    counts = metadata["corrections"]
    assert metadata["parent"] == version and new > version
    assert metadata["part_of_the_way"] in train.PARTS
    assert sum(counts.values()) == 100 and counts["learnt"] > counts["validated"] > 0
    assert metadata["data"][-1] == data.describe(file, 100)
    lineage = json.loads((training.artifacts / new / runtime.LINEAGE_FILE).read_text())
    ids = {key: lineage[key] for key in ("learnt", "validated", "doubted")}
    assert {key: len(value) for key, value in ids.items()} == counts
    assert len({*ids["learnt"], *ids["validated"], *ids["doubted"]}) == 100


def refused(*arguments):
    with pytest.raises(SystemExit) as stopped:
        train.main([str(argument) for argument in arguments])
    return stopped.value.code


def test_missing_data_are_refused_with_a_reason(tmp_path):
    reason = refused("--data", tmp_path, "--output", tmp_path / "artifacts")
    assert reason.startswith("ml.train: ") and "mnist.npz is missing" in reason
    assert not (tmp_path / "artifacts").exists()


def test_corrections_that_are_none_are_refused_with_a_reason(training, tmp_path):
    output = ("--data", training.data, "--output", tmp_path / "artifacts")
    assert "nowhere.npz" in refused(*output, "--corrections", tmp_path / "nowhere.npz")
    other = tmp_path / "other.npz"
    np.savez(other, pixels=np.zeros((1, 28, 28), np.uint8))
    assert "not an export of reviewed drawings" in refused(*output, "--corrections", other)
    assert not (tmp_path / "artifacts").exists()


def test_an_unknown_base_is_refused_with_a_reason(training, tmp_path):
    output = ("--data", training.data, "--output", tmp_path / "artifacts")
    assert "There is no version 1999" in refused(*output, "--base", "1999")


def test_the_settings_have_the_defaults_that_the_command_tells(capsys):
    options = train.parser().parse_args([])
    assert options.data == Path("var/data") and options.output == runtime.ARTIFACTS
    with pytest.raises(SystemExit):
        train.parser().parse_args(["--help"])
    assert str(train.EPOCHS) in capsys.readouterr().out


@pytest.mark.parametrize("forgotten", [None, "MNIST", "pens"])
def rewritten(old, new):
    """As a newer Keras writes what this one doesn't know."""
    file = io.BytesIO()
    with ZipFile(runtime.bundled() / runtime.KERAS_FILE) as archive, ZipFile(file, "w") as changed:
        for name in archive.namelist():
            changed.writestr(name, archive.read(name).replace(old, new))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda whole: b"", "It is damaged"),
        (lambda whole: whole[:5000], "It is damaged"),
        (lambda whole: rewritten(b'"Conv2D"', b'"Conv9D"'), "It was saved by Keras 3"),
        (lambda whole: None, "There is no"),
    ],
)
def test_a_base_that_cannot_be_loaded_is_refused_in_a_sentence(tmp_path, content, reason):
    base = tmp_path / "base"
    base.mkdir()
    changed = content((runtime.bundled() / runtime.KERAS_FILE).read_bytes())
    if changed is not None:
        (base / runtime.KERAS_FILE).write_bytes(changed)
    options = train.parser().parse_args(["--base", str(base)])
    with pytest.raises((ValueError, FileNotFoundError), match=reason) as refused:
        train._base(options)
    assert "\n" not in str(refused.value)


def test_it_goes_less_far_from_the_base_where_it_forgets(monkeypatch, forgotten):
    from ml import model as networks

    monkeypatch.setattr(train, "MNIST_VALIDATION", 10)
    monkeypatch.setattr(train, "BORNE", 0.6)  # more than half: each part is looked at alone
    pixels = np.stack([preprocess(ink(row % 10, pen=20 + row)) for row in range(20)])
    labels = np.arange(20, dtype=np.uint8) % 10
    options = train.parser().parse_args(["--base", str(runtime.bundled())])
    end = networks.for_training(networks.build(2) if forgotten else train._base(options))
    if forgotten:  # what was never read right can't be
        other = slice(10, 20) if forgotten == "MNIST" else slice(10)
        labels[other] = (labels[other] + 1) % 10
    part = train.PARTS[-1] if forgotten else train.PARTS[0]
    assert train._part_of_the_way(options, end, pixels, labels)[1] == part
