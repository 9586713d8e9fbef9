"""The arrays this package speaks of, by what they hold."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

NODE = np.dtype([("key", "<u4"), ("word", "<i4")])
"""One node of a tree; numpy_kernel says what its two fields mean."""

Array: TypeAlias = NDArray[Any]
Nodes: TypeAlias = NDArray[np.void]
Keys: TypeAlias = NDArray[np.uint32]
Longs: TypeAlias = NDArray[np.int64]
Doubles: TypeAlias = NDArray[np.float64]
