"""Keep the weight in half precision and compute in float32."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from .. import errors
from .._arrays import namespace
from .._checks import check_same, check_stored
from .._numbers import kind
from .._types import Array, Rule, State
from .binding import Bound, combined, name_of

CopyReader: TypeAlias = Callable[[Array], Mapping[str, Any]]


class WithMaster(NamedTuple):
    """The state of the rule inside and the weight that it moves."""

    inner: State
    master: Array  # the weight in float32


def _ignored(copy: Array, /) -> Mapping[str, Any]:
    del copy
    return {}


def with_master_weight(rule: Rule, /, *, copy_reader: CopyReader = _ignored) -> Bound:
    """Return a rule for weights in half precision (or any other dtype), which moves a float32 copy of them.

    The gradient is widened to float32, the norms are those of the master weight, and the weight that is returned is
    the master rounded once to the dtype of the weight. The weight that is passed in is not read: the state has it.

    Parameters
    ----------
    rule
        Any rule.
    copy_reader
        A function of the weight that is passed in, widened, which returns axes of the rule that depend on it: for
        releases that take norms of the half-precision copy (`lbref.trust.measured_on`, `lbref.trust.phi_on`).
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
        axes = copy_reader(xp.astype(weight, xp.float32))
        master, inner = rule.update(state.master, wide_grad, state.inner, step, **axes, **hyperparameters)
        return xp.astype(master, weight.dtype), WithMaster(inner, master)

    return combined(where, init, update, inspect.signature(rule.update))


def in_stored_precision(rule: Rule, /) -> Bound:
    """Return a rule for weights of any real floating dtype, whose weight and state are rounded to it at every step.

    It computes in float32, or in float64 for weights in float64; a state array keeps the dtype that it has. Halves
    lose small updates this way: it is what frameworks do without a master weight.
    """
    where = f"in_stored_precision({name_of(rule)})"

    def init(weight: Array, /) -> State:
        check_stored(where, weight=weight)
        state = rule.init(_widened(weight, weight))
        return _like(state, [weight] * len(state))

    def update(weight: Array, grad: Array, state: State, step: int, /, **hyperparameters: Any) -> tuple[Array, State]:
        if not (isinstance(state, tuple) and hasattr(state, "_fields")):
            raise errors.StateError(f"{where}: state is a {kind(state)}, not the State that init returns")
        check_stored(where, weight=weight, grad=grad, **state._asdict())  # type: ignore[attr-defined]
        check_same(where, "weight", weight, "grad", grad)
        for name, array in state._asdict().items():  # type: ignore[attr-defined]
            check_same(where, "weight", weight, name, array, may_differ_in=("has dtype",))
        wide = type(state)(*(_widened(array, weight) for array in state))
        moved, wide = rule.update(_widened(weight, weight), _widened(grad, weight), wide, step, **hyperparameters)
        return namespace(weight).astype(moved, weight.dtype, copy=False), _like(wide, state)

    return combined(where, init, update, inspect.signature(rule.update))


def hook_in_stored_precision(hook: Callable[..., Any], /) -> Callable[..., Any]:
    """Return a gradient hook for arrays of any real floating dtype, to which its gradient is rounded once.

    It computes in float32, or in float64 for float64: a norm of halves does not overflow inside. Its hyperparameters
    are those of the hook.
    """
    where = "hook_in_stored_precision"

    def asked(weight: Array, grad: Array, /, **hyperparameters: Any) -> Any:
        check_stored(where, weight=weight, grad=grad)
        check_same(where, "weight", weight, "grad", grad)
        changed = hook(_widened(weight, weight), _widened(grad, weight), **hyperparameters)
        return namespace(grad).astype(changed, grad.dtype, copy=False)

    asked.__signature__ = inspect.signature(hook)  # type: ignore[attr-defined]
    return asked


def _widened(array: Array, weight: Array) -> Any:
    xp = namespace(weight)
    return namespace(array).astype(array, xp.result_type(weight.dtype, xp.float32), copy=False)


def _like(state: State, stored: Any) -> State:
    pairs = zip(state, stored, strict=True)
    return type(state)(*(namespace(array).astype(array, old.dtype, copy=False) for array, old in pairs))
