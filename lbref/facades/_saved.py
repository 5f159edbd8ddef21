"""What facades ask of a state before they take it over: nothing is changed unless all of it fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .. import errors
from .._numbers import is_array, kind
from ._memory import brought_to, copied, untracked


def check_keys(where: str, name: str, given: Any, expected: Iterable[str]) -> None:
    """Refuse what is not a dict with just these keys.

    Raises
    ------
    CheckpointError
        If it is anything else.
    """
    if not isinstance(given, Mapping):
        raise errors.CheckpointError(
            f"{where}: {name} is a {kind(given)}, but must be a dict as state_dict returned it"
        )
    if given.keys() != set(expected):
        raise errors.CheckpointError(
            f"{where}: {name} has {sorted(map(str, given))}, but must have {sorted(expected)}, as state_dict of the "
            f"same optimizer for the same parameters returns"
        )


def check_owner(where: str, state: Any, owner: str) -> None:
    """Refuse the state of an optimizer of another class."""
    if not isinstance(state, Mapping) or "optimizer" not in state:
        raise errors.CheckpointError(f"{where}: the state is a {kind(state)} that names no optimizer, not a state_dict")
    if state["optimizer"] != owner:
        raise errors.CheckpointError(f"{where}: the state is one of {state['optimizer']!r}, but this is a {owner}")


def fitting(where: str, name: str, array: Any, like: Any) -> Any:
    """Return a copy of a stored array in the library and on the device of another, which it must fit.

    Raises
    ------
    CheckpointError
        If it is no array, or one of another shape or dtype.
    """
    if not is_array(array):
        raise errors.CheckpointError(f"{where}: {name} is a {kind(array)}, but must be an array")
    here = brought_to(like, untracked(array))
    if tuple(here.shape) != tuple(like.shape) or here.dtype != like.dtype:
        raise errors.CheckpointError(
            f"{where}: {name} has shape {tuple(here.shape)} and dtype {here.dtype}, but the parameter has "
            f"{tuple(like.shape)} and {like.dtype}; build the optimizer for the parameters it was saved with"
        )
    return copied(here)


def count(where: str, name: str, value: Any) -> int:
    """Return a stored count.

    Raises
    ------
    CheckpointError
        If it is no integer >= 0.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise errors.CheckpointError(f"{where}: {name} is {value!r}, but must be an integer >= 0")
    return value
