"""LARS: layer-wise adaptive rate scaling.

You, Gitman and Ginsburg, "Large Batch Training of Convolutional Networks", 2017, arXiv:1708.03888, Algorithm 1 and
equation 6. For one layer with weight w, gradient g and velocity v:

    λ = η ‖w‖ / (‖g‖ + β ‖w‖)        local rate
    v ← m v + γ λ (g + β w)          velocity; it carries the learning rate
    w ← w − v

    γ learning_rate    m momentum    η trust_coefficient    β weight_decay

The paper has no ε (the default is 0) and no rule for a zero norm: by the formula, a zero weight stays zero.
"""

from __future__ import annotations

from typing import NamedTuple

from .. import hooks, trust
from .. import inertia as _inertia
from .._arrays import namespace
from .._checks import checked, checked_init
from .._types import Array, GradientHook, Number


class State(NamedTuple):
    """What LARS remembers between two steps."""

    velocity: Array  # shaped like the weight, in units of the weight


@checked_init
def init(weight: Array, /) -> State:
    """Return the state before the first step: at rest."""
    return State(velocity=namespace(weight).zeros_like(weight))


@checked(State)
def update(
    weight: Array,
    grad: Array,
    state: State,
    step: int,
    /,
    *,
    learning_rate: Number,
    momentum: Number = 0.9,
    trust_coefficient: Number = 0.001,
    weight_decay: Number = 0.0,
    eps: Number = 0.0,
    measure: trust.Measure = trust.sum_of_norms,
    zero_norm: trust.ZeroNorm = trust.as_published,
    late_hook: GradientHook = hooks.unchanged,
    inertia: _inertia.Inertia = _inertia.rate_inside,
) -> tuple[Array, State]:
    """Return the weight and the state after one step; the arguments are left unchanged.

    Parameters
    ----------
    weight, grad
        Arrays of one shape and dtype, float32 or float64.
    state
        The state that `init` or the step before returned.
    step
        The count of this step, from 1; the formula is the same at every step.
    learning_rate, momentum, trust_coefficient, weight_decay
        γ, m, η and β of the formula, each a number >= 0 or a 0-d array.
    eps
        Added to the denominator of the local rate, in units of the gradient's norm.
    measure
        What the norm of the weight is compared with, from `lbref.trust`.
    zero_norm
        What the local rate is where a norm is zero, from `lbref.trust`.
    late_hook
        What happens to the gradient after its norm was taken, from `lbref.hooks`.
    inertia
        Where the learning rate goes, from `lbref.inertia`.

    Raises
    ------
    LbrefError
        One of `lbref.errors`, if the arguments do not fit each other or the formula.
    """
    del step
    norms = measure(weight, grad, weight_decay=weight_decay, eps=eps)
    local_rate = zero_norm(norms, trust_coefficient * trust.quotient(norms))
    decayed_grad = late_hook(weight, grad) + weight_decay * weight
    motion = inertia(state.velocity, local_rate * decayed_grad, learning_rate=learning_rate, momentum=momentum)
    return weight - motion.step, State(motion.velocity)
