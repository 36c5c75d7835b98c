"""Taking a trained network into the register: only one that is whole, and fit to serve."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zipfile import BadZipFile, ZipFile

import numpy as np
from django.core.exceptions import ValidationError
from django.db import DataError, transaction

from ml import preprocessing
from predictor import classifier
from predictor.models import Submission
from predictor.networks import METRICS, Lesson, ModelVersion, figure, is_share

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from ml.runtime import Network

BATCH = 5_000
DRAWINGS = 200  # the latest ones, that a network is tried on
NOISE = 50
# What training writes down of every network.
METADATA = {
    "version": str,
    "created_at": str,
    "preprocessing": str,
    "data": list,
    "seed": int,
    "epochs": int,
    "metrics": dict,
    "temperature": float,
    "digit_threshold": float,
    "parity": float,
}


# What it may write beside that.
OPTIONAL = {"parent": str | None, "sha256": dict, "corrections": dict}


class Unfit(Exception):
    """What keeps a network out of the register. Its text is a sentence for people."""


def add(folder: Path, actor: User | None = None) -> tuple[ModelVersion, str]:
    """The new row, and what its two files were held against. Raises Unfit, OSError."""
    network, lineage = read(folder)
    network.added_by = actor
    check_metadata(network)
    check_digests(network)
    lessons = list(lessons_of(network, lineage))
    network.manifests = manifests_of(lineage)
    parity = check_answers(network)
    with transaction.atomic():
        network.save(force_insert=True)
        Lesson.objects.bulk_create(lessons, batch_size=BATCH)
    return network, parity


def read(folder: Path) -> tuple[ModelVersion, dict[str, Any]]:
    from ml.runtime import LINEAGE_FILE

    file = folder / LINEAGE_FILE
    try:
        network = classifier.read_version(folder)
        return network, json.loads(file.read_bytes()) if file.exists() else {}
    except (DataError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise Unfit(f"What {folder} says of the network can't be read: {error!r}.") from None


def check_metadata(network: ModelVersion) -> None:
    from ml.release import MAX_DIFFERENCE

    found = network.metadata
    wrong = [name for name, kind in METADATA.items() if not isinstance(found.get(name), kind)]
    given = [name for name in OPTIONAL if name in found]
    wrong += [name for name in given if not isinstance(found[name], OPTIONAL[name])]
    if wrong:
        raise Unfit(f"The metadata is not complete: {', '.join(wrong)} is missing or wrong.")
    try:
        network._meta.get_field("version").clean(network.version, network)
        text = json.dumps(found, allow_nan=False)
    except (ValidationError, ValueError) as error:
        raise Unfit(f"The metadata can't be stored: {error}.") from None
    if r"\u0000" in text:
        raise Unfit("The metadata can't be stored: PostgreSQL takes no zero byte.")
    if ModelVersion.objects.filter(pk=network.pk).exists():
        raise Unfit(f"{network} is in the register already.")
    check_preprocessing(network)
    check_figures(found)
    if not 0 <= found["parity"] <= MAX_DIFFERENCE:
        raise Unfit(f"Its two files differed by {found['parity']} when it was trained.")
    if not 0 <= found["digit_threshold"] < 1:
        raise Unfit(f"Its threshold is no probability: {found['digit_threshold']}.")


def check_figures(found: dict[str, Any]) -> None:
    """Whether all that pages and commands show and compare is what they take it for."""
    for keys in METRICS:
        value = figure(found["metrics"], keys)
        if value is not None and not is_share(value):
            raise Unfit(f"Its metrics are wrong: {' '.join(keys)} is {value!r:.80}, no share of 1.")
    if not all(is_number(value) for value in leaves(found["metrics"])):
        raise Unfit("Its metrics are wrong: they are not all numbers.")
    counts = found.get("corrections", {}).values()
    if not all(type(count) is int and count >= 0 for count in counts):
        raise Unfit("Its metadata is wrong: it does not count its corrections.")
    sources = list(map(as_dict, found["data"]))
    if not all(type(source.get(key)) is str for source in sources for key in ("name", "sha256")):
        raise Unfit("Its metadata is wrong: it does not name its data.")


def leaves(found: Any) -> Iterator[Any]:
    if isinstance(found, dict | list):
        for value in found.values() if isinstance(found, dict) else found:
            yield from leaves(value)
    else:
        yield found


def is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def check_preprocessing(network: ModelVersion) -> None:
    learnt = network.metadata["preprocessing"]
    if learnt != preprocessing.VERSION:
        raise Unfit(
            f"{network} learnt from preprocessing {learnt}, and this site does"
            f" {preprocessing.VERSION}."
        )


def check_fit(network: ModelVersion) -> None:
    """Whether one of the register could serve now: the code may be newer. Raises Unfit."""
    check_preprocessing(network)
    try:
        classifier.load(network.version)
    except Exception as error:
        raise Unfit(f"{network} can't be loaded: {error}") from None


def check_digests(network: ModelVersion) -> None:
    """Training notes them since it began to; those that were trained before have none."""
    from ml.runtime import KERAS_FILE, MODEL_FILE

    files = {KERAS_FILE: network.keras, MODEL_FILE: network.tflite}
    for name, digest in network.metadata.get("sha256", {}).items():
        if hashlib.sha256(files.get(name, b"")).hexdigest() != digest:
            raise Unfit(f"{name} is not the one that training wrote.")


def lessons_of(network: ModelVersion, lineage: dict[str, Any]) -> Iterator[Lesson]:
    counts = network.metadata.get("corrections", {})
    try:
        for role in Lesson.Role:
            drawings = {UUID(id) for id in lineage.get(role, [])}
            if len(drawings) != counts.get(role, 0):
                raise Unfit(f"It is not told from which corrections it {role}.")
            for drawing in drawings:
                yield Lesson(network=network, drawing=drawing, role=role)
    except (ValueError, TypeError, AttributeError):
        raise Unfit("What it learnt from is not told by the ids of drawings.") from None


def manifests_of(lineage: dict[str, Any]) -> list[dict[str, Any]]:
    found = as_dict(lineage).get("manifests", [])
    try:
        digests(found)
        for manifest in found:
            until(manifest)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise Unfit("The manifest of what it learnt from can't be read.") from None
    return found


def digests(manifests: list[dict[str, Any]]) -> set[str]:
    """SHA-256 of every file that was exported."""
    return {file["sha256"] for manifest in manifests for file in manifest["files"].values()}


def until(manifest: dict[str, Any]) -> datetime | None:
    """Until when labels were exported. Raises ValueError, AttributeError for what is no time."""
    text = manifest.get("filters", {}).get("until")
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if not moment.tzinfo:
        raise ValueError("a time without its zone")
    return moment


def check_answers(network: ModelVersion) -> str:
    """What was found on the parity of the two files. Raises Unfit."""
    from ml.runtime import Network

    pixels = drawings()
    try:
        serving = Network(network.tflite, network.metadata)
        answers = serving.scores(pixels)
    except Exception as error:
        # Whatever LiteRT has against the file.
        raise Unfit(f"The LiteRT file can't be used: {error}") from None
    if not (np.isfinite(answers).all() and answers.min() >= 0 and answers.max() <= 1 + 1e-5):
        raise Unfit("It answers with what are no probabilities.")
    if np.abs(answers[:, :10].sum(axis=1) - 1).max() > 1e-4:
        raise Unfit("Its ten probabilities don't sum to one.")
    if find_spec("tensorflow"):
        difference = check_parity(network.keras, serving, pixels)
        return f"Keras and LiteRT differ by {difference:.1e} at most on {len(pixels)} drawings"
    check_archive(network.keras)
    return (
        "TensorFlow is not installed here, so that the two files were taken to differ by"
        f" {network.metadata['parity']:.1e} at most, as training found"
    )


def drawings() -> np.ndarray:
    """The latest ones, and noise, which any input may be: uint8 (n, 28, 28)."""
    noise = np.random.default_rng(0).integers(0, 256, (NOISE, 28, 28), np.uint8)
    latest = Submission.objects.values_list("pixels", flat=True)[:DRAWINGS]
    stored = np.frombuffer(b"".join(map(bytes, latest)), np.uint8)
    return np.concatenate([stored.reshape(-1, 28, 28), noise])


def check_parity(keras_file: bytes, serving: Network, pixels: np.ndarray) -> float:
    import keras

    from ml import release

    with TemporaryDirectory() as folder:
        file = Path(folder, "model.keras")
        file.write_bytes(keras_file)
        try:
            return release.parity(keras.models.load_model(file), serving, pixels)
        except release.ParityError as error:
            raise Unfit(str(error)) from None
        except Exception as error:
            # A damaged file raises nearly anything.
            raise Unfit(f"The Keras file can't be used: {error}") from None


def check_archive(keras_file: bytes) -> None:
    try:
        with ZipFile(io.BytesIO(keras_file)) as archive:
            damaged = archive.testzip()
            names = set(archive.namelist())
    except BadZipFile as error:
        raise Unfit(f"The Keras file can't be used: {error}") from None
    if damaged or not {"config.json", "model.weights.h5"} <= names:
        raise Unfit("The Keras file is damaged.")


def write_out(network: ModelVersion, folder: Path) -> None:
    """The network's files again, as training wrote them, whole or not at all."""
    from ml import files, runtime

    row = ModelVersion.objects.defer(None).get(pk=network.pk)
    files.write_folder(
        folder,
        {
            runtime.KERAS_FILE: bytes(row.keras),
            runtime.MODEL_FILE: bytes(row.tflite),
            runtime.METADATA_FILE: json.dumps(row.metadata, indent=1).encode() + b"\n",
        },
    )
