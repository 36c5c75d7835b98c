"""The network that answers: loaded once a process, and swapped when another is activated."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone

from predictor.models import ModelVersion

if TYPE_CHECKING:
    from ml.runtime import Network

CHECK_EVERY = 2.0  # seconds between looks at which network is the active one

_lock = Lock()
_network: Network | None = None
_next_check = 0.0


def network() -> Network:
    """The active network, or for a moment the one that was active until just now."""
    if _network is not None and monotonic() < _next_check:
        return _network
    # One thread looks; the others go on with what they have, if they have any.
    if _lock.acquire(blocking=_network is None):
        try:
            _look()
        finally:
            _lock.release()
    return _network


def _look() -> None:
    global _network, _next_check
    try:
        version = _active_version() or _register_bundled()
        if _network is None or _network.version != version:
            _network = load(version)
    except (OperationalError, InterfaceError):
        if _network is None:
            raise
        # Without its database the site can still read drawings.
    _next_check = monotonic() + CHECK_EVERY


def _active_version() -> str | None:
    return ModelVersion.objects.active().values_list("version", flat=True).first()


def load(version: str) -> Network:
    from ml.runtime import Network  # heavy, and most commands do without

    row = ModelVersion.objects.values("tflite", "metadata").get(version=version)
    return Network(bytes(row["tflite"]), row["metadata"])


def read_version(folder: Path) -> ModelVersion:
    """What training wrote, as a row that is not saved yet."""
    metadata = json.loads((folder / "metadata.json").read_text())
    return ModelVersion(
        version=metadata["version"],
        metadata=metadata,
        parent=ModelVersion.objects.filter(version=metadata["parent"]).first(),
        tflite=(folder / "model.tflite").read_bytes(),
        keras=(folder / "model.keras").read_bytes(),
    )


def _register_bundled() -> str:
    """Many processes may come here at once: each step does nothing where another was first."""
    from ml.runtime import bundled

    found = read_version(bundled())
    ModelVersion.objects.bulk_create([found], ignore_conflicts=True)
    with suppress(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(version=found.version).update(
            is_active=True, activated_at=timezone.now()
        )
    return ModelVersion.objects.active().get().version
