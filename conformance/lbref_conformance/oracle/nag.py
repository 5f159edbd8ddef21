"""NAG. γ rate, m momentum, β decay, s rescaling, c clip limit; v velocity."""

from .array import Array, Letters

Result = tuple[Array, Letters]


def published(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    v = h.m * S.v + h.γ * (g + h.β * w)
    return w - (h.m * v + h.γ * (g + h.β * w)), Letters(v=v)


def torch(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    d = g + h.β * w
    v = h.m * S.v + d
    return w - h.γ * (d + h.m * v), Letters(v=v)


def mxnet1(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    k = (h.s * g).within(h.c)
    x, _ = published(t, w, k, S, h)
    return x, Letters(v=h.m * S.v + h.γ * (k + h.β * x))


def mxnet1_documented(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    k = (h.s * g).within(h.c)
    v = h.m * S.v + k + h.β * w
    return w - h.γ * (k + h.m * v), Letters(v=v)


def mxnet2(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    return published(t, w, (h.s * g).within(h.c), S, h)


def chainer(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    d = h.γ * (g + h.β * w)
    v = h.m * S.v + d
    return w - (h.m**2 * v + (1 + h.m) * d), Letters(v=v)


def chainer_documented(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    d = h.γ * (g + h.β * w)
    return w - (h.m**2 * S.v + (1 + h.m) * d), Letters(v=h.m * S.v + d)


FORMULAS = {
    "published": published,
    "torch-2.13.0": torch,
    "mxnet-1.9.1": mxnet1,
    "mxnet-1.9.1-documented": mxnet1_documented,
    "mxnet-2.0.0b1": mxnet2,
    "chainer-7.8.1": chainer,
    "chainer-7.8.1-documented": chainer_documented,
}
