"""array-api-strict, with every optional part of the standard switched off."""

from __future__ import annotations

from typing import Any

import array_api_strict
import numpy as np

from .engine import Eager, Host


class Strict(Eager):
    """Arrays that do only what the standard promises."""

    def __init__(self) -> None:
        np.seterr(all="ignore")
        array_api_strict.set_array_api_strict_flags(
            boolean_indexing=False, data_dependent_shapes=False, enabled_extensions=()
        )

    def put(self, array: Host) -> Any:
        """Return the values as a strict array."""
        return array_api_strict.asarray(array)

    def about(self) -> dict[str, str]:
        """Return the flags that were set."""
        flags = array_api_strict.get_array_api_strict_flags()
        return {"device": "cpu", "flags": ", ".join(f"{name}={value}" for name, value in flags.items())}
