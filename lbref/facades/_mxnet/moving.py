"""One layer's step: a rule is run, and what it returns waits to be written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import combine
from ..._types import Rule
from ...combine.precision import CopyReader, WithMaster
from .._memory import Pending, untracked
from .layers import Layer

Arrays = Mapping[str, Any]


def move(
    pending: Pending,
    rule: Rule,
    layer: Layer,
    kept: Arrays,
    step: int,
    hyperparameters: dict[str, Any],
    read: Arrays | None = None,
) -> Any:
    """Run a rule in the precision in which the weight is stored, and return its new state.

    Parameters
    ----------
    pending
        Where the new weight and state wait.
    rule
        Any rule.
    layer
        The weight and gradient.
    kept
        The arrays of the rule's state by name, to be updated; what is not there starts at rest at every step.
    step, hyperparameters
        As the rule takes them.
    read
        More arrays of the rule's state, which are left as they are.
    """
    stored = combine.in_stored_precision(rule)
    weight = untracked(layer.weight)
    state = _state_of(stored, weight, kept, read)
    moved, new_state = _noted(layer, stored, weight, state, step, hyperparameters)
    pending.put(weight, moved)
    _keep(pending, kept, new_state)
    return new_state


def move_master(
    pending: Pending,
    rule: Rule,
    layer: Layer,
    master: Any,
    kept: Arrays,
    step: int,
    hyperparameters: dict[str, Any],
    read: Arrays | None = None,
    copy_reader: CopyReader | None = None,
) -> Any:
    """Run a rule on a float32 master weight, and return its new state.

    Parameters as `move` and `lbref.combine.with_master_weight`.
    """
    readers = {} if copy_reader is None else {"copy_reader": copy_reader}
    wide = combine.with_master_weight(rule, **readers)
    weight, master = untracked(layer.weight), untracked(master)
    state = WithMaster(_state_of(rule, master, kept, read), master)
    moved, new_state = _noted(layer, wide, weight, state, step, hyperparameters)
    pending.put(weight, moved)
    pending.put(master, new_state.master)
    _keep(pending, kept, new_state.inner)
    return new_state.inner


def _state_of(rule: Rule, weight: Any, kept: Arrays, read: Arrays | None) -> Any:
    given = {name: untracked(array) for name, array in {**kept, **(read or {})}.items()}
    return rule.init(weight)._replace(**given)


def _keep(pending: Pending, kept: Arrays, new_state: Any) -> None:
    for name, array in kept.items():
        pending.put(array, getattr(new_state, name))


def _noted(layer: Layer, rule: Rule, weight: Any, state: Any, step: int, hyperparameters: dict[str, Any]) -> Any:
    try:
        return rule.update(weight, layer.grad, state, step, **hyperparameters)
    except Exception as error:
        error.add_note(f"for the parameter with index {layer.index!r}")
        raise
