"""Arrays as JSON: dtype, shape and the bits, in hexadecimal, little-endian."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


def encoded(array: Any) -> dict[str, Any]:
    """Return an array as JSON has it."""
    array = np.asarray(array)
    little = array.astype(array.dtype.newbyteorder("<")) if sys.byteorder == "big" else array
    return {"dtype": array.dtype.name, "shape": list(array.shape), "bits": little.tobytes().hex()}


def decoded(stored: dict[str, Any]) -> Any:
    """Return the array that `encoded` made JSON of."""
    dtype = np.dtype(stored["dtype"]).newbyteorder("<")
    values = np.frombuffer(bytes.fromhex(stored["bits"]), dtype=dtype)
    return values.astype(np.dtype(stored["dtype"])).reshape(stored["shape"])
