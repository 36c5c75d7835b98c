"""What a browser needs of a model version to read by itself."""

from functools import lru_cache

from django.db import Error

from predictor.registry import serving

KEPT = 2  # the active one, and the one that was active until just now: 0.8 MB each


class NotPublished(Exception):
    """There is no such version, or the browser can't run it."""


@lru_cache(KEPT)
def weights(version: str) -> bytes:
    """Return a version's layers and weights, as `ml.weights` packs them. Raises NotPublished."""
    from ml.weights import pack

    try:
        return pack(*serving.read(version))
    except Error:
        raise
    except Exception as error:
        # A damaged file raises nearly anything.
        raise NotPublished(f"{version}: {error!r}") from error
