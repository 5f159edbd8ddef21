"""How far a step that was computed elsewhere may be from a recorded one: a few roundings of what it is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np


def largest(*arrays: Any) -> float:
    """Return the largest magnitude of all elements of all arrays."""
    return max(
        (float(np.max(np.abs(np.asarray(array, dtype=np.float64)), initial=0.0)) for array in arrays), default=0.0
    )


def excess(got: Any, recorded: Any, *, scale: float, operations: int, roundings: int = 2) -> float:
    """Return how many times the allowed distance the farthest element is away: at most 1 where all is well.

    Allowed is half an ulp for each of the `roundings` of a number of the element's own size, on both sides together,
    and an ulp of `scale` for each of the `operations` that made its change.

    Parameters
    ----------
    got, recorded
        Arrays of one shape and dtype; NaN must stand where NaN stands, and infinities too.
    scale
        The largest of the numbers that the change is made of, in the unit of the array.
    operations, roundings
        Counts.
    """
    got, recorded = np.asarray(got), np.asarray(recorded)
    assert (got.dtype, got.shape) == (recorded.dtype, recorded.shape), (got.dtype, got.shape)  # noqa: S101
    wide, expected = got.astype(np.float64), recorded.astype(np.float64)
    if not np.array_equal(np.isfinite(wide), np.isfinite(expected)):
        return np.inf
    eps = float(np.finfo(got.dtype).eps)
    least = float(np.finfo(got.dtype).smallest_subnormal)
    allowed = eps * (roundings / 2 * np.abs(expected) + operations * scale) + least
    finite = np.isfinite(expected)
    same = bool(np.array_equal(wide[~finite], expected[~finite], equal_nan=True))
    return float(np.max(np.abs(wide - expected)[finite] / allowed[finite], initial=0.0)) if same else np.inf


def overwrite(live: Iterable[Any], recorded: Iterable[Any]) -> None:
    """Write recorded values into arrays, so that the next step is judged alone."""
    for array, values in zip(live, recorded, strict=True):
        array[...] = values
