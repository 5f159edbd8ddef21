"""What a saved optimizer may hold, looked at before any of it is taken over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ... import errors
from ..._numbers import is_array, untraced_number
from .._saved import count


def _rate(where: str, name: str, value: Any) -> None:
    try:
        untraced_number(where, name, 0.0 if value is None else value, range_of="learning_rate")
    except errors.HyperparameterError as error:
        raise errors.CheckpointError(str(error)) from None


def _multipliers(where: str, name: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise errors.CheckpointError(f"{where}: {name} is {value!r}, but must be a dict of parameters to numbers")
    for key, multiplier in value.items():
        _rate(where, f"{name}[{key!r}]", multiplier)


def _sums(where: str, name: str, value: Any) -> None:
    fits = isinstance(value, dict) and all(
        isinstance(each, dict) and each.keys() == {"cum_grad", "num_cums"} for each in value.values()
    )
    if not fits:
        raise errors.CheckpointError(
            f"{where}: {name} is {value!r}, but must be a dict of parameters to cum_grad and num_cums"
        )
    for key, each in value.items():
        count(where, f"{name}[{key!r}]['num_cums']", each["num_cums"])
        if each["cum_grad"] is not None and not is_array(each["cum_grad"]):
            raise errors.CheckpointError(f"{where}: {name}[{key!r}]['cum_grad'] is no array, but must be one or None")


def check_states(where: str, states: Any) -> None:
    """Refuse what is no dict of parameters to states: arrays, None, and pairs of them.

    Raises
    ------
    CheckpointError
        If it is something else.
    """
    if not isinstance(states, dict) or not all(map(_is_state, states.values())):
        raise errors.CheckpointError(f"{where}: states must be a dict of parameters to the states of an optimizer")


def _is_state(state: Any) -> bool:
    return state is None or is_array(state) or (isinstance(state, list | tuple) and all(map(_is_state, state)))


CHECKS: Mapping[str, Callable[[str, str, Any], Any]] = {
    "num_update": count,
    "lr": _rate,
    "last_lr": _rate,
    "cur_lr": _rate,
    "lr_mult": _multipliers,
    "wd_mult": _multipliers,
    "cumgrads": _sums,
}
"""Name of what is remembered -> what refuses anything else."""
