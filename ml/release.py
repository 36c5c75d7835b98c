"""A trained network made fit to serve: calibrated, exported, held against Keras, measured."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ml import data, evaluate, preprocessing, runtime

Array = np.ndarray[Any, np.dtype[Any]]

# The threshold of "is a digit" keeps so many of the validation part's digits.
KEEP_DIGITS = 0.99
# The largest difference of a probability between Keras and LiteRT.
PARITY = 1e-5


class ParityError(RuntimeError):
    """The LiteRT export answers otherwise than the Keras network."""


def release(
    trained: Any,
    validation: tuple[Array, Array],
    folder: Path,
    output: Path,
    metadata: dict[str, Any],
    more: dict[str, bytes],
) -> Path:
    """Write a new version under `output`, whole or not at all. Returns its folder.

    trained: as from `ml.model.for_training`.
    validation: pixels uint8 (n, 28, 28) and labels, 10 for not a digit, to calibrate on.
    folder: of the data whose test parts it is measured on.
    metadata, more: what to write beside what is found out here; `more` by the name of its file.
    Raises ParityError.
    """
    from ml import model as networks

    pixels, labels = validation[0], validation[1]
    digits = labels != data.NOT_A_DIGIT
    # In the precision in which it will serve.
    logits = networks.logits(networks.calibrated(trained, temperature=1))
    answer = logits.predict(pixels[digits][..., None], batch_size=1024, verbose=0)
    temperature = fit_temperature(answer[networks.DIGIT_LOGITS], labels[digits])
    scores = 1 / (1 + np.exp(-answer[networks.IS_DIGIT_LOGIT][:, 0]))
    model = networks.calibrated(trained, temperature)

    created = datetime.now(UTC)
    metadata = {
        "version": created.strftime("%Y%m%d-%H%M%S"),
        "created_at": created.isoformat(timespec="seconds"),
        "preprocessing": preprocessing.VERSION,
        **metadata,
        "parameters": model.count_params(),
        "temperature": temperature,
        "digit_threshold": float(np.quantile(scores, 1 - KEEP_DIGITS)),
    }
    litert = networks.to_litert(model)
    network = runtime.Network(litert, metadata)
    metadata["parity"] = parity(model, network, data.load_mnist(folder)["test"][0])
    metadata["metrics"] = evaluate.test(network, folder).metrics()
    with TemporaryDirectory() as temporary:
        keras_file = Path(temporary, runtime.KERAS_FILE)
        model.save(keras_file)
        files = {runtime.KERAS_FILE: keras_file.read_bytes(), runtime.MODEL_FILE: litert}
    metadata["sha256"] = {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    files |= {runtime.METADATA_FILE: json.dumps(metadata, indent=1).encode() + b"\n", **more}
    target = output / metadata["version"]
    runtime.write(target, files)
    return target


def parity(model: Any, network: runtime.Network, pixels: Array) -> float:
    """The largest difference of a probability between the Keras network and its LiteRT export.

    pixels: uint8 (n, 28, 28). Raises ParityError when it is more than PARITY.
    """
    expected = model.predict(pixels[..., None].astype(np.float32), batch_size=1024, verbose=0)
    difference = float(np.abs(network.scores(pixels) - expected).max())
    if difference > PARITY:
        raise ParityError(f"LiteRT differs from Keras by {difference}, more than {PARITY}.")
    return difference


def fit_temperature(logits: Array, labels: Array) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017, arXiv:1706.04599).

    logits: float (n, 10). labels: int (n,).
    """

    def loss(temperature: float) -> float:
        shares = softmax(logits / temperature)
        return float(-np.log(shares[np.arange(len(labels)), labels] + 1e-12).mean())

    return float(min(np.geomspace(0.2, 5, 400), key=loss))


def softmax(logits: Array) -> Array:
    """Float64 of the shape of logits, the last axis summing to 1."""
    shares = np.exp(np.float64(logits) - logits.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)
