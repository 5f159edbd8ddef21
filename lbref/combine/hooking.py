"""Put gradient hooks before a rule, or between its norms and its step."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import errors
from .._types import Array, Rule, State
from .binding import Bound, name_of

Hook = Callable[..., Any]

SHARED = "learning_rate"  # the one hyperparameter that a hook may read beside the rule


def hooked(rule: Rule, /, *early: Hook, late: Sequence[Hook] = ()) -> Bound:
    """Return the rule behind gradient hooks, whose hyperparameters join the rule's.

    Parameters
    ----------
    rule
        Any rule; one with a ``late_hook`` if `late` is used.
    *early
        Hooks that the whole rule sees the result of, the first first. A hook is a function of `lbref.hooks`, or a
        ``functools.partial`` of one. A hook that names ``learning_rate`` gets the rule's.
    late
        Hooks after the norms were taken, before the step.

    Raises
    ------
    UnknownHyperparameterError
        If two of them have a hyperparameter of one name (bind one of them first), or the rule has no ``late_hook``.
    """
    signature = _joint_signature(rule, [*early, *late], needs_late=bool(late))
    to_hooks = {name for hook in (*early, *late) for name in _keywords(hook)} - {SHARED}

    def update(weight: Array, grad: Array, state: State, step: int, /, **hyperparameters: Any) -> tuple[Array, State]:
        own = {name: value for name, value in hyperparameters.items() if name not in to_hooks}
        unknown = [name for name in hyperparameters if name not in signature.parameters]
        if unknown:
            raise errors.UnknownHyperparameterError(
                f"hooked({name_of(rule)}): there is no hyperparameter {unknown[0]!r}; there are {_names(signature)}"
            )
        if late:
            own["late_hook"] = lambda w, g: _through(late, w, g, hyperparameters)
        return rule.update(weight, _through(early, weight, grad, hyperparameters), state, step, **own)

    update.__signature__ = signature  # type: ignore[attr-defined]
    return Bound(rule.init, update)


def _through(hooks: Sequence[Hook], weight: Array, grad: Any, hyperparameters: Mapping[str, Any]) -> Any:
    for hook in hooks:
        named = _keywords(hook)
        grad = hook(weight, grad, **{name: value for name, value in hyperparameters.items() if name in named})
    return grad


def _joint_signature(rule: Rule, hooks: Sequence[Hook], *, needs_late: bool) -> inspect.Signature:
    signature = inspect.signature(rule.update)
    joint = dict(signature.parameters)
    if needs_late and joint.pop("late_hook", None) is None:
        raise errors.UnknownHyperparameterError(f"hooked({name_of(rule)}): the rule has no late_hook")
    open_names = _keywords(rule.update)
    for hook in hooks:
        for name, parameter in _keywords(hook).items():
            if name in open_names and name != SHARED:
                raise errors.UnknownHyperparameterError(
                    f"hooked({name_of(rule)}): {name!r} is a hyperparameter of two; bind one of them first"
                )
            joint[name] = open_names[name] = joint[name] if name == SHARED and name in joint else parameter
    return signature.replace(parameters=list(joint.values()))


def _keywords(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the keyword-only parameters that a ``partial`` has not bound yet."""
    bound = function.keywords if isinstance(function, functools.partial) else {}
    return {
        name: parameter
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and (name not in bound or name == SHARED)
    }


def _names(signature: inspect.Signature) -> str:
    return ", ".join(name for name, p in signature.parameters.items() if p.kind is p.KEYWORD_ONLY)
