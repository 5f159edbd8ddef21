"""Fix some hyperparameters of a rule."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .._checks import positional
from .._numbers import RANGES, check_axes, check_names, plain_number, plain_step
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
        Numbers, and functions for the axes (``zero_norm`` and the like), by the names in the rule's signature.

    Raises
    ------
    UnknownHyperparameterError
        If the rule has no hyperparameter of that name.
    HyperparameterError
        If a number lies outside the range in which the formula means anything.
    """
    where = f"bind({name_of(rule)})"
    signature = inspect.signature(rule.update)
    check_names(where, signature, hyperparameters, complete=False)
    check_axes(where, signature, hyperparameters)
    for name in RANGES.keys() & hyperparameters.keys():
        hyperparameters[name] = plain_number(where, name, hyperparameters[name])
    return Bound(rule.init, functools.partial(rule.update, **hyperparameters))


def combined(
    where: str,
    init: Callable[..., State],
    update: Callable[..., tuple[Array, State]],
    signature: inspect.Signature,
) -> Bound:
    """Return a rule called `where` in messages, which takes four arguments by place and only steps that are counts."""

    def asked(*args: Any, **hyperparameters: Any) -> tuple[Array, State]:
        weight, grad, state, step = positional(where, args, "weight, grad, state, step")
        return update(weight, grad, state, plain_step(where, step), **hyperparameters)

    asked.__signature__ = signature  # type: ignore[attr-defined]
    asked.called = where  # type: ignore[attr-defined]
    return Bound(init, asked)


def value_of(name: str, given: Mapping[str, Any], signature: inspect.Signature, step: int) -> dict[str, Any]:
    """Return what a rule would read under a name: given, or bound, or scheduled; nothing where it is open."""
    if name in given:
        return {name: given[name]}
    default: Any = signature.parameters[name].default if name in signature.parameters else inspect.Parameter.empty
    if default is inspect.Parameter.empty:
        return {}
    return {name: default(step) if callable(default) else default}


def name_of(rule: Rule) -> str:
    """Return a rule's name for messages: of the module in which its formula stands, and what was made of it."""
    function: Any = rule.update
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "called", function.__module__.rpartition(".")[2]))
