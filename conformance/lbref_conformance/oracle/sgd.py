"""SGD with momentum. γ rate, m momentum, β decay, s rescaling, c clip limit; v velocity."""

from .array import Array, Letters
from .number import Scalar

Result = tuple[Array, Letters]

ZERO = Scalar(0)


def published(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    v = h.m * S.v + h.γ * (g + h.β * w)
    return w - v, Letters(v=v)


def goyal_2017(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    u = h.m * S.v + (g + h.β * w)
    return w - h.γ * u, Letters(v=u)


def mxnet(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    return published(t, w, (h.s * g).within(h.c), S, h)


def mxnet_documented(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    return published(t, w, h.s * g.within(h.c), S, h)


def mxnet2_documented(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    decay_already_clipped = Letters(**vars(h) | {"β": ZERO})
    return published(t, w, (h.s * g + h.β * w).within(h.c), S, decay_already_clipped)


FORMULAS = {
    "published": published,
    "goyal-2017": goyal_2017,
    "mxnet-1.9.1": mxnet,
    "mxnet-1.9.1-documented": mxnet_documented,
    "mxnet-2.0.0b1-documented": mxnet2_documented,
}
