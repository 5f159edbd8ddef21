"""LANS. η rate, a and b the betas, ε, λ decay, p and q the bounds of φ, s rescaling, c clip limit; m, v moments."""

from collections.abc import Callable

import mpmath

from .array import Array, Letters, norm
from .number import Number, Scalar, between, number, usable

Result = tuple[Array, Letters]
Half = Callable[[Letters, Scalar, Number, Array], Array]


def _unit(g: Array) -> Array:
    G = norm(g)
    return g if G.is_zero() else g / G


def _unit_or_nan(g: Array) -> Array:
    return Array([Number(mpmath.nan) for _ in g.numbers]) if norm(g).is_zero() else _unit(g)


def _moments(g: Array, S: Letters, h: Letters) -> Letters:
    return Letters(m=h.a * S.m + (1 - h.a) * g, v=h.b * S.v + (1 - h.b) * (g * g))


def _root(t: int, M: Letters, h: Letters) -> Array:
    return (M.v / (1 - h.b**t)).root().plus(h.ε)


def _half(h: Letters, share: Scalar, Φ: Number, d: Array) -> Array:
    D = norm(d)
    return d if D.is_zero() else ((h.η * share) * (Φ / D)) * d


def _half_one_for_zero(h: Letters, share: Scalar, Φ: Number, d: Array) -> Array:
    return (h.η * share) * d if Φ.is_zero() or norm(d).is_zero() else _half(h, share, Φ, d)


def _half_one_unless_usable(h: Letters, share: Scalar, Φ: Number, d: Array) -> Array:
    D = norm(d)
    return ((h.η * share) * (Φ / D if usable(Φ) and usable(D) else number(Scalar(1)))) * d


def published(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    r = _unit(g)
    M = _moments(r, S, h)
    Q, Φ = _root(t, M, h), between(norm(w), h.p, h.q)
    first = _half(h, h.a, Φ, M.m / (1 - h.a**t) / Q + h.λ * w)
    return w - first - _half(h, 1 - h.a, Φ, r / Q + h.λ * w), M


def _mxnet(t: int, w: Array, g: Array, S: Letters, h: Letters, half: Half) -> tuple[Array, Array, Array, Letters]:
    r = _unit_or_nan(h.s * g).within(h.c)
    M = _moments(r, S, h)
    Q = _root(t, M, h)
    first = half(h, h.a, between(norm(w), h.p, h.q), M.m / (1 - h.a**t) / Q + h.λ * w)
    return w - first, r, Q, M


def mxnet(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    x, r, Q, M = _mxnet(t, w, g, S, h, _half_one_for_zero)
    return x - _half_one_for_zero(h, 1 - h.a, between(norm(w), h.p, h.q), r / Q + h.λ * w), M


def mxnet_step(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    x, r, Q, M = _mxnet(t, w, g, S, h, _half_one_unless_usable)
    return x - _half_one_unless_usable(h, 1 - h.a, between(norm(w), h.p, h.q), r / Q + h.λ * x), M


FORMULAS = {"published": published, "mxnet-2.0.0b1": mxnet, "mxnet-2.0.0b1-step": mxnet_step}
