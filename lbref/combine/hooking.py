"""Put gradient hooks before a rule, or between its norms and its step."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import errors
from .._numbers import check_names
from .._types import Array, Rule, State
from .binding import Bound, combined, name_of, value_of

Hook = Callable[..., Any]
Step = tuple[Hook, set[str]]

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
        If two of them have a hyperparameter of one name (bind one of them first; what is bound can still be passed by
        name, unless another has it too), or the rule has no ``late_hook``.
    """
    where = f"hooked({name_of(rule)})"
    signature, claims = _join(rule, [*early, *late], needs_late=bool(late))
    to_hooks = set().union(*claims) - {SHARED}
    steps = list(zip([*early, *late], claims, strict=True))
    before, after = steps[: len(early)], steps[len(early) :]

    def update(weight: Array, grad: Array, state: State, step: int, /, **hyperparameters: Any) -> tuple[Array, State]:
        check_names(where, signature, hyperparameters, complete=False)
        hyperparameters |= value_of(SHARED, hyperparameters, signature, step)
        own = {name: value for name, value in hyperparameters.items() if name not in to_hooks}
        if after:
            own["late_hook"] = lambda w, g: _through(after, w, g, hyperparameters)
        return rule.update(weight, _through(before, weight, grad, hyperparameters), state, step, **own)

    return combined(where, rule.init, update, signature)


def _through(steps: Sequence[Step], weight: Array, grad: Any, hyperparameters: Mapping[str, Any]) -> Any:
    for hook, claimed in steps:
        grad = hook(weight, grad, **{name: value for name, value in hyperparameters.items() if name in claimed})
    return grad


def _join(rule: Rule, hooks: Sequence[Hook], *, needs_late: bool) -> tuple[inspect.Signature, list[set[str]]]:
    """Return the signature of all together, and for each hook the hyperparameters that go to it."""
    signature = inspect.signature(rule.update)
    joint = dict(signature.parameters)
    if needs_late and joint.pop("late_hook", None) is None:
        raise errors.UnknownHyperparameterError(f"hooked({name_of(rule)}): the rule has no late_hook")
    taken = _open(rule.update)
    everywhere = _keywords(rule.update).union(*map(_open, hooks))
    claims = []
    for hook in hooks:
        if clash := _open(hook) & taken - {SHARED}:
            raise errors.UnknownHyperparameterError(
                f"hooked({name_of(rule)}): {min(clash)!r} is a hyperparameter of two; bind one of them first: "
                f"a rule with lbref.combine.bind, a hook with functools.partial"
            )
        claimed = _open(hook) | (_keywords(hook) - everywhere - taken)
        parameters = inspect.signature(hook).parameters
        joint |= {name: parameters[name] for name in claimed - ({SHARED} & joint.keys())}
        taken |= claimed
        claims.append(claimed)
    return signature.replace(parameters=list(joint.values())), claims


def _keywords(function: Callable[..., Any]) -> set[str]:
    parameters = inspect.signature(function).parameters
    return {name for name, parameter in parameters.items() if parameter.kind is parameter.KEYWORD_ONLY}


def _open(function: Callable[..., Any]) -> set[str]:
    """Return the hyperparameters that no ``partial`` has bound yet, the shared one always."""
    bound = set(function.keywords) - {SHARED} if isinstance(function, functools.partial) else set()
    return _keywords(function) - bound
