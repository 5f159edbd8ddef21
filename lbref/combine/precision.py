"""Keep the weight in half precision and compute in float32."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

from .. import errors
from .._arrays import namespace
from .._checks import check_same, check_stored
from .._numbers import kind
from .._types import Array, Rule, State
from .binding import Bound, combined, name_of


class WithMaster(NamedTuple):
    """The state of the rule inside and the weight that it moves."""

    inner: State
    master: Array  # the weight in float32


def with_master_weight(rule: Rule, /) -> Bound:
    """Return a rule for weights in half precision (or any other dtype), which moves a float32 copy of them.

    The gradient is widened to float32, the norms are those of the master weight, and the weight that is returned is
    the master rounded once to the dtype of the weight. The weight that is passed in is not read: the state has it.
    """
    where = f"with_master_weight({name_of(rule)})"

    def init(weight: Array, /) -> WithMaster:
        check_stored(where, weight=weight)
        xp = namespace(weight)
        master = xp.astype(weight, xp.float32, copy=True)
        return WithMaster(rule.init(master), master)

    def update(
        weight: Array, grad: Array, state: WithMaster, step: int, /, **hyperparameters: Any
    ) -> tuple[Array, WithMaster]:
        if not isinstance(state, WithMaster):
            raise errors.StateError(f"{where}: state is a {kind(state)}, not the WithMaster that init returns")
        check_stored(where, weight=weight, grad=grad)
        for name, array in (("weight", weight), ("grad", grad)):
            check_same(where, "master", state.master, name, array, may_differ_in=("has dtype",))
        xp = namespace(weight)
        wide_grad = xp.astype(grad, xp.float32)
        master, inner = rule.update(state.master, wide_grad, state.inner, step, **hyperparameters)
        return xp.astype(master, weight.dtype), WithMaster(inner, master)

    return combined(where, init, update, inspect.signature(rule.update))
