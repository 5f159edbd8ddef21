"""The array library of an array, and the norm: the only importer of array_api_compat."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import array_api_compat
import numpy as np

from ._types import Array, Number


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


def is_writable(array: Array) -> bool:
    """Return whether the array can be written to in place, as far as its library tells.

    Not if several of its elements are one place in memory, as in a tensor of torch that was expanded.
    """
    stride_of = getattr(array, "stride", tuple)
    repeated = any(stride == 0 and size > 1 for stride, size in zip(stride_of(), array.shape, strict=False))
    return bool(array_api_compat.is_writeable_array(array)) and (not repeated or 0 in array.shape)


def on_host(array: Array) -> Any:
    """Return the array's values as a NumPy array, copied from wherever it lies."""
    away = array_api_compat.is_torch_array(array) or array_api_compat.is_cupy_array(array)  # all others NumPy fetches
    return np.asarray(array_api_compat.to_device(array, "cpu") if away else array).copy()


def bits_on_host(array: Array) -> Any:
    """Return the bits of an array of 16-bit numbers as NumPy's uint16: for bfloat16, which NumPy does not have."""
    return on_host(array.view(namespace(array).uint16))  # type: ignore[attr-defined]


def from_bits(bits: Array, dtype: str) -> Any:
    """Return what `bits_on_host` took the bits of, from an array of them in a library that has the dtype."""
    return bits.view(getattr(namespace(bits), dtype))  # type: ignore[attr-defined]


def from_host(values: Any, like: Array) -> Any:
    """Return a copy of a NumPy array in the library and on the device of another array."""
    return namespace(like).asarray(values, device=array_api_compat.device(like), copy=True)


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


def complement_of_power(base: Number, exponent: Any, /, like: Array) -> Any:
    """Return 1 − baseⁿ: of plain numbers in double precision, of traced ones without cancellation.

    Parameters
    ----------
    base, exponent
        A number in [0, 1) and an integer n >= 1; either may be a 0-d array, as a traced step is.
    like
        The array that the result will multiply. With an array among the numbers, its library computes: in float64
        where it has that, else in the dtype of `like`.

    Returns
    -------
    Number
        A plain number, or a 0-d array of the dtype of `like`.
    """
    traced_base, traced_exponent = map(array_api_compat.is_array_api_obj, (base, exponent))
    if not traced_base and not traced_exponent:
        return 1 - base**exponent
    xp = namespace(like)
    wide = widest_float(xp, like)
    base = xp.astype(base, wide) if traced_base else base
    exponent = xp.astype(exponent, wide) if traced_exponent else exponent
    return xp.astype((_of_traced_base if traced_base else _of_plain_base)(xp, base, exponent), like.dtype)


_HALF = 0.5  # from here on 1 − baseⁿ would cancel, and −expm1(n log base) does not; below there could be a log of 0


def _of_plain_base(xp: Any, base: Any, exponent: Any) -> Any:
    return 1 - base**exponent if base < _HALF else -xp.expm1(exponent * math.log(base))


def _of_traced_base(xp: Any, base: Any, exponent: Any) -> Any:
    raised = xp.maximum(base, _HALF / 2)  # not to 1/2 itself, where the maximum would halve the derivative
    return xp.where(base < _HALF, 1 - base**exponent, -xp.expm1(exponent * xp.log(raised)))
