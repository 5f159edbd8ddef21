"""CuPy, on the first CUDA device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cupy

from .engine import Eager, Host


class CuPy(Eager):
    """Arrays on a CUDA device."""

    def __init__(self) -> None:
        if not cupy.cuda.runtime.getDeviceCount():
            raise RuntimeError("CuPy sees no CUDA device")

    def put(self, array: Host) -> Any:
        """Return the values on the device."""
        return cupy.asarray(array)

    def take(self, arrays: Sequence[Any]) -> list[Host]:
        """Return the values of some arrays."""
        return [cupy.asnumpy(array) for array in arrays]

    def about(self) -> dict[str, str]:
        """Return the device and its driver."""
        properties = cupy.cuda.runtime.getDeviceProperties(0)
        return {
            "device": properties["name"].decode(),
            "driver": str(cupy.cuda.runtime.driverGetVersion()),
            "cuda": str(cupy.cuda.runtime.runtimeGetVersion()),
        }
