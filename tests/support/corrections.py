"""Corrections as training reads them."""

from typing import Any

import numpy as np

from ml.corrections import Corrections


def unstroked(pixels: Any, labels: Any, ids: Any, visitors: Any) -> Corrections:
    """Of pictures alone, without any strokes."""
    widths = [np.empty(0, np.float32) for _ in labels]
    return Corrections(pixels, labels, ids, visitors, [[] for _ in labels], widths)
