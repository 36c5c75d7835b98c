import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ml import data, runtime, train
from ml.preprocessing import preprocess
from tests.support.digits import ink, make_data

finetuning = pytest.importorskip("ml.finetuning")
SCRIPT = Path(__file__).parent.parent / "support/small_training.py"
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
            cwd=SCRIPT.parent.parent.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that its renderer can be ended with it
        )

    def run(self, *arguments):
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=600)
        assert process.returncode == 0, errors
        return output, errors

    def losses(self):
        """After each epoch so far."""
        file = self.artifacts / ".training" / "history.csv"
        rows = csv.DictReader(file.read_text().splitlines()) if file.is_file() else []
        return [float(row["loss"]) for row in rows]

    def versions(self):
        return sorted(path.name for path in self.artifacts.iterdir() if path.name[0] != ".")

    def metadata(self, version):
        return json.loads((self.artifacts / version / runtime.METADATA_FILE).read_text())


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    return Training(tmp_path_factory.mktemp("training"))


@pytest.fixture(scope="module")
def interrupted(training):
    """Killed after its second epoch: the losses so far, and which versions there were."""
    process = training.start("--epochs", EPOCHS)
    try:
        while len(training.losses()) < 2:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return training.losses(), training.versions()


@pytest.fixture(scope="module")
def trained(training, interrupted):
    """The same command again, and so to the end."""
    return training.run("--epochs", EPOCHS)


@pytest.fixture(scope="module")
def version(training, trained):
    return training.versions()[0]


def test_a_killed_training_leaves_a_checkpoint_and_no_version(interrupted):
    losses, versions = interrupted
    assert 2 <= len(losses) < EPOCHS
    assert versions == []


def test_run_again_it_goes_on_from_its_checkpoint(training, interrupted, trained, version):
    before = interrupted[0]
    lines = trained[1].splitlines()
    epochs = [line.split(":")[0] for line in lines if line.startswith("Epoch ")]
    # The last epoch is repeated where its model was not whole yet.
    assert EPOCHS - len(before) <= len(epochs) <= EPOCHS - len(before) + 1
    assert epochs[-1] == f"Epoch {EPOCHS} of {EPOCHS}"
    losses = training.metadata(version)["losses"]
    assert losses[: len(before) - 1] == before[:-1] and len(losses) == EPOCHS


def test_a_version_is_written_whole_and_nothing_else_stays(training, trained, version):
    assert {file.name for file in (training.artifacts / version).iterdir()} == {
        "model.keras",
        "model.tflite",
        "metadata.json",
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
    assert metadata["averaged_epochs"] == sorted({losses.index(min(losses)) + 1, EPOCHS})
    assert 0.2 <= metadata["temperature"] <= 5 and 0 <= metadata["digit_threshold"] <= 1
    assert metadata["data"] == [
        data.describe(training.data / data.MNIST_FILE, 70),
        data.describe(training.data / data.DIGITS_FILE, 20),
        data.describe(training.data / data.NEGATIVES_FILE, 6),
    ]
    assert set(metadata["suspected_label_errors"]) == {"digits", "negatives"}
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


def test_an_older_version_is_fine_tuned_on_corrections(training, version, tmp_path):
    file = export(tmp_path / "corrections.npz", 100)
    training.run("--corrections", file, "--base", version, "--epochs", 1)
    new = training.versions()[-1]
    metadata = training.metadata(new)
    counts = metadata["corrections"]
    assert metadata["parent"] == version and new > version
    assert metadata["interpolation_alpha"] in finetuning.ALPHAS
    assert sum(counts.values()) == 100 and counts["trained"] > counts["validated"] > 0
    assert metadata["data"][-1] == data.describe(file, 100)
    lineage = json.loads((training.artifacts / new / runtime.LINEAGE_FILE).read_text())
    ids = {key: lineage[key] for key in ("trained", "validated", "suspected")}
    assert {key: len(value) for key, value in ids.items()} == counts
    assert len({*ids["trained"], *ids["validated"], *ids["suspected"]}) == 100


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


def test_other_corrections_under_the_same_name_begin_anew(tmp_path):
    file = tmp_path / "corrections.npz"
    file.write_bytes(b"one export")
    options = train.parser().parse_args(["--corrections", str(file)])
    began = train._began_with(options)
    assert train._began_with(options) == began
    file.write_bytes(b"another export")
    assert train._began_with(options) != began
