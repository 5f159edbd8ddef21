"""JAX on the host: eager, compiled, and sharded over four devices."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from .engine import Eager, Host, Walk

DEVICES = 4


class EagerJAX(Eager):
    """Arrays on one host device, one operation at a time."""

    def __init__(self) -> None:
        jax.config.update("jax_platforms", "cpu")
        jax.config.update("jax_enable_x64", True)

    def put(self, array: Host) -> Any:
        """Return the values as a JAX array."""
        return jnp.asarray(array)

    def about(self) -> dict[str, str]:
        """Return the devices."""
        return {"device": "cpu", "devices": str(len(jax.devices())), "x64": "enabled"}


class CompiledJAX(EagerJAX):
    """All steps of a case traced together, the learning rates too, and compiled."""

    def __init__(self) -> None:
        super().__init__()
        self.compiled: dict[object, Any] = {}

    def walk(self, key: object, walk: Walk, weight: Any, grads: Sequence[Any], state: Any, rates: Any) -> Any:
        """Walk the steps in one compiled function."""
        if key not in self.compiled:
            self.compiled[key] = jax.jit(walk)
        wide = jnp.float64 if weight.dtype == jnp.float64 else jnp.float32
        return self.compiled[key](weight, list(grads), state, [jnp.asarray(rate, dtype=wide) for rate in rates])


class ShardedJAX(EagerJAX):
    """Arrays split over four host devices; their computations follow the data."""

    def __init__(self) -> None:
        super().__init__()
        # Collectives of four devices wait for each other forever where the host has fewer threads than they need.
        os.environ.setdefault("PJRT_NPROC", str(4 * DEVICES))
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        jax.config.update("jax_num_cpu_devices", DEVICES)
        if len(jax.devices()) != DEVICES:
            raise RuntimeError(f"JAX has {len(jax.devices())} devices, not {DEVICES}")
        self.mesh = jax.make_mesh((DEVICES,), ("shard",), devices=np.array(jax.devices()))

    def put(self, array: Host) -> Any:
        """Return the values, split where the first dimension can be divided evenly."""
        even = array.ndim > 0 and array.shape[0] % DEVICES == 0 and array.size > 0
        return jax.device_put(array, NamedSharding(self.mesh, PartitionSpec("shard") if even else PartitionSpec()))
