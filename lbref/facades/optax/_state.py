"""What a transformation remembers: trees like the params, of what a rule remembers of each leaf."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from optax import MaskedNode

from ... import errors
from ..._numbers import kind
from ..._types import State
from ...combine.precision import WithMaster
from .._native import MODULES
from ._trees import as_array, matching


class RuleState(NamedTuple):
    """What a transformation remembers between two updates."""

    count: Any  # 0-d, an integer: how many updates have been made
    memory: Any  # the State of the rule, each field a tree like the params; with halves, a WithMaster of that


def packed(name: str, tree: Any, states: Sequence[State]) -> Any:
    """Return the states of all leaves as the state of the rule, with a tree like the params in each field.

    Where params are in half precision, it is a ``WithMaster`` of that and of the tree of their float32 copies, in which
    ``optax.MaskedNode()`` stands for all others.
    """
    inner = [state.inner if isinstance(state, WithMaster) else state for state in states]
    of_rule = MODULES[name].State
    memory = of_rule(*(tree.unflatten([getattr(state, field) for state in inner]) for field in of_rule._fields))
    if not any(isinstance(state, WithMaster) for state in states):
        return memory
    return WithMaster(memory, tree.unflatten([getattr(state, "master", MaskedNode()) for state in states]))


def unpacked(where: str, name: str, tree: Any, state: Any) -> list[State]:
    """Return the states of all leaves.

    Raises
    ------
    StateError
        If the state was made by another rule or for other params.
    """
    of_rule = MODULES[name].State
    memory = state.memory if isinstance(state, RuleState) else state
    trees = memory.inner if isinstance(memory, WithMaster) else memory
    if not (isinstance(state, RuleState) and isinstance(trees, of_rule)):
        raise errors.StateError(
            f"{where}: the state holds a {kind(trees)}, but must be the RuleState that init returned, which holds the "
            f"State of lbref.rules.{name}"
        )
    columns = [map(as_array, matching(where, "the state", tree, column, errors.StateError)) for column in trees]
    inner = [of_rule(*row) for row in zip(*columns, strict=True)]
    if not isinstance(memory, WithMaster):
        return inner
    masters = map(as_array, matching(where, "the state", tree, memory.master, errors.StateError))
    return [
        state if isinstance(master, MaskedNode) else WithMaster(state, master)
        for state, master in zip(inner, masters, strict=True)
    ]
