"""Schedules, exactly. n the count, γ the rate, z the rate at the end, f the factor, T the end, W the warmup."""

from typing import Any

from mpmath import cos, mpf, pi


def factor(n: int, *, γ: Any, s: int, f: Any, floor: Any) -> Any:
    rate = mpf(γ)
    boundary = 0
    while n > boundary + s:  # the release walks; it never goes back
        boundary += s
        rate = max(rate * mpf(f), mpf(floor))
    return rate


def factor_documented(n: int, *, γ: Any, s: int, f: Any, floor: Any) -> Any:
    k = n // s
    return max(mpf(γ) * mpf(f) ** k, mpf(floor)) if k else mpf(γ)


def multi_factor(n: int, *, γ: Any, S: tuple[int, ...], f: Any) -> Any:
    return mpf(γ) * mpf(f) ** len([s for s in S if n > s])


def multi_factor_documented(n: int, *, γ: Any, S: tuple[int, ...], f: Any) -> Any:
    return mpf(γ) * mpf(f) ** len([s for s in S if n >= s])


def poly(n: int, *, γ: Any, z: Any, T: int, W: int, p: Any) -> Any:
    if n >= T:
        return mpf(z)
    return mpf(z) + (mpf(γ) - mpf(z)) * (1 - mpf(n - W) / (T - W)) ** mpf(p)


def cosine(n: int, *, γ: Any, z: Any, T: int, W: int) -> Any:
    if n >= T:
        return mpf(z)
    return mpf(z) + (mpf(γ) - mpf(z)) * (1 + cos(pi * mpf(n - W) / (T - W))) / 2


FORMULAS = {
    "mxnet-factor": factor,
    "mxnet-factor-documented": factor_documented,
    "mxnet-multi-factor": multi_factor,
    "mxnet-multi-factor-documented": multi_factor_documented,
    "mxnet-poly": poly,
    "mxnet-cosine": cosine,
}
