"""Array types by dtype, for annotations; docstrings give the shapes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

UInt8Array = NDArray[np.uint8]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Float32Array = NDArray[np.float32]
FloatArray = NDArray[np.floating[Any]]
StrArray = NDArray[np.str_]
