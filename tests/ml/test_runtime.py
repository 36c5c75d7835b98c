import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from ml import runtime
from ml.preprocessing import preprocess
from ml.runtime import Network
from tests.support.digits import ink


@pytest.fixture(scope="module")
def network():
    return Network.load(runtime.bundled())


@pytest.fixture(scope="module")
def drawings():
    return np.stack([preprocess(ink(digit, fraction=0.6)) for digit in range(10)])


def test_the_bundled_network_reads_careful_digits(network, drawings):
    predictions = network.predict(drawings)
    assert [prediction.digit for prediction in predictions] == [*range(10)]
    for prediction in predictions:
        assert len(prediction.probabilities) == 10
        assert sum(prediction.probabilities) == pytest.approx(1, abs=1e-5)
        assert prediction.confidence == max(prediction.probabilities) > 0.8
        assert prediction.is_digit and 0 <= prediction.digit_score <= 1


def test_the_newest_network_ships():
    versions = [path.name for path in runtime.ARTIFACTS.iterdir() if path.name[0] != "."]
    assert runtime.bundled().name == max(versions)


def test_what_was_fine_tuned_here_does_not_ship(tmp_path, monkeypatch):
    for version in ("1", "2"):
        shutil.copytree(runtime.bundled(), tmp_path / version)
    monkeypatch.setattr(runtime, "ARTIFACTS", tmp_path)
    assert runtime.bundled().name == "2"
    (tmp_path / "2" / runtime.LINEAGE_FILE).write_text("{}")
    assert runtime.bundled().name == "1"


def test_it_knows_its_version(network):
    metadata = json.loads((runtime.bundled() / "metadata.json").read_text())
    assert network.version == metadata["version"] == runtime.bundled().name
    assert network.metadata == metadata
    assert network.digit_threshold == metadata["digit_threshold"]


def test_the_threshold_decides_what_is_a_digit(network, drawings):
    model = (runtime.bundled() / runtime.MODEL_FILE).read_bytes()
    strict = Network(model, network.metadata | {"digit_threshold": 1.1})
    assert not any(prediction.is_digit for prediction in strict.predict(drawings))
    assert strict.predict(drawings)[0].digit == 0  # still the likeliest


def test_no_drawings_give_no_predictions(network):
    assert network.predict(np.empty((0, 28, 28), np.uint8)) == []


def test_threads_share_a_network(network):
    rng = np.random.default_rng(0)
    drawings = rng.integers(0, 256, (64, 28, 28), dtype=np.uint8)
    alone = network.scores(drawings)
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda _: network.scores(drawings), range(16)))
    assert all(np.array_equal(scores, alone) for scores in together)


def test_one_drawing_does_not_depend_on_the_others(network, drawings):
    together = network.scores(drawings)
    for row in (0, 7):
        assert np.array_equal(network.scores(drawings[row : row + 1])[0], together[row])


@pytest.mark.parametrize("pixels", [np.zeros((2, 27, 28), np.uint8), np.zeros((28, 28), np.uint8)])
def test_pixels_of_another_shape_are_refused(network, pixels):
    with pytest.raises((ValueError, IndexError)):
        network.scores(pixels)


@pytest.mark.parametrize("model", [b"", b"no network", b"\x1c\0\0\0TFL3" + bytes(100)])
def test_what_is_no_network_is_refused(network, model):
    with pytest.raises(ValueError):
        Network(model, network.metadata)


def test_a_network_with_other_tensors_is_refused(network):
    tensorflow = pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    small = keras.Sequential([keras.Input((4,), batch_size=1), keras.layers.Dense(2)])
    model = tensorflow.lite.TFLiteConverter.from_keras_model(small).convert()
    with pytest.raises(ValueError, match="Not a network of ours"):
        Network(model, network.metadata)


def test_serving_imports_no_tensorflow():
    code = (
        "import sys; from ml import preprocessing, runtime, strokes;"
        "import numpy; network = runtime.Network.load(runtime.bundled());"
        "network.predict(numpy.zeros((1, 28, 28), numpy.uint8));"
        "print(sorted(sys.modules.keys() & {'tensorflow', 'keras', 'django', 'sklearn'}))"
    )
    here = Path(__file__).parent.parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=here, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_training_asks_for_a_keras_that_loads_what_ships():
    with ZipFile(runtime.bundled() / runtime.KERAS_FILE) as archive:
        saved_by = json.loads(archive.read("metadata.json"))["keras_version"]
    requirements = Path(runtime.__file__).with_name("requirements.txt").read_text()
    lowest = re.search(r"^keras>=([\d.]+)", requirements, re.MULTILINE)[1]
    # A minor version reads what its patches write; the one before it may not.
    assert lowest.split(".")[:2] == saved_by.split(".")[:2]
