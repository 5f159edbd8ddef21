"""Return what is to be added to a weight in place of the new weight, as optax has it."""

from __future__ import annotations

import inspect
from typing import Any

from .._types import Array, Rule, State
from .binding import Bound, combined, name_of


def as_difference(rule: Rule, /) -> Bound:
    """Return the rule with ``new weight − weight`` in place of the new weight.

    The sum of weight and difference, rounded once each, is the new weight exactly where the two weights have one sign
    and differ by no more than a factor of 2 (Sterbenz), and within one ulp of the larger of them everywhere else.
    Where the weight is in half precision, so is the difference.
    """

    def update(weight: Array, grad: Array, state: State, step: int, /, **hyperparameters: Any) -> tuple[Array, State]:
        moved, state = rule.update(weight, grad, state, step, **hyperparameters)
        return moved - weight, state

    return combined(f"as_difference({name_of(rule)})", rule.init, update, inspect.signature(rule.update))
