import subprocess
import sys

import numpy as np
import pytest

from ml import runtime
from ml.preprocessing import preprocess
from tests.ml.test_train import Training
from tests.support.digits import ink

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.slow


def run(count, file):
    """Train on so many devices: how many drawings each had of each batch, and the weights."""
    command = [sys.executable, "-m", "tests.support.devices", str(count), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    with np.load(file) as weights:
        return sorted(map(int, done.stdout.split())), [weights[name] for name in weights.files]


def test_several_devices_divide_each_batch_and_learn_the_same(tmp_path):
    alone, weights = run(1, tmp_path / "1.npz")
    divided, same = run(2, tmp_path / "2.npz")
    assert alone == [88, 256, 256] and divided == [44, 44, 128, 128, 128, 128]
    for one, other in zip(weights, same, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_network_trained_and_fine_tuned_on_two_devices_serves(tmp_path, monkeypatch):
    monkeypatch.setenv("DEVICES", "2")
    training = Training(tmp_path)
    training.run("--epochs", 1)
    [version] = training.versions()
    training.run("--base", version, "--epochs", 1)
    for version in training.versions():
        network = runtime.Network.load(training.artifacts / version)
        [prediction] = network.predict(preprocess(ink(3))[None])
        assert sum(prediction.probabilities) == pytest.approx(1, abs=1e-5)
        assert training.metadata(version)["parity"] < 1e-5
