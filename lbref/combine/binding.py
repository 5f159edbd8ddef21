"""Fix some hyperparameters of a rule."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from .._checks import RANGES, check_hyperparameter, check_names
from .._types import Array, Rule, State


class Bound(NamedTuple):
    """A rule made from another: the same two functions."""

    init: Callable[..., State]
    update: Callable[..., tuple[Array, State]]


def bind(rule: Rule, /, **hyperparameters: Any) -> Bound:
    """Return the rule with some hyperparameters fixed; a caller may still pass another value by name.

    Parameters
    ----------
    rule
        A module of `lbref.rules`, or a rule made from one.
    **hyperparameters
        Numbers, and functions for the axes (``trust_ratio`` and the like), by the names in the rule's signature.

    Raises
    ------
    UnknownHyperparameterError
        If the rule has no hyperparameter of that name.
    HyperparameterError
        If a number lies outside the range in which the formula means anything.
    """
    where = f"bind({name_of(rule)})"
    check_names(where, inspect.signature(rule.update), hyperparameters, complete=False)
    for name in RANGES.keys() & hyperparameters.keys():
        check_hyperparameter(where, name, hyperparameters[name])
    return Bound(rule.init, functools.partial(rule.update, **hyperparameters))


def name_of(rule: Rule) -> str:
    """Return a rule's name for messages: that of the module in which its formula stands."""
    function: Any = rule.update
    while isinstance(function, functools.partial):
        function = function.func
    return str(function.__module__).rpartition(".")[2]
