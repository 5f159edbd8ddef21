"""LANS: LAMB with a normalised gradient and Nesterov's momentum.

Zheng, Lin, Zha and Li, "Accelerated Large Batch Optimization of BERT Pretraining in 54 minutes", 2020,
arXiv:2006.13484, Algorithm 2. For one layer with weight w, gradient g, moments m and s, at step t:

    g̃ = g / ‖g‖
    m ← β₁ m + (1 − β₁) g̃            mean
    s ← β₂ s + (1 − β₂) g̃²           mean square
    q = √(s / (1 − β₂ᵗ)) + ε
    a = (m / (1 − β₁ᵗ)) / q + λ w    the momentum's half
    b = g̃ / q + λ w                  the gradient's half
    w ← w − η φ(‖w‖) (β₁ a / ‖a‖ + (1 − β₁) b / ‖b‖)

    η learning_rate    β₁ beta1    β₂ beta2    ε eps    λ weight_decay    φ as in LAMB

The paper has no rule for a zero norm; here a zero gradient has the direction zero, and a zero weight stays zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from .. import hooks, moments, trust
from .._arrays import namespace, norm
from .._checks import checked, checked_init
from .._types import Array, GradientHook, Number

Unit: TypeAlias = Callable[[Array], Any]
SecondReads: TypeAlias = Callable[[Array, Array], Array]


class State(NamedTuple):
    """What LANS remembers between two steps."""

    mean: Array  # shaped like the weight, without unit: the gradient is normalised
    mean_square: Array  # shaped like the weight, without unit


@checked_init
def init(weight: Array, /) -> State:
    """Return the state before the first step: both moments zero."""
    xp = namespace(weight)
    return State(mean=xp.zeros_like(weight), mean_square=xp.zeros_like(weight))


def old_weight(old: Array, half_way: Array, /) -> Array:
    """Let the gradient's half see the weight before the step: the paper, MXNet's fused kernel."""
    del half_way
    return old


def half_way_weight(old: Array, half_way: Array, /) -> Array:
    """Let the decay of the gradient's half see the weight after the momentum's half: MXNet 2.0.0b1 step()."""
    del old
    return half_way


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
    unit: Unit = trust.unit,
    phi: trust.Phi = trust.clamped,
    zero_norm: trust.ZeroNorm = trust.as_published,
    late_hook: GradientHook = hooks.unchanged,
    second_reads: SecondReads = old_weight,
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
        The bounds of the weight's norm, in units of the weight.
    unit
        How the gradient is normalised, from `lbref.trust`.
    phi, zero_norm
        How the weight's norm is bounded, and what a ratio is where a norm is zero, from `lbref.trust`.
    late_hook
        What happens to the normalised gradient, from `lbref.hooks`.
    second_reads
        Which weight decays in the gradient's half: `old_weight` or `half_way_weight`.

    Raises
    ------
    LbrefError
        One of `lbref.errors`, if the arguments do not fit each other or the formula.
    """
    unit_grad = late_hook(weight, unit(grad))
    mean = moments.mean(state.mean, unit_grad, beta=beta1)
    mean_square = moments.mean_square(state.mean_square, unit_grad, beta=beta2)
    corrected_mean = moments.corrected(mean, beta=beta1, step=step)
    root = namespace(weight).sqrt(moments.corrected(mean_square, beta=beta2, step=step)) + eps
    size = phi(norm(weight), lower=lower_bound, upper=upper_bound)

    def half(share: Number, direction: Array) -> Array:
        norms = trust.against_direction(size, direction)
        return learning_rate * share * zero_norm(norms, trust.quotient(norms)) * direction  # type: ignore[no-any-return]

    half_way = weight - half(beta1, corrected_mean / root + weight_decay * weight)
    decaying = second_reads(weight, half_way)
    return half_way - half(1 - beta1, unit_grad / root + weight_decay * decaying), State(mean, mean_square)
