"""LARS. γ rate, m momentum, η trust coefficient, β decay, ε, s rescaling, c clip limit; v velocity."""

from .array import Array, Letters, norm
from .number import Number, Scalar, number, usable

Result = tuple[Array, Letters]

ONE, ZERO = Scalar(1), Scalar(0)


def _inside(w: Array, g: Array, S: Letters, h: Letters, λ: Number) -> Result:
    v = h.m * S.v + h.γ * (λ * (g + h.β * w))
    return w - v, Letters(v=v)


def _local(η: Scalar, W: Number, D: Number) -> Number:
    """η W / D; where D is zero so is what it scales, and any finite value serves."""
    return number(ZERO) if D.is_zero() else η * (W / D)


def published(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    W, G = norm(w), norm(g)
    return _inside(w, g, S, h, _local(h.η, W, G + h.β * W + h.ε))


def equation_5(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    return _inside(w, g, S, h, _local(h.η, norm(w), norm(g) + h.ε))


def _guarded(w: Array, g: Array, h: Letters, η: Scalar, ε: Scalar) -> Number:
    W, G = norm(w), norm(g)
    return η * (W / (G + h.β * W + ε)) if W > ZERO and G > ZERO else number(ONE)


def mxnet(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    r = h.s * g
    return _inside(w, r.within(h.c), S, h, _guarded(w, r, h, h.η, h.ε))


def mxnet2(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    r = h.s * g
    W, G = norm(w), norm(r)
    Λ = h.η * (W / (G + h.β * W + Scalar(1e-8))) if usable(W) and usable(G) else number(ONE)
    return _inside(w, r.within(h.c), S, h, Λ)


def mxnet2_documented(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    r = h.s * g
    return _inside(w, r.within(h.c), S, h, _guarded(w, r, h, ONE, Scalar(1e-8)))


def optax(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    W, U = norm(w), norm(g + h.β * w)
    return _inside(w, g, S, h, number(ONE) if W.is_zero() or U.is_zero() else h.η * (W / (U + h.ε)))


def timm(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    v = h.m * S.v + _guarded(w, g, h, h.η, Scalar(1e-8)) * (g + h.β * w)
    return w - h.γ * v, Letters(v=v)


FORMULAS = {
    "published": published,
    "published-equation-5": equation_5,
    "mxnet-1.9.1": mxnet,
    "mxnet-2.0.0b1": mxnet2,
    "mxnet-2.0.0b1-documented": mxnet2_documented,
    "optax-0.2.8": optax,
    "timm-1.0.31": timm,
}
