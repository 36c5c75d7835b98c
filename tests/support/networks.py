"""Real networks for tests, made from the one that ships without training."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from django.contrib.auth.models import User

from ml import runtime
from ml.preprocessing import preprocess
from ml.strokes import place, render
from predictor import labelling
from predictor.models import LabelEvent, ModelVersion, Submission
from predictor.registry import evaluation, reports, retraining, serving
from tests.support.digits import DIGITS, OTHERS

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


def another(version: str) -> ModelVersion:
    """Add the active network to the registry once more, under this name."""
    row = ModelVersion.objects.defer(None).get(version=serving.network().version)
    row.pk, row.is_active = version, False
    row.metadata["version"] = version
    row.save(force_insert=True)
    return row


def lineage(folder: Path, **ids: list[Any]) -> Path:
    """Says of the network which corrections it was trained on."""
    (folder / runtime.LINEAGE_FILE).write_text(json.dumps(ids, default=str))
    metadata = json.loads((folder / runtime.METADATA_FILE).read_text())
    metadata["corrections"] = {role: len(found) for role, found in ids.items()}
    (folder / runtime.METADATA_FILE).write_text(json.dumps(metadata))
    return folder


def mixed_up(tflite: bytes, order: np.ndarray) -> bytes:
    """The LiteRT file with the ten digits' weights in another order."""
    return with_weights(tflite, lambda weights: weights[order])


def not_a_number(tflite: bytes) -> bytes:
    """The LiteRT file with weights that make every probability NaN."""
    return with_weights(tflite, lambda weights: np.full_like(weights, np.nan))


def with_weights(tflite: bytes, change: Callable[[np.ndarray], np.ndarray]) -> bytes:
    """The LiteRT file with the ten digits' weights changed."""
    interpreter = Interpreter(model_content=tflite)
    interpreter.allocate_tensors()
    for tensor in interpreter.get_tensor_details():
        if tensor["shape"].tolist()[:1] != [10]:
            continue
        weights = interpreter.get_tensor(tensor["index"])
        old = weights.tobytes()
        if tflite.count(old) == 1:
            tflite = tflite.replace(old, change(weights).tobytes())
    return tflite


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Without MNIST, until a test makes it."""
    monkeypatch.setattr(evaluation, "DATA", tmp_path)
    return tmp_path


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Where reports and comparisons are written, apart from those of this checkout."""
    monkeypatch.setattr(retraining, "FOLDER", tmp_path / "retrain")
    monkeypatch.setattr(reports, "FOLDER", tmp_path / "comparisons")
    return tmp_path


@pytest.fixture
def good(db):
    """The bundled network, which is active."""
    return ModelVersion.objects.get()


@pytest.fixture
def bad(good):
    """Takes each digit for another one, as long as it takes it for a digit."""
    row = ModelVersion.objects.defer(None).get(pk=good.pk)
    return ModelVersion.objects.create(
        version="bad",
        metadata=row.metadata | {"version": "bad", "sha256": {}},
        tflite=mixed_up(bytes(row.tflite), SHIFTED),
        keras=b"",
        added_by=User.objects.create(username="ann"),
    )


def reviewed(network: ModelVersion, labels: list[int]) -> list[Submission]:
    """Drawings of these digits, labelled as what they are; beyond is a wave, then a cross."""
    shapes = [*DIGITS, OTHERS[2], OTHERS[1]]
    pictures = [preprocess(render(place(strokes, pen=18))) for strokes in shapes]
    rows = Submission.objects.bulk_create(
        Submission(
            visitor=uuid4(),
            model=network,
            preprocessing="1",
            digit=0,
            confidence=1,
            is_digit=True,
            digit_score=1,
            probabilities=[],
            pixels=pictures[label].tobytes(),
            drawing=b"",
        )
        for label in labels
    )
    actor, _ = User.objects.get_or_create(username="ann")
    for row, label in zip(rows, labels, strict=True):
        labelling.relabel(
            Submission.objects.filter(pk=row.pk), label, actor=actor, source=LabelEvent.Source.QUEUE
        )
    return rows
