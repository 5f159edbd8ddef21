"""Schedules. n the count, γ the rate, z the rate at the end, f the factor, s its period, T the end, W the warmup."""

from typing import Any

from .array import Letters
from .number import Scalar

ONE = Scalar(1)


def factor(n: int, h: Letters) -> Any:
    rate, boundary = h.γ, 0
    while n > boundary + h.s:  # the release walks from change to change and never goes back
        boundary += h.s
        rate = (rate * h.f).at_least(h.floor)
    return rate


def factor_documented(n: int, h: Letters) -> Any:
    k = n // h.s
    return (h.γ * h.f**k).at_least(h.floor) if k else h.γ


def multi_factor(n: int, h: Letters) -> Any:
    return h.γ * h.f ** len([due for due in h.S if n > due])


def multi_factor_documented(n: int, h: Letters) -> Any:
    return h.γ * h.f ** len([due for due in h.S if n >= due])


def poly(n: int, h: Letters) -> Any:
    if n >= h.T:
        return h.z
    return h.z + (h.γ - h.z) * (ONE - Scalar(n - h.W) / (h.T - h.W)) ** h.p


def cosine(n: int, h: Letters) -> Any:
    if n >= h.T:
        return h.z
    return h.z + (h.γ - h.z) * (ONE + (Scalar(n - h.W) / (h.T - h.W)).cosine_of_pi()) / 2


def warmed(n: int, rise: Any, decay: Any, N: int) -> Any:
    return rise(n) if n < N else decay(n)


def zero_after(n: int, decay: Any, T: int) -> Any:
    return Scalar(0) if n > T else decay(n)


def corrected_momentum(t: int, m: Scalar, γ: list[Scalar]) -> Any:
    """m γ(t) / γ(t − 1), which is m at the first step and after a rate of zero."""
    return m if t == 1 or not γ[t - 1].x else m * (γ[t] / γ[t - 1])


FORMULAS = {
    "mxnet-factor": factor,
    "mxnet-factor-documented": factor_documented,
    "mxnet-multi-factor": multi_factor,
    "mxnet-multi-factor-documented": multi_factor_documented,
    "mxnet-poly": poly,
    "mxnet-cosine": cosine,
}
