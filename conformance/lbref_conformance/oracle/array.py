"""Arrays of numbers, their norm, and the letters of a formula."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mpmath
from mpmath import mpf

from .number import U64, Number, Operand, Scalar, Setting, between, number, root, root_error, rounded


class Array:
    """Numbers element by element."""

    __slots__ = ("numbers",)

    def __init__(self, numbers: list[Number]) -> None:
        self.numbers = numbers

    def __add__(self, other: Array) -> Array:
        return Array([x + y for x, y in zip(self.numbers, other.numbers, strict=True)])

    def __sub__(self, other: Array) -> Array:
        return Array([x - y for x, y in zip(self.numbers, other.numbers, strict=True)])

    def __mul__(self, other: Array | Operand) -> Array:
        return Array([x * y for x, y in self._with(other)])

    def __truediv__(self, other: Array | Operand) -> Array:
        return Array([x / y for x, y in self._with(other)])

    def __rmul__(self, other: Operand) -> Array:
        return self * number(other)

    def plus(self, ε: Operand) -> Array:
        """Return x + ε for every element x."""
        return Array([x + y for x, y in self._with(ε)])

    def root(self) -> Array:
        """Return √x for every element x."""
        return Array([root(x) for x in self.numbers])

    def within(self, c: Scalar) -> Array:
        """Return min(max(x, −c), c) for every element x."""
        return Array([between(x, -c, c) for x in self.numbers])

    def _with(self, other: Array | Operand) -> Iterator[tuple[Number, Number]]:
        if isinstance(other, Array):
            return zip(self.numbers, other.numbers, strict=True)
        y = number(other)
        return ((x, y) for x in self.numbers)


def array(values: list[float]) -> Array:
    """Return the inputs of a formula, which are exact."""
    return Array([Number(mpf(value)) for value in values])


def norm(x: Array) -> Number:
    """Return ‖x‖, as if summed in double and rounded once, each element standing for its repetitions."""
    return _norm(x, Setting.repeat)


def norm_of_norms(norms: list[Number]) -> Number:
    """Return the norm of all layers together."""
    return _norm(Array(norms), 1)


def _norm(x: Array, r: int) -> Number:
    values = [n.x for n in x.numbers]
    if any(mpmath.isnan(value) for value in values):
        return Number(mpmath.nan)
    if any(mpmath.isinf(value) for value in values):
        return Number(mpmath.inf)
    n = r * len(values)
    S = r * mpmath.fsum(value * value for value in values)
    inherited = r * mpmath.fsum(2 * abs(v.x) * v.e + v.e * v.e for v in x.numbers)
    E = inherited + (min(n, 512 + n.bit_length()) + 1) * U64 * S
    if not S and not E:
        return Number(mpf(0))
    z = mpmath.sqrt(S)
    return rounded(z, root_error(S, E) + 2 * U64 * z)


class Letters:
    """The letters of a formula: hyperparameters, or what is remembered between two steps."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def __getattr__(self, letter: str) -> Any:  # only for letters that were not given
        raise AttributeError(f"the formula uses {letter}, which was not given")
