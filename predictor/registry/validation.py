"""Adding trained models to the registry: only those that are whole, and fit to serve."""

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
from ml.arrays import Float32Array, UInt8Array
from ml.parity import MAX_DIFFERENCE, ParityError, parity
from predictor.models import ModelVersion, SiteEvent, Submission, TrainingSample
from predictor.models.registry import METRICS, is_proportion, lookup
from predictor.registry import serving
from predictor.registry.bundled import read_version

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from ml.runtime import Network

BATCH_SIZE = 5_000
TRIAL_DRAWINGS = 200  # the latest ones
TRIAL_NOISE = 50
# What training notes of every version.
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


class InvalidModel(Exception):
    """What keeps a model out of the registry. Its text is a sentence for people."""


def add(folder: Path, actor: User | None = None) -> tuple[ModelVersion, str]:
    """Return the new row, and a sentence on how its two files compare.

    Raises InvalidModel, OSError.
    """
    version, lineage = read(folder)
    version.added_by = actor
    validate_metadata(version)
    validate_digests(version)
    samples = list(training_samples(version, lineage))
    version.manifests = manifests_of(lineage)
    parity = validate_scores(version)
    with transaction.atomic():
        version.save(force_insert=True)
        TrainingSample.objects.bulk_create(samples, batch_size=BATCH_SIZE)
        SiteEvent.objects.record(SiteEvent.Action.ADDITION, actor, network=version.version)
    return version, parity


def read(folder: Path) -> tuple[ModelVersion, dict[str, Any]]:
    from ml.runtime import LINEAGE_FILE

    file = folder / LINEAGE_FILE
    try:
        version = read_version(folder)
        return version, json.loads(file.read_bytes()) if file.exists() else {}
    except (DataError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise InvalidModel(f"What {folder} says of the version can't be read: {error!r}.") from None


def validate_metadata(version: ModelVersion) -> None:
    found = version.metadata
    wrong = [name for name, kind in METADATA.items() if not isinstance(found.get(name), kind)]
    given = [name for name in OPTIONAL if name in found]
    wrong += [name for name in given if not isinstance(found[name], OPTIONAL[name])]
    if wrong:
        raise InvalidModel(f"The metadata is not complete: {', '.join(wrong)} is missing or wrong.")
    try:
        version._meta.get_field("version").clean(version.version, version)
        text = json.dumps(found, allow_nan=False)
    except (ValidationError, ValueError) as error:
        raise InvalidModel(f"The metadata can't be stored: {error}.") from None
    if r"\u0000" in text:
        raise InvalidModel("The metadata can't be stored: PostgreSQL takes no zero byte.")
    if ModelVersion.objects.filter(pk=version.pk).exists():
        raise InvalidModel(f"{version} is in the registry already.")
    validate_preprocessing(version)
    validate_metrics(found)
    if not 0 <= found["parity"] <= MAX_DIFFERENCE:
        raise InvalidModel(f"Its two files differed by {found['parity']} when it was trained.")
    if not 0 <= found["digit_threshold"] < 1:
        raise InvalidModel(f"Its threshold is not a probability: {found['digit_threshold']}.")


def validate_metrics(found: dict[str, Any]) -> None:
    """Whether all that pages and commands show and compare is what they take it for."""
    for keys in METRICS:
        value = lookup(found["metrics"], keys)
        if value is not None and not is_proportion(value):
            name = " ".join(keys)
            raise InvalidModel(f"Its metrics are wrong: {name} is {value!r:.80}, no proportion.")
    if not all(is_number(value) for value in leaves(found["metrics"])):
        raise InvalidModel("Its metrics are wrong: they are not all numbers.")
    counts = found.get("corrections", {}).values()
    if not all(type(count) is int and count >= 0 for count in counts):
        raise InvalidModel("Its metadata is wrong: it does not count its corrections.")
    sources = list(map(as_dict, found["data"]))
    if not all(type(source.get(key)) is str for source in sources for key in ("name", "sha256")):
        raise InvalidModel("Its metadata is wrong: it does not name its data.")


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


def validate_preprocessing(version: ModelVersion) -> None:
    trained_on = version.metadata["preprocessing"]
    if trained_on != preprocessing.VERSION:
        raise InvalidModel(
            f"{version} was trained on preprocessing {trained_on}, and this site does"
            f" {preprocessing.VERSION}."
        )


def validate_loadable(version: ModelVersion) -> None:
    """Check that a registered one could serve now: the code may be newer. Raises InvalidModel."""
    validate_preprocessing(version)
    try:
        network = serving.load(version.version)
    except Exception as error:
        raise InvalidModel(f"{version} can't be loaded: {error}") from None
    validate_probabilities(network.scores(trial_pixels()))


def validate_digests(version: ModelVersion) -> None:
    """Training notes them since it began to; those that were trained before have none."""
    from ml.runtime import KERAS_FILE, MODEL_FILE

    files = {KERAS_FILE: version.keras, MODEL_FILE: version.tflite}
    for name, digest in version.metadata.get("sha256", {}).items():
        if hashlib.sha256(files.get(name, b"")).hexdigest() != digest:
            raise InvalidModel(f"{name} is not the one that training wrote.")


def training_samples(version: ModelVersion, lineage: dict[str, Any]) -> Iterator[TrainingSample]:
    counts = version.metadata.get("corrections", {})
    try:
        # Else what an older ml.train wrote would be lost without a word.
        named = {*filter(counts.get, counts), *lineage}
        if unknown := named - {*TrainingSample.Role.values, "manifests"}:
            raise InvalidModel(f"Its corrections have unknown roles: {', '.join(sorted(unknown))}.")
        for role in TrainingSample.Role:
            ids = {UUID(id) for id in lineage.get(role, [])}
            if len(ids) != counts.get(role, 0):
                raise InvalidModel(f"Its lineage does not name the corrections that were {role}.")
            for id in ids:
                yield TrainingSample(model_version=version, submission_id=id, role=role)
    except (ValueError, TypeError, AttributeError):
        raise InvalidModel("Its lineage does not name drawings by their ids.") from None


def manifests_of(lineage: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = as_dict(lineage).get("manifests", [])
    try:
        digests(found)
        for manifest in found:
            until(manifest)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise InvalidModel("The manifests of its corrections can't be read.") from None
    return found


def digests(manifests: list[dict[str, Any]]) -> set[str]:
    """SHA-256 of every file that was exported."""
    return {file["sha256"] for manifest in manifests for file in manifest["files"].values()}


def until(manifest: dict[str, Any]) -> datetime | None:
    """Until when labels were exported, if it was said, but no later than when that was done.

    Raises ValueError, AttributeError, TypeError for what is no time.
    """
    said = manifest.get("filters", {}).get("until")
    if not said:
        return None
    # A manifest of an older version may be without the other.
    moments = [datetime.fromisoformat(text) for text in (said, manifest.get("exported_at", said))]
    if not all(moment.tzinfo for moment in moments):
        raise ValueError("a time without its zone")
    return min(moments)


def validate_scores(version: ModelVersion) -> str:
    """Return a sentence on the parity of the two files. Raises InvalidModel."""
    pixels = trial_pixels()
    network, keras_file = validate_outputs(version, pixels), bytes(version.keras)
    if find_spec("tensorflow"):
        difference = validate_parity(keras_file, network, pixels)
        return f"Keras and LiteRT differ by {difference:.1e} at most on {len(pixels)} drawings"
    validate_archive(keras_file)
    return (
        "TensorFlow is not installed here, so that the two files were taken to differ by"
        f" {version.metadata['parity']:.1e} at most, as training found"
    )


def validate_outputs(version: ModelVersion, pixels: UInt8Array) -> Network:
    from ml.runtime import Network

    try:
        network = Network(bytes(version.tflite), version.metadata)
        scores = network.scores(pixels)
    except Exception as error:
        # Whatever LiteRT has against the file.
        raise InvalidModel(f"The LiteRT file can't be used: {error}") from None
    validate_probabilities(scores)
    return network


def validate_probabilities(scores: Float32Array) -> None:
    """scores: float32 (n, 11). Raises InvalidModel."""
    if not (np.isfinite(scores).all() and scores.min() >= 0 and scores.max() <= 1 + 1e-5):
        raise InvalidModel("Its outputs are not probabilities.")
    if np.abs(scores[:, :10].sum(axis=1) - 1).max() > 1e-4:
        raise InvalidModel("Its ten probabilities don't sum to one.")


def trial_pixels() -> UInt8Array:
    """Return the latest drawings, and noise, which any input may be: uint8 (n, 28, 28)."""
    noise = np.random.default_rng(0).integers(0, 256, (TRIAL_NOISE, 28, 28), np.uint8)
    latest = Submission.objects.values_list("pixels", flat=True)[:TRIAL_DRAWINGS]
    stored = np.frombuffer(b"".join(map(bytes, latest)), np.uint8)
    return np.concatenate([stored.reshape(-1, 28, 28), noise])


def validate_parity(keras_file: bytes, network: Network, pixels: UInt8Array) -> float:
    from ml import model as networks

    with TemporaryDirectory() as folder:
        file = Path(folder, "model.keras")
        file.write_bytes(keras_file)
        try:
            return parity(networks.load(file), network, pixels)
        except ParityError as error:
            raise InvalidModel(str(error)) from None
        except Exception as error:
            # Another network than ours raises nearly anything.
            raise InvalidModel(f"The Keras file can't be used: {error}") from None


def validate_archive(keras_file: bytes) -> None:
    try:
        with ZipFile(io.BytesIO(keras_file)) as archive:
            damaged = archive.testzip()
            names = set(archive.namelist())
    except BadZipFile as error:
        raise InvalidModel(f"The Keras file can't be used: {error}") from None
    if damaged or not {"config.json", "model.weights.h5"} <= names:
        raise InvalidModel("The Keras file is damaged.")


def write_out(version: ModelVersion, folder: Path) -> None:
    """Write the files again, as training wrote them, whole or not at all."""
    from ml import files, runtime

    row = ModelVersion.objects.defer(None).get(pk=version.pk)
    files.write_folder(
        folder,
        {
            runtime.KERAS_FILE: bytes(row.keras),
            runtime.MODEL_FILE: bytes(row.tflite),
            runtime.METADATA_FILE: json.dumps(row.metadata, indent=1).encode() + b"\n",
        },
    )
