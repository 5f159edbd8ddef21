"""Warmup rules, exactly. n or t the count, N the length, B or k the factor at the end, a the begin, z the end."""

from typing import Any

from mpmath import mpf, sqrt


def _rise(n: int, N: int, B: Any, shape: Any) -> Any:
    if n >= N:
        return mpf(B)
    return 1 + (mpf(B) - 1) * shape(mpf(n) / N) if N > 1 else mpf(1)


def lbsgd_linear(n: int, *, N: int, B: Any) -> Any:
    return _rise(n, N, B, lambda x: x)


def lbsgd_power2(n: int, *, N: int, B: Any) -> Any:
    return _rise(n, N, B, lambda x: x * x)


def lbsgd_sqrt(n: int, *, N: int, B: Any) -> Any:
    return _rise(n, N, B, sqrt)


def lbsgd_none(n: int, *, N: int, B: Any) -> Any:
    return mpf(B) if n >= N else mpf(1)


def goyal_2017(t: int, *, N: int, k: Any) -> Any:
    return mpf(k) if t >= N else 1 + (mpf(k) - 1) * t / N


def linear(n: int, *, N: int, a: Any, z: Any) -> Any:
    return mpf(z) if n >= N else mpf(a) + (mpf(z) - mpf(a)) * n / N


def constant(n: int, *, N: int, a: Any, z: Any) -> Any:
    return mpf(z) if n >= N else mpf(a)


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
