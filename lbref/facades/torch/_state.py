"""What an optimizer remembers of a parameter: the fields of its rule's state, by name, and its count of steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from ... import errors
from ..._checks import check_arrays, check_same
from ..._numbers import plain_step
from ..._types import State
from ...combine.precision import WithMaster
from .._native import MODULES

STEP, MASTER = "step", "master"
_FIELDS = {field for module in MODULES.values() for field in module.State._fields} | {MASTER}


def is_half(weight: Any) -> bool:
    """Return whether a parameter moves by way of a float32 copy of it."""
    return weight.dtype not in (torch.float32, torch.float64)


def as_memory(state: State, step: int) -> dict[str, Any]:
    """Return the state as an optimizer of torch keeps it: a dict of tensors and the count."""
    if isinstance(state, WithMaster):
        return {STEP: step, **state.inner._asdict(), MASTER: state.master}
    return {STEP: step, **state._asdict()}


def as_state(where: str, name: str, weight: Any, memory: Mapping[str, Any]) -> State:
    """Return the state of a rule from what `as_memory` made of it.

    Raises
    ------
    StateError
        If it was made by another rule, or for a parameter of another precision.
    """
    of_rule = MODULES[name].State
    fields = (*of_rule._fields, MASTER) if is_half(weight) else of_rule._fields
    if STEP not in memory or memory.keys() & _FIELDS != set(fields):
        raise errors.StateError(
            f"{where}: the state has {_listed(memory)}, but {name} for a parameter of {weight.dtype} remembers "
            f"{_listed((STEP, *fields))}"
        )
    inner = of_rule(**{field: memory[field] for field in of_rule._fields})
    return WithMaster(inner, memory[MASTER]) if is_half(weight) else inner


def loaded(where: str, name: str, weight: Any, memory: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be remembered of a parameter from what was saved: on its device, but with no bit changed.

    Raises
    ------
    LbrefError
        If it does not fit the parameter.
    """
    if not isinstance(memory, Mapping):
        raise errors.StateError(f"{where}: the state is {memory!r}, but must be a dict of tensors and a step")
    fields = as_memory(as_state(where, name, weight, memory), plain_step(where, memory.get(STEP)))
    step = fields.pop(STEP)
    elsewhere = "lies on device"
    check_arrays(where, may_differ_in=(elsewhere,), **fields, **({} if is_half(weight) else {"parameter": weight}))
    for field, array in fields.items():
        check_same(where, "parameter", weight, field, array, may_differ_in=(elsewhere, "has dtype"))
        if hasattr(array, "full_tensor") != hasattr(weight, "full_tensor"):
            raise errors.StateError(
                f"{where}: {field} is a {type(array).__name__} and the parameter a {type(weight).__name__}; both or "
                f"neither must be split over processes (see torch.distributed.checkpoint.state_dict)"
            )
    return {**memory, **{field: array.to(weight.device) for field, array in fields.items()}, STEP: step}


def _listed(names: Any) -> str:
    return ", ".join(sorted(map(str, names))) or "nothing"
