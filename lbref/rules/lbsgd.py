"""LBSGD: MXNet's large-batch SGD, with gradient accumulation and a multiplier of the learning rate.

MXNet 1.9.1, python/mxnet/optimizer/optimizer.py, class LBSGD; there is no paper. For one layer with weight w, velocity
v and the sum a of the gradients g of B micro-batches; n counts micro-batches, from begin_epoch · updates_per_epoch:

    a ← a + g
    if B divides n:
        ḡ = a / B
        v ← m v + γ r (ḡ + β w)      velocity; it carries the learning rate
        w ← w − v
        a ← 0

    γ learning_rate    m momentum    β weight_decay    B batch_scale
    r multiplier: of the warmup at n, or √(‖w‖² / (‖ḡ‖² + β ‖w‖² + 1e-18)) within [0.01, 100]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from .. import hooks, trust, warmup
from .. import inertia as _inertia
from .._arrays import namespace
from .._checks import checked, checked_init
from .._types import Array, GradientHook, Number

Strategy: TypeAlias = Callable[..., Any]
Waiting: TypeAlias = Callable[[Array, Array], Array]


class State(NamedTuple):
    """What LBSGD remembers between two micro-batches."""

    velocity: Array  # shaped like the weight, in units of the weight
    grad_sum: Array  # shaped like the weight, in units of the gradient


@checked_init
def init(weight: Array, /) -> State:
    """Return the state before the first micro-batch: at rest, nothing accumulated."""
    xp = namespace(weight)
    return State(velocity=xp.zeros_like(weight), grad_sum=xp.zeros_like(weight))


# --- warmup_strategy: (weight, mean gradient, count, ...) -> multiplier -------------------------------------------


def linear(weight: Array, grad: Array, count: int, /, *, updates: int, batch_scale: int, weight_decay: Number) -> float:
    """Return the multiplier of `lbref.warmup.lbsgd_linear`."""
    del weight, grad, weight_decay
    return warmup.lbsgd_linear(count, updates=updates, batch_scale=batch_scale)


def power2(weight: Array, grad: Array, count: int, /, *, updates: int, batch_scale: int, weight_decay: Number) -> float:
    """Return the multiplier of `lbref.warmup.lbsgd_power2`."""
    del weight, grad, weight_decay
    return warmup.lbsgd_power2(count, updates=updates, batch_scale=batch_scale)


def sqrt(weight: Array, grad: Array, count: int, /, *, updates: int, batch_scale: int, weight_decay: Number) -> float:
    """Return the multiplier of `lbref.warmup.lbsgd_sqrt`."""
    del weight, grad, weight_decay
    return warmup.lbsgd_sqrt(count, updates=updates, batch_scale=batch_scale)


def lars(weight: Array, grad: Array, count: int, /, *, updates: int, batch_scale: int, weight_decay: Number) -> Any:
    """Return √(‖w‖² / (‖ḡ‖² + β ‖w‖² + 1e-18)) within [0.01, 100]; the count plays no part, and NaN stays NaN."""
    del count, updates, batch_scale
    norms = trust.root_of_squares(weight, grad, weight_decay=weight_decay, eps=1e-18)
    return namespace(weight).clip(trust.quotient(norms), 0.01, 100.0)


# --- while_waiting: what a micro-batch does to the weight before the last one is in -------------------------------


def rest(weight: Array, grad: Array, /) -> Array:
    """Leave the weight as it is."""
    del grad
    return weight


def step_at_rate_zero(weight: Array, grad: Array, /) -> Array:
    """Return w − 0 g, so that a NaN or an infinity poisons the weight at once: MXNet 1.9.1."""
    return weight - 0.0 * grad  # type: ignore[no-any-return]


@checked(State)
def update(
    weight: Array,
    grad: Array,
    state: State,
    step: int,
    /,
    *,
    learning_rate: Number,
    momentum: Number = 0.0,
    weight_decay: Number = 0.0,
    batch_scale: int = 1,
    warmup_epochs: int = 5,
    updates_per_epoch: int = 32,
    begin_epoch: int = 0,
    warmup_strategy: Strategy = linear,
    while_waiting: Waiting = rest,
    late_hook: GradientHook = hooks.unchanged,
    inertia: _inertia.Inertia = _inertia.rate_inside,
) -> tuple[Array, State]:
    """Return the weight and the state after one micro-batch; the arguments are left unchanged.

    Parameters
    ----------
    weight, grad
        Arrays of one shape and dtype, float32 or float64.
    state
        The state that `init` or the micro-batch before returned.
    step
        The count of this micro-batch, from 1.
    learning_rate, momentum, weight_decay
        γ, m and β of the formula, each a number >= 0 or a 0-d array.
    batch_scale
        B: how many micro-batches make one step, and the multiplier at which the warmup ends.
    warmup_epochs, updates_per_epoch
        Their product N is the length of the warmup, in micro-batches.
    begin_epoch
        The epoch at which the count starts; the count begins at begin_epoch · updates_per_epoch. If B does not divide
        that, the first step comes early and is still divided by B.
    warmup_strategy
        Where the multiplier comes from: `linear`, `power2`, `sqrt` or `lars`.
    while_waiting
        What a micro-batch does to the weight before the last one is in: `rest` or `step_at_rate_zero`.
    late_hook
        What happens to the mean gradient after its norm was taken, from `lbref.hooks`.
    inertia
        Where the learning rate and the decay go, from `lbref.inertia`.

    Raises
    ------
    LbrefError
        One of `lbref.errors`, if the arguments do not fit each other or the formula.
    """
    count = begin_epoch * updates_per_epoch + step
    grad_sum = state.grad_sum + grad
    if count % batch_scale:
        return while_waiting(weight, grad), State(state.velocity, grad_sum)
    mean_grad = grad_sum / batch_scale
    updates = warmup_epochs * updates_per_epoch
    multiplier = warmup_strategy(
        weight, mean_grad, count, updates=updates, batch_scale=batch_scale, weight_decay=weight_decay
    )
    late_grad = late_hook(weight, mean_grad)
    motion = inertia(
        state.velocity, late_grad, weight_decay * weight, learning_rate=learning_rate * multiplier, momentum=momentum
    )
    return weight - motion.step, State(motion.velocity, namespace(grad).zeros_like(grad))
