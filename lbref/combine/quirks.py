"""What released packages do around a formula, and no formula says."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from .. import errors
from .._checks import like
from .._numbers import is_array, kind, plain_number
from .._types import Array, Rule, State
from .binding import Bound, combined, name_of, value_of


def restepped(rule: Rule, count: Callable[[int], int], /) -> Bound:
    """Return the rule with another count of its steps: MXNet 2.0.0b1's LAMB alone in a list counts 2, 4, 6."""

    def update(weight: Array, grad: Array, state: State, step: int, /, **hyperparameters: Any) -> tuple[Array, State]:
        return rule.update(weight, grad, state, count(step), **hyperparameters)

    return combined(f"restepped({name_of(rule)})", rule.init, update, inspect.signature(rule.update))


def decay_reads_new_weight(rule: Rule, /) -> Bound:
    """Return the rule with γ β w in the remembered velocity taken at the new weight, as after writing in place.

    For a rule whose velocity carries the rate: MXNet 1.9.1's NAG, whose kernel writes the weight before the velocity.
    """
    where, signature = f"decay_reads_new_weight({name_of(rule)})", inspect.signature(rule.update)

    def update(weight: Array, grad: Array, state: State, step: int, /, **hyperparameters: Any) -> tuple[Array, State]:
        new_weight, new_state = rule.update(weight, grad, state, step, **hyperparameters)
        if not hasattr(new_state, "velocity"):
            raise errors.StateError(f"{where}: the state has no velocity, which carries the decay")
        read = partial(value_of, given=hyperparameters, signature=signature, step=step)
        found = {**read("learning_rate"), **read("weight_decay")}
        rate, decay = (like(where, name, plain_number(where, name, value), weight) for name, value in found.items())
        difference = rate * (decay * (new_weight - weight))
        return new_weight, new_state._replace(velocity=new_state.velocity + difference)

    return combined(where, rule.init, update, signature)


def velocity_negated(rule: Rule, /) -> Bound:
    """Return the rule with −v in its state: MXNet and Chainer remember what is added to the weight.

    A change of sign is exact, and at rest there is none to change.
    """
    where = f"velocity_negated({name_of(rule)})"

    def update(weight: Array, grad: Array, state: State, step: int, /, **hyperparameters: Any) -> tuple[Array, State]:
        weight, state = rule.update(weight, grad, _negated(where, state), step, **hyperparameters)
        return weight, _negated(where, state)

    return combined(where, rule.init, update, inspect.signature(rule.update))


def _negated(where: str, state: State) -> State:
    if not is_array(getattr(state, "velocity", None)):
        raise errors.StateError(f"{where}: state is a {kind(state)}, which has no velocity")
    return state._replace(velocity=-state.velocity)
