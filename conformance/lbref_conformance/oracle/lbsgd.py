"""LBSGD. γ rate, m momentum, β decay, s rescaling, c clip limit; B micro-batches a step, N of warmup, from n0.

v is the velocity, a the sum of the gradients.
"""

from collections.abc import Callable
from typing import Any

from .array import Array, Letters, array, norm
from .number import Number, Scalar, between, computing_in, root, rounded

Result = tuple[Array, Letters]


def _nothing(w: Array) -> Array:
    return array([0.0] * len(w.numbers))


def _rising(n: int, h: Letters, shape: Callable[[Scalar], Scalar]) -> Scalar:
    if n >= h.N:
        return Scalar(h.B)
    return Scalar(1) + Scalar(h.B - 1) * shape(Scalar(n) / h.N) if h.N > 1 else Scalar(1)


def _by_norms(w: Array, g: Array, h: Letters) -> Number:
    W, G = norm(w), norm(g)
    with computing_in("doubles"):  # the release takes this root of Python floats
        W2, G2 = W * W, G * G
        r = root(W2 / (G2 + h.β * W2 + Scalar(1e-18)))
    return between(rounded(r.x, r.e), Scalar(0.01), Scalar(100))


def _released(multiplier: Callable[[Array, Array, int, Letters], Any]) -> Callable[..., Result]:
    def step(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
        n, a = h.n0 + t, S.a + g
        if n % h.B:
            return w - Scalar(0) * g, Letters(v=S.v, a=a)
        ḡ = a / Scalar(h.B)
        v = h.m * S.v + (h.γ * multiplier(w, ḡ, n, h)) * ((h.s * ḡ).within(h.c) + h.β * w)
        return w - v, Letters(v=v, a=_nothing(w))

    return step


def documented(t: int, w: Array, g: Array, S: Letters, h: Letters) -> Result:
    n, a = h.n0 + t, S.a + g
    if n % h.B:
        return w, Letters(v=S.v, a=a)
    v = h.m * S.v + (h.γ * _rising(n, h, lambda x: x)) * (h.s * (a / Scalar(h.B)).within(h.c)) + h.β * w
    return w - v, Letters(v=v, a=_nothing(w))


FORMULAS = {
    "mxnet-1.9.1-linear": _released(lambda w, g, n, h: _rising(n, h, lambda x: x)),
    "mxnet-1.9.1-power2": _released(lambda w, g, n, h: _rising(n, h, lambda x: x * x)),
    "mxnet-1.9.1-sqrt": _released(lambda w, g, n, h: _rising(n, h, lambda x: x**0.5)),
    "mxnet-1.9.1-lars": _released(lambda w, g, n, h: _by_norms(w, g, h)),
    "mxnet-1.9.1-documented": documented,
}
