"""SGD with momentum: stochastic gradient descent with a velocity.

Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep learning", ICML 2013,
equations 1 and 2, with the decay in the gradient. For one layer with weight w, gradient g and velocity v:

    v ← m v + γ (g + β w)            velocity; it carries the learning rate
    w ← w − v

    γ learning_rate    m momentum    β weight_decay
"""

from __future__ import annotations

from typing import NamedTuple

from .. import inertia as _inertia
from .._arrays import namespace
from .._checks import checked, checked_init
from .._types import Array, Number


class State(NamedTuple):
    """What SGD remembers between two steps."""

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
    weight_decay: Number = 0.0,
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
    learning_rate, momentum, weight_decay
        γ, m and β of the formula, each a number >= 0 or a 0-d array.
    inertia
        Where the learning rate and the decay go, from `lbref.inertia`.

    Raises
    ------
    LbrefError
        One of `lbref.errors`, if the arguments do not fit each other or the formula.
    """
    del step
    motion = inertia(state.velocity, grad, weight_decay * weight, learning_rate=learning_rate, momentum=momentum)
    return weight - motion.step, State(motion.velocity)
