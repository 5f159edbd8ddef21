"""Trust ratios: how far a layer may move for its size. The only home of "what if a norm is zero".

Two axes along which the world differs, as functions:

- *measure* (weight, grad, weight_decay) -> Norms: what the norm of the weight is compared with.
- *zero_norm* (norms, rate) -> rate: what holds where the quotient means nothing.

and a third for LAMB: *phi*, which bounds the norm of the weight before it is compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from ._arrays import namespace, norm
from ._types import Array, Number


class Norms(NamedTuple):
    """The norms of one layer, each a 0-d array."""

    weight: Any  # ‖w‖, or φ(‖w‖)
    opposing: Any  # the norm of the gradient or of the direction
    denominator: Any  # what the weight's norm is divided by, eps included


Measure: TypeAlias = Callable[..., Norms]
ZeroNorm: TypeAlias = Callable[[Norms, Any], Any]
Phi: TypeAlias = Callable[..., Any]
RateBound: TypeAlias = Callable[..., Any]


# --- measure: what ‖w‖ is compared with ---------------------------------------------------------------------------


def sum_of_norms(weight: Array, grad: Array, /, *, weight_decay: Number, eps: Number = 0.0) -> Norms:
    """Compare with ‖g‖ + β‖w‖ + ε: You et al. 2017 (eq. 6); MXNet, Chainer, MindSpore, timm, Paddle, Apex LARC."""
    weight_norm, grad_norm = norm(weight), norm(grad)
    return Norms(weight_norm, grad_norm, grad_norm + weight_decay * weight_norm + eps)


def joint_norm(weight: Array, grad: Array, /, *, weight_decay: Number, eps: Number = 0.0) -> Norms:
    """Compare with ‖g + βw‖ + ε: optax, SimCLR."""
    joint = norm(grad + weight_decay * weight)
    return Norms(norm(weight), joint, joint + eps)


def norm_of_grad(weight: Array, grad: Array, /, *, weight_decay: Number, eps: Number = 0.0) -> Norms:
    """Compare with ‖g‖ + ε, whatever the decay: You et al. 2017 (eq. 5); pytorch_optimizer 3.9."""
    del weight_decay
    grad_norm = norm(grad)
    return Norms(norm(weight), grad_norm, grad_norm + eps)


def root_of_squares(weight: Array, grad: Array, /, *, weight_decay: Number, eps: Number = 0.0) -> Norms:
    """Compare with √(‖g‖² + β‖w‖² + ε): MXNet's LBSGD, with ε = 1e-18. Written so that no square can overflow."""
    xp = namespace(weight)
    weight_norm, grad_norm = norm(weight), norm(grad)
    decayed = xp.hypot(grad_norm, weight_decay**0.5 * weight_norm)  # type: ignore[operator]
    return Norms(weight_norm, grad_norm, xp.hypot(decayed, eps**0.5 * xp.ones_like(decayed)))  # type: ignore[operator]


def against_direction(weight_norm: Any, direction: Array, /) -> Norms:
    """Compare φ(‖w‖), given, with ‖u‖ of the direction: LAMB and LANS."""
    direction_norm = norm(direction)
    return Norms(weight_norm, direction_norm, direction_norm)


def quotient(norms: Norms, /) -> Any:
    """Return weight norm / denominator; where the denominator is 0, anything finite: `zero_norm` has the last word."""
    xp = namespace(norms.denominator)
    return norms.weight / xp.where(norms.denominator == 0, xp.ones_like(norms.denominator), norms.denominator)


# --- zero_norm: what holds where the quotient means nothing -------------------------------------------------------


def as_published(norms: Norms, rate: Any, /) -> Any:
    """Keep the formula wherever it has a value: a zero weight gets rate 0 and stays where it is.

    Where the denominator is zero too, what the rate multiplies is zero as well, so that every finite rate gives the
    same step; the rate is taken to be 0. The papers state no other rule. MindSpore's kernel, pytorch-lamb.
    """
    xp = namespace(rate)
    return xp.where(norms.denominator == 0, xp.zeros_like(rate), rate)


def one_if_either_vanishes(norms: Norms, rate: Any, /) -> Any:
    """Take 1, without the trust coefficient, where either norm is zero; NaN stays NaN: optax, LAMB of MXNet."""
    xp = namespace(rate)
    vanishes = xp.logical_or(norms.weight == 0, norms.opposing == 0)
    return xp.where(vanishes, xp.ones_like(rate), rate)


def one_unless_both_positive(norms: Norms, rate: Any, /) -> Any:
    """Take 1, without the trust coefficient, unless both norms are > 0, thus also for NaN: MXNet's LARS, timm."""
    xp = namespace(rate)
    positive = xp.logical_and(norms.weight > 0, norms.opposing > 0)
    return xp.where(positive, rate, xp.ones_like(rate))


def one_unless_both_usable(norms: Norms, rate: Any, /) -> Any:
    """Take 1, without the trust coefficient, unless both norms are > 0 and finite: the array code of MXNet 2.0.0b1."""
    xp = namespace(rate)
    usable = xp.logical_and(*(xp.logical_and(x > 0, x < math.inf) for x in (norms.weight, norms.opposing)))
    return xp.where(usable, rate, xp.ones_like(rate))


def one_up_to(threshold: float, /) -> ZeroNorm:
    """Take 1 unless ‖w‖ > threshold; the other norm is not tested: Chainer's GradientLARS, threshold 1e-2."""
    return partial(_one_up_to, threshold)


def _one_up_to(threshold: float, norms: Norms, rate: Any, /) -> Any:
    xp = namespace(rate)
    return xp.where(norms.weight > threshold, rate, xp.ones_like(rate))


def one_always(norms: Norms, rate: Any, /) -> Any:
    """Take 1, without the trust coefficient: a layer that is not adapted, as MXNet's LARS leaves biases and gammas."""
    del norms
    return namespace(rate).ones_like(rate)


# --- whose norm: of a stored copy in place of the weight itself ---------------------------------------------------


def measured_on(copy: Array, measure: Measure, /) -> Measure:
    """Return the measure with the norm of `copy` for ‖w‖: MXNet's LARS takes that of the half-precision weight."""
    return partial(_measured_on, copy, measure)


def _measured_on(copy: Array, measure: Measure, weight: Array, grad: Array, /, **hyperparameters: Any) -> Norms:
    del weight
    return measure(copy, grad, **hyperparameters)


def phi_on(copy: Array, phi: Phi, /) -> Phi:
    """Return φ(‖copy‖) for φ(‖w‖): MXNet's LAMB 1.9.1 in lists and LANS take that of the half-precision weight."""
    return partial(_phi_on, copy, phi)


def _phi_on(copy: Array, phi: Phi, weight_norm: Any, /, **bounds: Any) -> Any:
    del weight_norm
    return phi(norm(copy), **bounds)


# --- phi: the norm of the weight, bounded -------------------------------------------------------------------------


def clamped(weight_norm: Any, /, *, lower: Number = 0.0, upper: Number = math.inf) -> Any:
    """Return min(max(‖w‖, lower), upper): φ of the LAMB paper; with its defaults φ(z) = z."""
    xp = namespace(weight_norm)
    return xp.minimum(xp.maximum(weight_norm, lower), upper)


def raised_to_both(weight_norm: Any, /, *, lower: Number = 0.0, upper: Number = math.inf) -> Any:
    """Return max(max(‖w‖, lower), upper): what MXNet's operator documentation prints for LAMB."""
    xp = namespace(weight_norm)
    return xp.maximum(xp.maximum(weight_norm, lower), upper)


# --- bound: the local rate, bounded -------------------------------------------------------------------------------


def unbounded(rate: Any, /, *, learning_rate: Number) -> Any:
    """Leave the local rate as it is: the papers and most implementations."""
    del learning_rate
    return rate


def at_most_learning_rate(rate: Any, /, *, learning_rate: Number) -> Any:
    """Return min(rate / γ, 1), and 1 for γ = 0: LARC; MindSpore's use_clip as documented."""
    xp = namespace(rate)
    one = xp.ones_like(rate)
    divisor = learning_rate * one
    return xp.where(rate >= divisor, one, rate / xp.where(divisor == 0, one, divisor))


def between_zero_and_learning_rate(rate: Any, /, *, learning_rate: Number) -> Any:
    """Return max(0, min(rate / γ, 1)): MindSpore's use_clip as its kernel computes it."""
    return namespace(rate).maximum(at_most_learning_rate(rate, learning_rate=learning_rate), 0.0)


# --- direction of length one, for LANS ----------------------------------------------------------------------------


def unit(x: Array, /) -> Any:
    """Return x / ‖x‖, and zero for a zero array, which has no direction."""
    xp = namespace(x)
    length = norm(x)
    return x / xp.where(length == 0, xp.ones_like(length), length)


def unit_or_nan(x: Array, /) -> Any:
    """Return x / ‖x‖, and NaN for a zero array: LANS as MXNet 2.0.0b1 releases it."""
    xp = namespace(x)
    length = norm(x)
    return x / xp.where(length == 0, xp.full_like(length, math.nan), length)
