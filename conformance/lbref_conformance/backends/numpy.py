"""NumPy, as it is and with arguments that cannot be written to."""

from __future__ import annotations

from typing import Any

import numpy as np

from .engine import Eager, Host


class NumPy(Eager):
    """NumPy arrays."""

    def __init__(self) -> None:
        np.seterr(all="ignore")  # overflow and NaN are asked for

    def put(self, array: Host) -> Any:
        """Return the array."""
        return array


class ReadOnlyNumPy(NumPy):
    """NumPy arrays that cannot be written to."""

    def put(self, array: Host) -> Any:
        """Return the array, locked."""
        view = array.view()
        view.flags.writeable = False
        return view
