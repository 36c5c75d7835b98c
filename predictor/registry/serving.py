"""The network that answers: loaded once per process, and swapped when another is activated."""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from threading import Lock, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from django.db import Error, close_old_connections
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from digitsite.errors import Unavailable
from predictor.models import ModelVersion
from predictor.registry.bundled import read_version

if TYPE_CHECKING:
    from ml.runtime import Network

logger = logging.getLogger(__name__)

WATCH_EVERY = 2.0  # seconds between looks at which network is the active one
# In a process that nobody watches for, requests look themselves, so often.
CHECK_EVERY = 6.0
# Seconds that a request waits for another that loads the first one.
LOAD_WAIT = 5.0

_lock = Lock()
_network: Network | None = None
_next_check = 0.0
_problem: str | Promise = ""  # each who asks for it reads it in their own language
_logged = ""


class NoNetwork(Unavailable):
    def __init__(self) -> None:
        super().__init__(_("The site can't read drawings just now. Please try again in a minute."))


def problem() -> str:
    """What keeps the active network from answering, in a sentence; empty where it does."""
    return str(_problem)


def network() -> Network:
    """The active network, or for a moment the one that was active until just now.

    Raises NoNetwork and what the database raises, where there is none.
    """
    if _network is not None and monotonic() < _next_check:
        return _network
    # One thread looks; the others go on with what they have, if they have any.
    if _lock.acquire(timeout=0 if _network else LOAD_WAIT):
        try:
            _look()
        finally:
            _lock.release()
    if _network is None:
        raise NoNetwork
    return _network


def watch() -> None:
    """Takes up the active network now and whenever it changes, so that no request waits for it."""
    Thread(target=_watch, name="network-watch", daemon=True).start()


def _watch() -> None:
    while True:
        close_old_connections()  # as Django does before each request
        # It looks again, and until then whoever asks for the network hears the reason.
        with suppress(Exception), _lock:
            _look()
        sleep(WATCH_EVERY)


def _look() -> None:
    global _network, _next_check
    version = None
    try:
        version = active_version()
        if version is None:
            raise LookupError("none is active; run manage.py migrate")
        if _network is None or _network.version != version:
            _network = load(version)
        _note("")
    except Exception as error:
        # Without its database, or with a network that can't be loaded, the site goes on reading
        # drawings with the one that it has.
        damaged = not isinstance(error, Error)
        _note(_problem_with(version) if damaged else "", error)
        if _network is None and not damaged:
            raise
        _network = _network or _newest_that_loads()
        if damaged:
            _note(_problem_with(version, _network.version), error)
    _next_check = monotonic() + CHECK_EVERY


def _problem_with(version: str | None, instead: str | None = None) -> Promise:
    """version: of the network that should answer; instead: of the one that does."""
    text = gettext_lazy("No network is active.")
    if version:
        text = gettext_lazy("The network {version} can't be loaded.")
    problem = format_lazy(text, version=version)
    if not instead:
        return problem
    answering = format_lazy(gettext_lazy("{version} answers instead."), version=instead)
    return format_lazy("{} {}", problem, answering)


def _note(problem: str | Promise, error: Exception | None = None) -> None:
    """Log what is new of it: one looks every other second."""
    global _problem, _logged
    if error and repr(error) != _logged:
        logger.error("The active network can't be loaded: %r", error)
    _problem, _logged = problem, repr(error) if error else ""


def _newest_that_loads() -> Network:
    from ml import runtime

    for version in ModelVersion.objects.values_list("version", flat=True):
        try:
            return load(version)
        except Error:
            raise
        except Exception as error:
            logger.error("The network %s can't be loaded: %r", version, error)
    with suppress(Exception):
        bundled = read_version(runtime.bundled())
        ModelVersion.objects.bulk_create([bundled], ignore_conflicts=True)
        return runtime.Network.load(runtime.bundled())
    raise NoNetwork


def active_version() -> str | None:
    active = ModelVersion.objects.active().only("version").first()
    return active.version if active else None


def load(version: str) -> Network:
    """Raises ValueError, KeyError, TypeError where it is damaged."""
    from ml.runtime import Network  # heavy, and most commands do without

    network = Network(*read(version))
    if network.version != version:
        raise ValueError(f"its metadata is that of {network.version}")
    return network


def read(version: str) -> tuple[bytes, dict[str, Any]]:
    """Return its LiteRT file and its metadata.

    Raises ModelVersion.DoesNotExist, and ValueError where the file is not the one that was trained.
    """
    from ml.runtime import MODEL_FILE

    row = ModelVersion.objects.values("tflite", "metadata").get(version=version)
    metadata, model = row["metadata"], bytes(row["tflite"])
    # LiteRT may well load other bytes than were trained, or crash.
    digest = metadata.get("sha256", {}).get(MODEL_FILE)
    if digest and hashlib.sha256(model).hexdigest() != digest:
        raise ValueError(f"its {MODEL_FILE} is not the one that training wrote")
    return model, metadata
