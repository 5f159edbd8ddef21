"""What every engine does: put arrays into a library, walk the steps there, and take arrays out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Host = npt.NDArray[Any]
Walk = Callable[[Any, Sequence[Any], Any, Sequence[Any]], list[tuple[Any, ...]]]


class Engine(Protocol):
    """One array library, in one way of using it."""

    def put(self, array: Host) -> Any:
        """Return the library's array with these values."""

    def take(self, arrays: Sequence[Any]) -> list[Host]:
        """Return the values of some arrays of the library."""

    def walk(self, key: object, walk: Walk, weight: Any, grads: Sequence[Any], state: Any, rates: Any) -> Any:
        """Walk the steps; walks of one key are the same formula with the same hyperparameters."""

    def about(self) -> dict[str, str]:
        """Return what a report should say of the device and the library."""


class Eager:
    """An engine that runs every operation when it is met."""

    def walk(self, key: object, walk: Walk, weight: Any, grads: Sequence[Any], state: Any, rates: Any) -> Any:
        """Walk the steps."""
        del key
        return walk(weight, grads, state, rates)

    def take(self, arrays: Sequence[Any]) -> list[Host]:
        """Return the values of some arrays of the library."""
        return [np.asarray(array) for array in arrays]

    def about(self) -> dict[str, str]:
        """Return what a report should say of the device and the library."""
        return {"device": "cpu"}
