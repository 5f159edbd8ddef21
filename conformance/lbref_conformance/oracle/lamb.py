"""LAMB. η rate, a and b the betas, ε, λ decay, p and q the bounds of φ, s rescaling, c clip limit; m, v moments."""

from .array import Array, Letters, norm
from .number import Number, Scalar, between, number, usable

Result = tuple[Array, Letters]

ZERO, INFINITY = Scalar(0), Scalar("inf")


def _moments(g: Array, S: Letters, h: Letters) -> Letters:
    return Letters(m=h.a * S.m + (1 - h.a) * g, v=h.b * S.v + (1 - h.b) * (g * g))


def _corrected(t: int, w: Array, M: Letters, h: Letters) -> Array:
    return (M.m / (1 - h.a**t)) / (M.v / (1 - h.b**t)).root().plus(h.ε) + h.λ * w


def _uncorrected(w: Array, M: Letters, h: Letters) -> Array:
    return M.m / M.v.root().plus(h.ε) + h.λ * w


def _plain(w: Array, u: Array, h: Letters, Φ: Number) -> Array:
    U = norm(u)
    return w if U.is_zero() else w - (h.η * (Φ / U)) * u


def _one_for_zero(w: Array, u: Array, h: Letters, Φ: Number) -> Array:
    return w - h.η * u if Φ.is_zero() or norm(u).is_zero() else _plain(w, u, h, Φ)


def published(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    M = _moments(g, S, h)
    return _plain(w, _corrected(t, w, M, h), h, between(norm(w), h.p, h.q)), M


def uncorrected(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    M = _moments(g, S, h)
    return _plain(w, _uncorrected(w, M, h), h, between(norm(w), h.p, h.q)), M


def optax(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    M = _moments(g, S, h)
    return _one_for_zero(w, _corrected(t, w, M, h), h, between(norm(w), h.p, h.q)), M


def mxnet(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    return optax(t, w, (h.s * g).within(h.c), S, h)


def mxnet_uncorrected(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    M = _moments((h.s * g).within(h.c), S, h)
    return _one_for_zero(w, _uncorrected(w, M, h), h, between(norm(w), h.p, h.q)), M


def mxnet_documented(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    M = _moments((h.s * g).within(h.c), S, h)
    Φ = between(between(norm(w), h.p, INFINITY), h.q, INFINITY)
    return _one_for_zero(w, _corrected(t, w, M, h), h, Φ), M


def mxnet2_step(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    M = _moments((h.s * g).within(h.c), S, h)
    u = _corrected(t, w, M, h)
    Φ, U = between(norm(w), h.p, h.q), norm(u)
    return w - (h.η * (Φ / U if usable(Φ) and usable(U) else number(Scalar(1)))) * u, M


def mxnet2_single(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    return mxnet(2 * t, w, g, S, h)


FORMULAS = {
    "published": published,
    "published-uncorrected": uncorrected,
    "mxnet-1.9.1": mxnet,
    "mxnet-1.9.1-uncorrected": mxnet_uncorrected,
    "mxnet-1.9.1-documented": mxnet_documented,
    "mxnet-2.0.0b1-step": mxnet2_step,
    "mxnet-2.0.0b1-single": mxnet2_single,
    "optax-0.2.8": optax,
}
