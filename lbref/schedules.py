"""Learning-rate schedules that the seed systems' `lr_scheduler` accepts. Plain floats, no arrays.

Each is a function of the count of updates, as MXNet 1.9.1 and 2.0.0b1 release it (python/mxnet/lr_scheduler.py) when
it is asked for counts that never fall. *clock* is the axis along which its documentation differs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from . import errors
from ._numbers import checked_schedule
from ._types import Schedule

Clock: TypeAlias = Callable[[int], int]


def completed(update: int, /) -> int:
    """Return n − 1: a change due at m shows at m + 1. MXNet as released."""
    return max(update - 1, 0)


def current(update: int, /) -> int:
    """Return n: a change due at m shows at m. MXNet as documented."""
    return update


@checked_schedule
def factor(
    update: int,
    /,
    *,
    learning_rate: float,
    period: int,
    factor: float,
    floor: float = 1e-8,
    clock: Clock = completed,
) -> float:
    """Return γ fᵏ with k = ⌊clock(n) / period⌋, not below `floor` once it has fallen: FactorScheduler.

    The clock runs during a warmup too.

    Parameters
    ----------
    update
        n, the count of updates.
    learning_rate
        γ, the rate before the first change.
    period
        MXNet's `step`: updates between two changes, >= 1.
    factor
        f, by which the rate is multiplied at each change.
    floor
        MXNet's `stop_factor_lr`.
    clock
        `completed` as released, `current` as documented.
    """
    changes = clock(update) // period
    return max(learning_rate * factor**changes, floor) if changes else float(learning_rate)


@checked_schedule
def multi_factor(
    update: int,
    /,
    *,
    learning_rate: float,
    milestones: tuple[int, ...],
    factor: float,
    clock: Clock = completed,
) -> float:
    """Return γ fᵏ with k = how many milestones clock(n) has reached: MultiFactorScheduler, its `step` list."""
    return learning_rate * factor ** sum(milestone <= clock(update) for milestone in milestones)


@checked_schedule
def polynomial(
    update: int,
    /,
    *,
    learning_rate: float,
    updates: int,
    power: float = 2.0,
    final_learning_rate: float = 0.0,
    warmup_updates: int = 0,
) -> float:
    """Return γ_T + (γ − γ_T) (1 − (n − W) / (T − W))ᵖ, and γ_T from n = T on: PolyScheduler.

    Parameters
    ----------
    update
        n, the count of updates, from W on.
    learning_rate, final_learning_rate
        γ at n = W, and γ_T at n = T.
    updates
        T, MXNet's `max_update`.
    power
        p, MXNet's `pwr`.
    warmup_updates
        W, the length of the warmup that came before.
    """
    left = 1.0 - _progress("polynomial", update, updates, warmup_updates)
    return final_learning_rate + (learning_rate - final_learning_rate) * math.pow(left, power)


@checked_schedule
def cosine(
    update: int,
    /,
    *,
    learning_rate: float,
    updates: int,
    final_learning_rate: float = 0.0,
    warmup_updates: int = 0,
) -> float:
    """Return γ_T + (γ − γ_T) (1 + cos(π (n − W) / (T − W))) / 2, and γ_T from n = T on: CosineScheduler.

    Parameters as `polynomial`.
    """
    done = _progress("cosine", update, updates, warmup_updates)
    return final_learning_rate + (learning_rate - final_learning_rate) * (1.0 + math.cos(math.pi * done)) / 2


def _progress(name: str, update: int, updates: int, warmup_updates: int) -> float:
    """Return how much of the way from W to T is done, at most 1."""
    if not warmup_updates < updates or update < warmup_updates:
        raise errors.HyperparameterError(
            f"schedules.{name}: asked at update {update}, with warmup_updates {warmup_updates} and updates {updates}; "
            f"warmup_updates must be less than updates, and at most the update that is asked for"
        )
    return min(1.0, (update - warmup_updates) / (updates - warmup_updates))


def zero_after(decay: Schedule, /, *, updates: int) -> Schedule:
    """Return a schedule that is 0 after T: what MXNet's documentation says of PolyScheduler and CosineScheduler."""
    return lambda update: decay(update) if update <= updates else 0.0


def warmed(rise: Schedule, decay: Schedule, /, *, updates: int) -> Schedule:
    """Return a schedule that follows `rise` for n < updates and `decay` from then on: every MXNet scheduler."""
    return lambda update: rise(update) if update < updates else decay(update)


def from_zero(schedule: Schedule, /) -> Schedule:
    """Return a schedule whose clock starts at 0 for a step count that starts at 1: MXNet's LBSGD, optax, Chainer."""
    return lambda step: schedule(step - 1)


def corrected_momentum(momentum: float, learning_rate: Schedule, /) -> Schedule:
    """Return m γ(t) / γ(t − 1), which keeps a velocity that carries the rate in proportion to it.

    Goyal et al. 2017, arXiv:1706.02677, equation 10 with its correction; MXNet 1.9.1's LARS (momentum_correction).
    At the first step, and after a rate of 0, it is m.
    """

    def corrected(step: int) -> float:
        before = learning_rate(step - 1) if step > 1 else 0.0
        return momentum * (learning_rate(step) / before) if before else momentum

    return corrected
