"""Sum the gradients of several micro-batches before a rule makes a step."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

from .. import errors
from .._arrays import namespace
from .._checks import check_arrays, hyperparameters_of
from .._numbers import kind
from .._types import Array, Rule, State
from .binding import Bound, combined, name_of


class Accumulated(NamedTuple):
    """The state of the rule inside and what has been summed since its last step."""

    inner: State
    grad_sum: Array  # shaped like the weight, in units of the gradient


def accumulated(rule: Rule, count: int, /) -> Bound:
    """Return a rule that makes one step with the mean of every `count` gradients.

    Its step counts micro-batches; the rule inside counts its own steps, from 1. Between two steps the weight stays.

    Raises
    ------
    HyperparameterError
        If `count` is not an integer >= 1.
    """
    where, signature = f"accumulated({name_of(rule)})", inspect.signature(rule.update)
    if not _is_count(count):
        raise errors.HyperparameterError(f"{where}: count is {count!r}, but must be an integer >= 1")

    def init(weight: Array, /) -> Accumulated:
        return Accumulated(rule.init(weight), namespace(weight).zeros_like(weight))

    def update(
        weight: Array, grad: Array, state: Accumulated, step: int, /, **hyperparameters: Any
    ) -> tuple[Array, Accumulated]:
        if not isinstance(state, Accumulated):
            raise errors.StateError(f"{where}: state is a {kind(state)}, not the Accumulated that init returns")
        check_arrays(where, weight=weight, grad=grad, grad_sum=state.grad_sum)
        hyperparameters_of(where, signature, hyperparameters, weight)
        grad_sum = state.grad_sum + grad
        if step % count:
            return weight, Accumulated(state.inner, grad_sum)
        weight, inner = rule.update(weight, grad_sum / count, state.inner, step // count, **hyperparameters)
        return weight, Accumulated(inner, namespace(grad).zeros_like(grad))

    return combined(where, init, update, signature)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
