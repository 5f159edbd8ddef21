"""Numbers that carry their exact value and a bound of the error of a floating-point evaluation.

A `Number` is one node of a formula's expression graph. Its bound E follows the model

    z = op(x, y):    E(z) = P + u (|z| + P) + η

where P is what the errors of x and y do to the exact result, u the unit roundoff and η half the smallest subnormal of
the format in which the formula is computed. A `Scalar` is a hyperparameter: formed in double, rounded once.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import mpmath
from mpmath import mp, mpf

mp.prec = 320  # more than 4 p + 64 bits for p = 53

U64 = mpf(2) ** -53
_EXACT = mpf(0)


class Ambiguous(ArithmeticError):
    """The input sits on a branch of the formula: arithmetic noise would decide it."""


class Format(NamedTuple):
    """A floating-point format in which a formula is computed or a result is stored."""

    name: str
    u: Any  # unit roundoff
    η: Any  # half the smallest subnormal
    largest: Any
    code: str  # of struct, to ask whether a double is representable


def _format(name: str, p: int, e_max: int, code: str) -> Format:
    smallest = mpf(2) ** (3 - e_max - p)
    return Format(name, mpf(2) ** -p, smallest / 2, (2 - mpf(2) ** (1 - p)) * mpf(2) ** (e_max - 1), code)


float16 = _format("float16", 11, 16, "e")
float32 = _format("float32", 24, 128, "f")
float64 = _format("float64", 53, 1024, "d")
doubles = float64._replace(name="doubles", η=mpf(0), largest=mpmath.inf)  # without the ends of the range
FORMATS = {f.name: f for f in (float16, float32, float64, doubles)}


class Setting:
    """In what the formulas are being computed now."""

    format: Format = float64
    repeat: int = 1


@contextlib.contextmanager
def computing_in(name: str, *, repeat: int = 1) -> Iterator[None]:
    """Evaluate formulas as computed in this format, each element standing for `repeat` equal ones."""
    before = Setting.format, Setting.repeat
    Setting.format, Setting.repeat = FORMATS[name], repeat
    try:
        yield
    finally:
        Setting.format, Setting.repeat = before


class Number:
    """An exact value x and a bound e of the error with which it was computed."""

    __slots__ = ("e", "x")

    def __init__(self, x: Any, e: Any = _EXACT) -> None:
        self.x, self.e = x, e

    def __repr__(self) -> str:
        return f"Number({mpmath.nstr(self.x, 17)} ± {mpmath.nstr(self.e, 3)})"

    def __add__(self, other: Operand) -> Number:
        y = number(other)
        return rounded(self.x + y.x, self.e + y.e)

    def __sub__(self, other: Operand) -> Number:
        y = number(other)
        return rounded(self.x - y.x, self.e + y.e)

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Number | Scalar):
            return NotImplemented
        y = number(other)
        if any(mpmath.isinf(a.x) and b.e and abs(b.x) <= 16 * b.e for a, b in ((self, y), (y, self))):
            raise Ambiguous(f"product of {self} and {y}")
        return rounded(self.x * y.x, abs(self.x) * y.e + abs(y.x) * self.e + self.e * y.e)

    def __truediv__(self, other: Operand) -> Number:
        y = number(other)
        if not mpmath.isfinite(self.x) or not mpmath.isfinite(y.x):
            return rounded(self.x / y.x, _EXACT)
        if abs(y.x) <= 16 * y.e:
            raise Ambiguous(f"division of {self} by {y}")
        return rounded(self.x / y.x, (self.e + abs(self.x) * y.e / abs(y.x)) / (abs(y.x) - y.e))

    def __radd__(self, other: Scalar) -> Number:
        return self + other

    def __rmul__(self, other: Scalar) -> Number:
        return self * other

    def __neg__(self) -> Number:
        return Number(-self.x, self.e)

    def is_zero(self) -> bool:
        """Return whether the value is zero; NaN is not."""
        return not self > Scalar(0) and not -self > Scalar(0) and not mpmath.isnan(self.x)

    def __gt__(self, other: Operand) -> bool:
        y = number(other)
        noise = self.e + y.e
        if noise and abs(self.x - y.x) <= 16 * noise:
            raise Ambiguous(f"comparison of {self} with {y}")
        return bool(self.x > y.x)


class Scalar:
    """A hyperparameter, or what follows from hyperparameters alone: in double, with the error of that."""

    __slots__ = ("e", "x")

    def __init__(self, x: Any, e: Any = _EXACT) -> None:
        self.x, self.e = mpf(x), e

    def __add__(self, other: Scalar | int) -> Scalar:
        y = scalar(other)
        return _double(self.x + y.x, self.e + y.e)

    def __sub__(self, other: Scalar | int) -> Scalar:
        y = scalar(other)
        return _double(self.x - y.x, self.e + y.e)

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Scalar | int | float):
            return NotImplemented
        y = scalar(other)
        return _double(self.x * y.x, abs(self.x) * y.e + abs(y.x) * self.e + self.e * y.e)

    def __truediv__(self, other: Scalar | int) -> Scalar:
        y = scalar(other)
        return _double(self.x / y.x, (self.e + abs(self.x) * y.e / abs(y.x)) / (abs(y.x) - y.e))

    def __rsub__(self, other: int) -> Scalar:
        return scalar(other) - self

    def __radd__(self, other: int) -> Scalar:
        return self + other

    def __pow__(self, exponent: float) -> Scalar:
        z = self.x**exponent
        inherited = abs(exponent * self.x ** (exponent - 1)) * self.e if self.e else self.e
        return _double(z, inherited + (mpf(0) if _representable(z, "d") else U64 * abs(z)))

    def __neg__(self) -> Scalar:
        return Scalar(-self.x, self.e)

    def at_least(self, other: Scalar) -> Scalar:
        """Return max(x, other)."""
        return Scalar(max(self.x, other.x), max(self.e, other.e))

    def cosine_of_pi(self) -> Scalar:
        """Return cos(π x), which a library computes from a rounded π x with an error of one unit more."""
        z, slope = mpmath.cos(mpmath.pi * self.x), mpmath.pi * abs(mpmath.sin(mpmath.pi * self.x))
        return _double(z, slope * (self.e + 2 * U64 * abs(self.x)) + U64)


Operand: TypeAlias = "Number | Scalar"


def scalar(value: Scalar | float) -> Scalar:
    """Return a hyperparameter, whose double is exact."""
    return value if isinstance(value, Scalar) else Scalar(value)


def number(value: Operand) -> Number:
    """Return a node; a hyperparameter is rounded once to the format that is computed in."""
    if isinstance(value, Number):
        return value
    f = Setting.format
    if not value.e and _representable(value.x, f.code):
        return Number(value.x)
    return Number(value.x, value.e + f.u * (abs(value.x) + value.e) + f.η)


def _double(z: Any, p: Any) -> Scalar:
    return Scalar(z) if not p and _representable(z, "d") else Scalar(z, p + U64 * (abs(z) + p))


def _representable(x: Any, code: str) -> bool:
    try:
        return bool(struct.unpack(code, struct.pack(code, float(x)))[0] == x)
    except OverflowError:
        return False


def rounded(z: Any, p: Any, f: Format | None = None) -> Number:
    """Return the node with exact value z and inherited error p, rounded once to the format; it may overflow."""
    if not mpmath.isfinite(z):
        return Number(z)
    if not z and not p:
        return Number(z)
    f = f or Setting.format
    e = p + f.u * (abs(z) + p) + f.η
    if abs(z) - e > f.largest:
        return Number(mpmath.sign(z) * mpmath.inf)
    if abs(z) + e > f.largest:
        raise Ambiguous(f"{Number(z, e)} may or may not overflow")
    return Number(z, e)


def stored(x: Number, name: str) -> Number:
    """Return the number rounded once more, to a storage format."""
    return rounded(x.x, x.e, FORMATS[name]) if mpmath.isfinite(x.x) else x


def root(x: Number) -> Number:
    """Return √x."""
    if not mpmath.isfinite(x.x):
        return rounded(mpmath.sqrt(x.x), mpf(0))
    return rounded(mpmath.sqrt(x.x), root_error(x.x, x.e))


def root_error(x: Any, e: Any) -> Any:
    """Return how far √(x ± e) may lie from √x: by the slope, but never further than √e."""
    if not e:
        return e
    slope = mpmath.sqrt(x) + mpmath.sqrt(max(x - e, mpf(0)))
    return min(e / slope, mpmath.sqrt(e)) if slope else mpmath.sqrt(e)


def between(x: Number, low: Operand, high: Operand) -> Number:
    """Return min(max(x, low), high); NaN stays NaN."""
    if mpmath.isnan(x.x):
        return x
    return _smaller(_larger(x, number(low)), number(high))


def _smaller(x: Number, y: Number) -> Number:
    return -_larger(-x, -y)


def _larger(x: Number, y: Number) -> Number:
    """Return max(x, y) with the error of whichever it is, or of both where noise decides."""
    above, below = (x, y) if x.x > y.x else (y, x)
    certain = above.x == mpmath.inf or above.x - above.e > below.x + below.e
    return above if certain else Number(above.x, max(x.e, y.e))


def usable(x: Number) -> bool:
    """Return whether a norm is neither zero nor NaN nor infinite."""
    return x > Scalar(0) and not mpmath.isinf(x.x)
