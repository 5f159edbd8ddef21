"""Where backends that run one IEEE operation for each in the formula differ in the last bit all the same, and why.

A difference that no row explains fails the run. Rows are not strict: some of the causes depend on the processor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ..runner import Result
from .table import TABLE, Backend, Tag


@dataclass(frozen=True)
class Looser:
    """Cases in which a backend need not equal NumPy bit for bit; the bounds hold there as everywhere."""

    backend: Backend
    cases: tuple[str, ...]  # globs over case ids
    reason: str
    link: str


_NORMS_IN_DOUBLE = ("lars@*/float64", "gradient-lars@*/float64", "lbsgd@*-lars/*/float64", "la[mn][bs]@*/float64")
_SUMS = "in float64 the last bit of a sum of squares depends on the order in which the library adds"

LOOSER: tuple[Looser, ...] = (
    Looser(
        Backend.TORCH_CPU,
        ("lamb@*", "lans@*"),
        "the square root of a contiguous tensor comes from MKL's vector functions, which may miss by one unit",
        "https://github.com/pytorch/pytorch/issues/31250",
    ),
    Looser(
        Backend.TORCH_CPU,
        _NORMS_IN_DOUBLE,
        _SUMS,
        "https://docs.pytorch.org/docs/stable/notes/numerical_accuracy.html",
    ),
    Looser(
        Backend.JAX,
        ("lans@*", "hook@clip-global-norm/*", "lbsgd@*/from-rest/*", "lbsgd@*/million/*"),
        "XLA divides an array by a scalar that is no power of two through the scalar's reciprocal",
        "https://github.com/tensorflow/tensorflow/issues/24061",
    ),
    Looser(
        Backend.JAX,
        _NORMS_IN_DOUBLE,
        _SUMS,
        "https://docs.jax.dev/en/latest/notebooks/Common_Gotchas_in_JAX.html",
    ),
    Looser(
        Backend.JAX,
        ("lbsgd@*-lars/*",),
        "hypot is another composition of operations than the C library's",
        "https://github.com/jax-ml/jax/blob/main/jax/_src/numpy/ufuncs.py",
    ),
    Looser(
        Backend.JAX,
        ("gradient-lars@mindspore-*/subnormal/*",),
        "XLA on the CPU writes subnormal numbers as zero; the case passes because epsilon dwarfs them",
        "https://github.com/jax-ml/jax/issues/26658",
    ),
)


def unequal(results: Mapping[Backend, Mapping[str, Result]]) -> Iterator[tuple[Backend, str, Looser | None]]:
    """Yield every case in which an exact backend differs from NumPy in a bit, with the row that explains it."""
    reference = results.get(Backend.NUMPY, {})
    for backend, by_id in results.items():
        if Tag.EXACT not in TABLE[backend].tags:
            continue
        for case_id, result in by_id.items():
            one = reference.get(case_id)
            if one and one.bits and result.status == "pass" and result.bits not in ("", one.bits):
                yield backend, case_id, _explanation(backend, case_id)


def _explanation(backend: Backend, case_id: str) -> Looser | None:
    rows = (row for row in LOOSER if row.backend is backend)
    return next((row for row in rows if any(fnmatchcase(case_id, glob) for glob in row.cases)), None)
