"""Whether a Keras model and its LiteRT export answer alike."""

from typing import Any

import numpy as np

from ml.arrays import UInt8Array
from ml.runtime import Network

MAX_DIFFERENCE = 1e-5  # of a probability


class ParityError(RuntimeError):
    """The LiteRT export answers otherwise than the Keras model."""


def parity(model: Any, network: Network, pixels: UInt8Array) -> float:
    """Return the largest difference of a probability between a Keras model and its LiteRT export.

    pixels: uint8 (n, 28, 28). Raises ParityError when it is more than MAX_DIFFERENCE.
    """
    expected = model.predict(pixels[..., None].astype(np.float32), batch_size=1024, verbose=0)
    difference = float(np.abs(network.scores(pixels) - expected).max())
    if difference > MAX_DIFFERENCE:
        raise ParityError(f"LiteRT differs from Keras by {difference}, more than {MAX_DIFFERENCE}.")
    return difference
