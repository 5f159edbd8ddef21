"""Warmup rules. n the count, N the length, B or k the factor at the end, a the begin, z the end."""

from collections.abc import Callable
from typing import Any

from .array import Letters
from .number import Scalar

ONE = Scalar(1)


def _rise(n: int, h: Letters, shape: Callable[[Scalar], Scalar]) -> Any:
    if n >= h.N:
        return h.B
    return ONE + (h.B - 1) * shape(Scalar(n) / h.N) if h.N > 1 else ONE


def lbsgd_linear(n: int, h: Letters) -> Any:
    return _rise(n, h, lambda x: x)


def lbsgd_power2(n: int, h: Letters) -> Any:
    return _rise(n, h, lambda x: x * x)


def lbsgd_sqrt(n: int, h: Letters) -> Any:
    return _rise(n, h, lambda x: x**0.5)


def lbsgd_none(n: int, h: Letters) -> Any:
    return h.B if n >= h.N else ONE


def goyal_2017(n: int, h: Letters) -> Any:
    return h.k if n >= h.N else ONE + (h.k - 1) * Scalar(n) / h.N


def linear(n: int, h: Letters) -> Any:
    return h.z if n >= h.N else h.a + (h.z - h.a) * Scalar(n) / h.N


def constant(n: int, h: Letters) -> Any:
    return h.z if n >= h.N else h.a


FORMULAS = {
    "lbsgd-linear": lbsgd_linear,
    "lbsgd-power2": lbsgd_power2,
    "lbsgd-sqrt": lbsgd_sqrt,
    "lbsgd-none": lbsgd_none,
    "goyal-2017": goyal_2017,
    "mxnet-linear": linear,
    "mxnet-constant": constant,
    "chainer-7.8.1": linear,
}
