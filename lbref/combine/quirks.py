"""What released packages do around a formula, and no formula says."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .._types import Array, Number, Rule, State
from .binding import Bound


def restepped(rule: Rule, count: Callable[[int], int], /) -> Bound:
    """Return the rule with another count of its steps: MXNet 2.0.0b1's LAMB alone in a list counts 2, 4, 6."""

    def update(weight: Array, grad: Array, state: State, step: int, /, **hyperparameters: Any) -> tuple[Array, State]:
        return rule.update(weight, grad, state, count(step), **hyperparameters)

    update.__signature__ = inspect.signature(rule.update)  # type: ignore[attr-defined]
    return Bound(rule.init, update)


def decay_reads_new_weight(rule: Rule, /) -> Bound:
    """Return the rule with γ β w in the remembered velocity taken at the new weight, as after writing in place.

    For a rule whose velocity carries the rate: MXNet 1.9.1's NAG, whose kernel writes the weight before the velocity.
    """

    def update(
        weight: Array,
        grad: Array,
        state: State,
        step: int,
        /,
        *,
        learning_rate: Number,
        weight_decay: Number = 0.0,
        **hyperparameters: Any,
    ) -> tuple[Array, State]:
        new_weight, new_state = rule.update(
            weight, grad, state, step, learning_rate=learning_rate, weight_decay=weight_decay, **hyperparameters
        )
        difference = learning_rate * (weight_decay * (new_weight - weight))
        return new_weight, new_state._replace(velocity=new_state.velocity + difference)

    update.__signature__ = inspect.signature(rule.update)  # type: ignore[attr-defined]
    return Bound(rule.init, update)
