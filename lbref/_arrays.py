"""The array library of an array, and the norm: the only importer of array_api_compat."""

from __future__ import annotations

from typing import Any, NamedTuple

import array_api_compat

from ._types import Array


class _Range(NamedTuple):
    """How a sum of squares is kept from overflow and underflow: scale by a power of two, which is exact."""

    large: float  # a sum of magnitudes above it: the squares may overflow
    shrink: float
    small: float  # a sum of magnitudes below it: the squares may vanish
    grow: float


# For up to 2**24 elements in float32 no square of the largest element leaves the normal numbers, and wherever a sum
# still overflows the norm itself does; in float64 there is room to spare.
_RANGES = {
    32: _Range(large=2.0**40, shrink=2.0**-70, small=2.0**-30, grow=2.0**90),
    64: _Range(large=2.0**400, shrink=2.0**-600, small=2.0**-400, grow=2.0**600),
}


def namespace(*arrays: Array) -> Any:
    """Return the array API namespace that all the arrays belong to.

    Raises
    ------
    TypeError
        If one of them is no array, or if they belong to different libraries.
    """
    return array_api_compat.array_namespace(*arrays)


def device(array: Array) -> Any:
    """Return the device on which the array lies, or the set of them: how it is split over them is its own affair."""
    placed = array_api_compat.device(array)
    return getattr(placed, "device_set", placed)


def widest_float(xp: Any, array: Array) -> Any:
    """Return float64 where the library has it on the array's device, else the array's own dtype."""
    return xp.__array_namespace_info__().dtypes(kind="real floating").get("float64", array.dtype)


def norm(x: Array, /) -> Any:
    """Return the Euclidean norm of all elements.

    As if summed in float64 and rounded once to the dtype of `x`; where the library has no float64, scaled and
    summed in its own dtype. It neither overflows nor vanishes where the result is representable and nonzero.

    Parameters
    ----------
    x
        Array of any shape, float32 or float64.

    Returns
    -------
    Array
        0-d, with the dtype of `x`; 0 for an empty array; NaN if an element is NaN, else inf if one is infinite.
    """
    xp = namespace(x)
    wide = xp.astype(x, widest_float(xp, x))
    bounds = _RANGES[xp.finfo(wide.dtype).bits]
    magnitude = xp.sum(xp.abs(wide))  # not the maximum, which an empty array or an empty shard does not have
    shrink = xp.where(magnitude > bounds.large, bounds.shrink, xp.ones_like(magnitude))
    scale = xp.where(magnitude < bounds.small, bounds.grow, shrink)
    scaled = wide * scale
    return xp.astype(xp.sqrt(xp.sum(scaled * scaled)) / scale, x.dtype)
