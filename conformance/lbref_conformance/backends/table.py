"""Backends as data: what each needs and can do, and where it is known to fall short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, Flag, auto
from fnmatch import fnmatchcase
from types import MappingProxyType


class Tag(Flag):
    """What distinguishes one backend from another."""

    GPU = auto()
    HALF = auto()  # has float16
    EXACT = auto()  # one IEEE operation for each in the formula: equal bit for bit to the others


class Backend(Enum):
    """Where a rule is run."""

    NUMPY = "numpy"
    NUMPY_READONLY = "numpy:readonly"
    ARRAY_API_STRICT = "array-api-strict"
    TORCH_CPU = "torch:cpu"
    TORCH_DTENSOR = "torch:dtensor"
    JAX = "jax"
    JAX_JIT = "jax:jit"
    JAX_SHARDED = "jax:sharded"
    DASK = "dask"
    CUPY = "cupy"
    TORCH_CUDA = "torch:cuda"


@dataclass(frozen=True)
class Capabilities:
    """What a backend needs, and what it can do."""

    engine: str  # the class in this package, as module:Class
    packages: tuple[str, ...]  # what must be importable, by import name; also what the report gives versions of
    tags: Tag


TABLE: Mapping[Backend, Capabilities] = MappingProxyType(
    {
        Backend.NUMPY: Capabilities("numpy:NumPy", ("numpy",), Tag.HALF | Tag.EXACT),
        Backend.NUMPY_READONLY: Capabilities("numpy:ReadOnlyNumPy", ("numpy",), Tag.HALF | Tag.EXACT),
        Backend.ARRAY_API_STRICT: Capabilities("strict:Strict", ("array_api_strict",), Tag.EXACT),
        Backend.TORCH_CPU: Capabilities("torch:TorchCPU", ("torch",), Tag.HALF | Tag.EXACT),
        Backend.TORCH_DTENSOR: Capabilities("dtensor:DTensors", ("torch",), Tag.HALF),
        Backend.JAX: Capabilities("jax:EagerJAX", ("jax", "jaxlib"), Tag.HALF | Tag.EXACT),
        Backend.JAX_JIT: Capabilities("jax:CompiledJAX", ("jax", "jaxlib"), Tag.HALF),
        Backend.JAX_SHARDED: Capabilities("jax:ShardedJAX", ("jax", "jaxlib"), Tag.HALF),
        Backend.DASK: Capabilities("dask:Dask", ("dask",), Tag.HALF),
        Backend.CUPY: Capabilities("cupy:CuPy", ("cupy",), Tag.HALF | Tag.GPU),
        Backend.TORCH_CUDA: Capabilities("torch:TorchCUDA", ("torch",), Tag.HALF | Tag.GPU),
    }
)


@dataclass(frozen=True)
class Gap:
    """Cases in which a backend is known to fall short. Strict: a case that passes after all is an error."""

    backends: frozenset[Backend]
    cases: tuple[str, ...]  # globs over case ids
    reason: str
    link: str


_XLA_CPU = frozenset({Backend.JAX, Backend.JAX_JIT, Backend.JAX_SHARDED})

GAPS: tuple[Gap, ...] = (
    Gap(
        _XLA_CPU,
        # An epsilon that dwarfs the norms hides it: MindSpore's two released dialects are not here.
        ("[!g]*/subnormal/*", "gradient-lars@chainer*/subnormal/*", "gradient-lars@*-documented/subnormal/*"),
        "XLA on the CPU reads and writes subnormal numbers as zero, so a weight of them has norm zero",
        "https://github.com/jax-ml/jax/issues/26658",
    ),
)


def known_gap(backend: Backend, case_id: str) -> Gap | None:
    """Return the gap that a case falls into on a backend, if any."""
    return next((gap for gap in GAPS if backend in gap.backends and _covers(gap, case_id)), None)


def _covers(gap: Gap, case_id: str) -> bool:
    return any(fnmatchcase(case_id, pattern) for pattern in gap.cases)
