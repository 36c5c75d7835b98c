"""Make a trained model fit to serve: calibrated, exported, held against Keras, evaluated."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ml import data, evaluate, preprocessing, runtime
from ml.dataset import Images
from ml.files import write_folder
from ml.metrics import fit_temperature, sigmoid
from ml.parity import parity

# The threshold of `is_digit` keeps this fraction of the validation part's digits.
KEEP_DIGITS = 0.99


def release(
    trained: Any,
    validation: Images,
    folder: Path,
    output: Path,
    metadata: dict[str, Any],
    more: dict[str, bytes],
) -> Path:
    """Write a new version under `output`, whole or not at all. Returns its folder.

    trained: as from `ml.model.for_training`.
    validation: to calibrate on.
    folder: of the data whose test parts it is evaluated on.
    metadata, more: what to write beside what is found out here; `more` by the name of its file.
    Raises ParityError.
    """
    model, calibration = calibrate(trained, validation)
    metadata = {
        **_version(),
        **metadata,
        "parameters": model.count_params(),
        **calibration,
    }
    files, measured = _export(model, metadata, folder)
    metadata |= measured
    files |= {runtime.METADATA_FILE: json.dumps(metadata, indent=1).encode() + b"\n", **more}
    target = output / str(metadata["version"])
    write_folder(target, files)
    return target


def calibrate(trained: Any, validation: Images) -> tuple[Any, dict[str, float]]:
    """Return the model that serves, and its temperature and threshold of `is_digit`."""
    from ml import model as networks

    pixels, labels = validation
    digits = labels != data.NOT_A_DIGIT
    # In the precision in which it will serve.
    logits = networks.logits(networks.calibrated(trained, temperature=1))
    outputs = logits.predict(pixels[digits][..., None], batch_size=1024, verbose=0)
    temperature = fit_temperature(outputs[networks.DIGIT_LOGITS], labels[digits])
    scores = sigmoid(outputs[networks.IS_DIGIT_LOGIT][:, 0])
    threshold = float(np.quantile(scores, 1 - KEEP_DIGITS))
    model = networks.calibrated(trained, temperature)
    return model, {"temperature": temperature, "digit_threshold": threshold}


def _version() -> dict[str, Any]:
    created = datetime.now(UTC)
    return {
        "version": created.strftime("%Y%m%d-%H%M%S"),
        "created_at": created.isoformat(timespec="seconds"),
        "preprocessing": preprocessing.VERSION,
    }


def _export(
    model: Any, metadata: dict[str, Any], folder: Path
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return the model's files by their names, and what was measured on them."""
    from ml import model as networks

    litert = networks.to_litert(model)
    network = runtime.Network(litert, metadata)
    files = {runtime.KERAS_FILE: _saved(model), runtime.MODEL_FILE: litert}
    return files, {
        "parity": parity(model, network, data.load_mnist(folder)["test"][0]),
        "metrics": evaluate.evaluate(network, folder).metrics(),
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }


def _saved(model: Any) -> bytes:
    with TemporaryDirectory() as temporary:
        file = Path(temporary, runtime.KERAS_FILE)
        model.save(file)
        return file.read_bytes()
