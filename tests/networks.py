"""Real networks for tests, made from the one that ships without training."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from ml import runtime

# Each digit is answered where another one was meant.
SHIFTED = np.roll(np.arange(10), 1)


def artifacts(folder: Path, version: str, **changes: Any) -> Path:
    """The network that ships under another name, and with other metadata, as training writes it."""
    target = folder / version
    shutil.copytree(runtime.bundled(), target)
    metadata = json.loads((target / runtime.METADATA_FILE).read_text())
    metadata.pop("sha256", None)
    metadata |= {"version": version, "parent": None, **changes}
    (target / runtime.METADATA_FILE).write_text(json.dumps(metadata))
    return target


def lineage(folder: Path, **ids: list[Any]) -> Path:
    """Says of the network which corrections it learnt from."""
    (folder / runtime.LINEAGE_FILE).write_text(json.dumps(ids, default=str))
    metadata = json.loads((folder / runtime.METADATA_FILE).read_text())
    metadata["corrections"] = {role: len(found) for role, found in ids.items()}
    (folder / runtime.METADATA_FILE).write_text(json.dumps(metadata))
    return folder


def mixed_up(tflite: bytes, order: np.ndarray) -> bytes:
    """The LiteRT file with the ten digits' weights in another order."""
    interpreter = Interpreter(model_content=tflite)
    interpreter.allocate_tensors()
    for tensor in interpreter.get_tensor_details():
        if tensor["shape"].tolist()[:1] != [10]:
            continue
        weights = interpreter.get_tensor(tensor["index"])
        old = weights.tobytes()
        if tflite.count(old) == 1:
            tflite = tflite.replace(old, weights[order].tobytes())
    return tflite
