"""Gradient hooks. s rescaling, c clip limit, β decay, M the largest norm of all gradients together."""

from .array import Array, Letters, norm, norm_of_norms
from .number import Scalar, between

ONE, INFINITY = Scalar(1), Scalar("inf")


def rescale(w: Array, g: Array, h: Letters) -> Array:
    return h.s * g


def clip(w: Array, g: Array, h: Letters) -> Array:
    return g.within(h.c)


def decay(w: Array, g: Array, h: Letters) -> Array:
    return g + h.β * w


def clip_global_norm(layers: list[Array], h: Letters) -> list[Array]:
    G = norm_of_norms([norm(layer) for layer in layers])
    excess = between(G / h.M, ONE, INFINITY)
    return [layer / excess for layer in layers]


FORMULAS = {"rescale": rescale, "clip": clip, "decay": decay}
MODEL_FORMULAS = {"clip-global-norm": clip_global_norm}
