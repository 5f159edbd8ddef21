"""LAMB: layer-wise adaptive moments for batch training.

You, Li, Reddi, Hseu, Kumar, Bhojanapalli, Song, Demmel, Keutzer and Hsieh, "Large Batch Optimization for Deep
Learning: Training BERT in 76 minutes", ICLR 2020, arXiv:1904.00962v5, Algorithm 2. For one layer with weight w,
gradient g, moments m and s, at step t:

    m ← β₁ m + (1 − β₁) g            mean
    s ← β₂ s + (1 − β₂) g²           mean square
    u = (m / (1 − β₁ᵗ)) / (√(s / (1 − β₂ᵗ)) + ε) + λ w
    w ← w − η φ(‖w‖) / ‖u‖ u         φ(z) = min(max(z, γ_l), γ_u)

    η learning_rate    β₁ beta1    β₂ beta2    ε eps    λ weight_decay    γ_l lower_bound    γ_u upper_bound

The paper has no rule for a zero norm: by the formula, a zero weight stays zero.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from .. import moments, trust
from .._arrays import namespace, norm
from .._checks import checked, checked_init
from .._types import Array, Number


class State(NamedTuple):
    """What LAMB remembers between two steps."""

    mean: Array  # shaped like the weight, in units of the gradient
    mean_square: Array  # shaped like the weight, in units of the gradient squared


@checked_init
def init(weight: Array, /) -> State:
    """Return the state before the first step: both moments zero."""
    xp = namespace(weight)
    return State(mean=xp.zeros_like(weight), mean_square=xp.zeros_like(weight))


@checked(State)
def update(
    weight: Array,
    grad: Array,
    state: State,
    step: int,
    /,
    *,
    learning_rate: Number,
    beta1: Number = 0.9,
    beta2: Number = 0.999,
    eps: Number = 1e-6,
    weight_decay: Number = 0.0,
    lower_bound: Number = 0.0,
    upper_bound: Number = math.inf,
    bias_correction: moments.BiasCorrection = moments.corrected,
    phi: trust.Phi = trust.clamped,
    zero_norm: trust.ZeroNorm = trust.as_published,
) -> tuple[Array, State]:
    """Return the weight and the state after one step; the arguments are left unchanged.

    Parameters
    ----------
    weight, grad
        Arrays of one shape and dtype, float32 or float64.
    state
        The state that `init` or the step before returned.
    step
        t of the formula, from 1.
    learning_rate, beta1, beta2, eps, weight_decay
        η, β₁, β₂, ε and λ of the formula, each a number or a 0-d array; the betas in [0, 1), the others >= 0.
    lower_bound, upper_bound
        γ_l and γ_u: the bounds of the weight's norm (not of the ratio), in units of the weight.
    bias_correction
        Whether and how the moments are corrected, from `lbref.moments`.
    phi
        How the weight's norm is bounded, from `lbref.trust`.
    zero_norm
        What the ratio is where a norm is zero, from `lbref.trust`.

    Raises
    ------
    LbrefError
        One of `lbref.errors`, if the arguments do not fit each other or the formula.
    """
    mean = moments.mean(state.mean, grad, beta=beta1)
    mean_square = moments.mean_square(state.mean_square, grad, beta=beta2)
    corrected_mean = bias_correction(mean, beta=beta1, step=step)
    root = namespace(weight).sqrt(bias_correction(mean_square, beta=beta2, step=step))
    direction = corrected_mean / (root + eps) + weight_decay * weight
    norms = trust.against_direction(phi(norm(weight), lower=lower_bound, upper=upper_bound), direction)
    ratio = zero_norm(norms, trust.quotient(norms))
    return weight - learning_rate * ratio * direction, State(mean, mean_square)
