"""How a gradient becomes a step: where the learning rate, the decay and the look-ahead go.

Every function here takes the velocity v, the gradient g and the decay d = β w, if it is not yet in g, and
returns the step, which is subtracted from the weight, and the new velocity. γ is the learning rate, m the momentum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from ._types import Array, Number


class Motion(NamedTuple):
    """A step, in units of the weight, and the velocity that is remembered."""

    step: Any
    velocity: Any


Inertia: TypeAlias = Callable[..., Motion]


def rate_inside(
    velocity: Array, grad: Array, decay: Any = 0.0, /, *, learning_rate: Number, momentum: Number
) -> Motion:
    """v ← m v + γ (g + d), step v; the velocity carries the rate: You et al. 2017, MXNet, Chainer, Paddle LARS."""
    velocity = momentum * velocity + learning_rate * (grad + decay)
    return Motion(velocity, velocity)


def rate_outside(
    velocity: Array, grad: Array, decay: Any = 0.0, /, *, learning_rate: Number, momentum: Number
) -> Motion:
    """v ← m v + (g + d), step γ v; Goyal et al. 2017 (eq. 9): torch, timm, MindSpore Momentum, CorrectedMomentumSGD."""
    velocity = momentum * velocity + (grad + decay)
    return Motion(learning_rate * velocity, velocity)


def decay_outside_rate(
    velocity: Array, grad: Array, decay: Any = 0.0, /, *, learning_rate: Number, momentum: Number
) -> Motion:
    """v ← m v + γ g + d, step v; the decay is not multiplied by the rate: MXNet's documentation of LBSGD."""
    velocity = momentum * velocity + learning_rate * grad + decay
    return Motion(velocity, velocity)


def nesterov_rate_inside(
    velocity: Array, grad: Array, decay: Any = 0.0, /, *, learning_rate: Number, momentum: Number
) -> Motion:
    """v ← m v + γ (g + d), step m v + γ (g + d); the look-ahead form: MXNet 2 NAG, Keras, optax lars."""
    rated = learning_rate * (grad + decay)
    velocity = momentum * velocity + rated
    return Motion(momentum * velocity + rated, velocity)


def nesterov_rate_outside(
    velocity: Array, grad: Array, decay: Any = 0.0, /, *, learning_rate: Number, momentum: Number
) -> Motion:
    """v ← m v + (g + d), step γ (m v + g + d): torch, timm, optax sgd, Paddle, MindSpore SGD."""
    decayed_grad = grad + decay
    velocity = momentum * velocity + decayed_grad
    return Motion(learning_rate * (momentum * velocity + decayed_grad), velocity)


def nesterov_decay_in_velocity_only(
    velocity: Array, grad: Array, decay: Any = 0.0, /, *, learning_rate: Number, momentum: Number
) -> Motion:
    """v ← m v + g + d, step γ (m v + g); the direct term lacks the decay: MXNet 1.9.1's documentation of NAG."""
    velocity = momentum * velocity + grad + decay
    return Motion(learning_rate * (momentum * velocity + grad), velocity)


def nesterov_new_velocity_squared(
    velocity: Array, grad: Array, decay: Any = 0.0, /, *, learning_rate: Number, momentum: Number
) -> Motion:
    """v ← m v + γ (g + d), step m² v + (1 + m) γ (g + d) with the new v: Chainer 7.8.1 NesterovAG."""
    rated = learning_rate * (grad + decay)
    velocity = momentum * velocity + rated
    return Motion(momentum * momentum * velocity + (1 + momentum) * rated, velocity)


def nesterov_old_velocity_squared(
    velocity: Array, grad: Array, decay: Any = 0.0, /, *, learning_rate: Number, momentum: Number
) -> Motion:
    """v ← m v + γ (g + d), step m² v + (1 + m) γ (g + d) with the old v: Bengio et al. 2012, arXiv:1212.0901."""
    rated = learning_rate * (grad + decay)
    step = momentum * momentum * velocity + (1 + momentum) * rated
    return Motion(step, momentum * velocity + rated)
