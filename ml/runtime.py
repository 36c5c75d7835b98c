"""A trained network for serving: LiteRT, no TensorFlow."""

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from ml.arrays import Float32Array, UInt8Array

ARTIFACTS = Path(__file__).parent / "artifacts"
MODEL_FILE = "model.tflite"
KERAS_FILE = "model.keras"
METADATA_FILE = "metadata.json"
ROUNDING = 1e-5  # how much float32 may add to a probability of 1
LINEAGE_FILE = "corrections.json"  # of one that was trained on corrections: which


class NotProbabilities(Exception):
    """What a network answered, as a damaged or badly trained one may: NaN, say."""


@dataclass(frozen=True)
class Prediction:
    """What the network says of one drawing."""

    digit: int  # the likeliest, even when it is no digit
    confidence: float  # the probability of that digit
    probabilities: list[float]  # ten, sum to 1
    is_digit: bool
    digit_score: float  # probability that it is a digit at all


class Network:
    """A trained network. Threads may share it: LiteRT serves one at a time, a lock sees to that."""

    def __init__(self, model: bytes, metadata: dict[str, Any]) -> None:
        """model: a LiteRT file's bytes. Raises ValueError when they are not one of ours."""
        self.metadata = metadata
        self.version: str = metadata["version"]
        self.digit_threshold = float(metadata["digit_threshold"])
        self._lock = threading.Lock()
        self._interpreter = Interpreter(model_content=model, num_threads=1)
        self._interpreter.allocate_tensors()
        inputs, outputs = (
            self._interpreter.get_input_details(),
            self._interpreter.get_output_details(),
        )
        shapes = [tuple(tensor["shape"]) for tensor in (*inputs, *outputs)]
        if shapes != [(1, 28, 28, 1), (1, 11)]:
            raise ValueError(f"Not a network of ours: its tensors have the shapes {shapes}.")
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]

    @classmethod
    def load(cls, folder: Path) -> "Network":
        """From a folder as `python -m ml.train` writes it."""
        metadata = json.loads((folder / METADATA_FILE).read_text(encoding="utf-8"))
        return cls((folder / MODEL_FILE).read_bytes(), metadata)

    def scores(self, pixels: UInt8Array) -> Float32Array:
        """pixels: uint8 (n, 28, 28). Returns float32 (n, 11): ten probabilities, digit score."""
        answers = np.empty((len(pixels), 11), np.float32)
        batch = pixels.astype(np.float32)[:, None, :, :, None]
        for row, image in enumerate(batch):
            with self._lock:
                self._interpreter.set_tensor(self._input, image)
                self._interpreter.invoke()
                answers[row] = self._interpreter.get_tensor(self._output)[0]
        return answers

    def predict(self, pixels: UInt8Array) -> list[Prediction]:
        """pixels: uint8 (n, 28, 28), 0 for paper to 255 for ink. Raises NotProbabilities."""
        return [self._prediction(row) for row in self.scores(pixels)]

    def _prediction(self, answer: Float32Array) -> Prediction:
        if not ((answer >= 0) & (answer <= 1 + ROUNDING)).all():  # nor is NaN
            raise NotProbabilities(f"{self.version} answers {answer.tolist()}")
        digit, score = int(answer[:10].argmax()), float(answer[10])
        return Prediction(
            digit=digit,
            confidence=float(answer[digit]),
            probabilities=[float(probability) for probability in answer[:10]],
            is_digit=score >= self.digit_threshold,
            digit_score=score,
        )


def bundled() -> Path:
    """The folder of the network that ships with the code: the newest that learnt no corrections.

    What was trained on visitors' drawings enters the registry with their ids, or not at all.
    """
    folders = [path.parent for path in ARTIFACTS.glob(f"*/{METADATA_FILE}")]
    return max(folder for folder in folders if not (folder / LINEAGE_FILE).exists())
