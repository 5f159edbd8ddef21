"""LARS as a transformation of the gradient. α rate, η coefficient, β decay."""

from .array import Array, Letters, norm
from .number import Number, Scalar, between, number

ZERO, ONE = Scalar(0), Scalar(1)


def _clip_rate(w: Array, g: Array, h: Letters, η: Scalar, ε: Scalar) -> Number:
    W = norm(w)
    D = norm(g) + h.β * W + ε
    return number(ZERO) if D.is_zero() else η * (W / D)


def chainer(w: Array, g: Array, h: Letters) -> Array:
    r = _clip_rate(w, g, h, ONE, Scalar(1e-9)) if norm(w) > Scalar(1e-2) else number(ONE)
    return r * (g + h.β * w)


def chainer_documented(w: Array, g: Array, h: Letters) -> Array:
    return _clip_rate(w, g, h, ONE, ZERO) * (g + h.β * w)


def mindspore(w: Array, g: Array, h: Letters) -> Array:
    return _clip_rate(w, g, h, h.η, Scalar(1e-5)) * (g + h.β * w)


def mindspore_documented(w: Array, g: Array, h: Letters) -> Array:
    return _clip_rate(w, g, h, h.η, ZERO) * (g + h.β * w)


def mindspore_clip(w: Array, g: Array, h: Letters) -> Array:
    return between(_clip_rate(w, g, h, h.η, Scalar(1e-5)) / h.α, ZERO, ONE) * (g + h.β * w)


def mindspore_clip_documented(w: Array, g: Array, h: Letters) -> Array:
    return between(_clip_rate(w, g, h, h.η, ZERO) / h.α, Scalar("-inf"), ONE) * (g + h.β * w)


FORMULAS = {
    "chainer-7.8.1": chainer,
    "chainer-7.8.1-documented": chainer_documented,
    "mindspore-2.10.0": mindspore,
    "mindspore-2.10.0-documented": mindspore_documented,
    "mindspore-2.10.0-clip": mindspore_clip,
    "mindspore-2.10.0-clip-documented": mindspore_clip_documented,
}
