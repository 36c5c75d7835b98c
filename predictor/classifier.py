"""The network that answers: loaded once a process, and swapped when another is activated."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING

from django.db import IntegrityError, close_old_connections, transaction
from django.utils import timezone

from predictor.networks import Activation, ModelVersion

if TYPE_CHECKING:
    from ml.runtime import Network

logger = logging.getLogger(__name__)

WATCH_EVERY = 2.0  # seconds between looks at which network is the active one
# In a process that nobody watches for, requests look themselves, so often.
CHECK_EVERY = 6.0

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


def watch() -> None:
    """Takes up the active network now and whenever it changes, so that no request waits for it."""
    Thread(target=_watch, name="network-watch", daemon=True).start()


def _watch() -> None:
    while True:
        close_old_connections()  # as Django does before each request
        try:
            with _lock:
                _look()
        except Exception:
            # It looks again, and until then whoever asks for the network hears the reason.
            logger.exception("No network could be loaded")
        sleep(WATCH_EVERY)


def _look() -> None:
    global _network, _next_check
    try:
        version = _active_version() or _register_bundled()
        if _network is None or _network.version != version:
            _network = load(version)
    except Exception as error:
        # Without its database, or with a network that can't be loaded, the site goes on reading
        # drawings with the one that it has.
        if _network is None:
            raise
        logger.warning("The active network can't be taken up: %s", error)
    _next_check = monotonic() + CHECK_EVERY


def _active_version() -> str | None:
    return ModelVersion.objects.active().values_list("version", flat=True).first()


def load(version: str) -> Network:
    from ml.runtime import Network  # heavy, and most commands do without

    row = ModelVersion.objects.values("tflite", "metadata").get(version=version)
    return Network(bytes(row["tflite"]), row["metadata"])


def read_version(folder: Path) -> ModelVersion:
    """What training wrote, as a row that is not saved yet."""
    metadata = json.loads((folder / "metadata.json").read_bytes())
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
        now = timezone.now()
        idle = ModelVersion.objects.filter(version=found.version, is_active=False)
        if idle.update(is_active=True, activated_at=now):
            Activation.objects.create(network=found, at=now)
    return ModelVersion.objects.active().values_list("version", flat=True).get()
