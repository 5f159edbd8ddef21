"""Let hyperparameters change from step to step."""

from __future__ import annotations

import inspect
from typing import Any

from .. import errors
from .._numbers import check_names
from .._types import Array, Rule, Schedule, State
from .binding import Bound, combined, name_of


def scheduled(rule: Rule, /, **schedules: Schedule) -> Bound:
    """Return the rule with hyperparameters that are functions of the step.

    Parameters
    ----------
    rule
        Any rule.
    **schedules
        Hyperparameter -> function of the step, which counts from 1. For a schedule whose first count is 0 see
        `lbref.schedules.from_zero`.

    Raises
    ------
    UnknownHyperparameterError
        If the rule has no hyperparameter of that name.
    """
    where, signature = f"scheduled({name_of(rule)})", inspect.signature(rule.update)
    check_names(where, signature, schedules, complete=False)
    for name, schedule in schedules.items():
        if not callable(schedule):
            raise errors.HyperparameterError(f"{where}: {name} is {schedule!r}, but must be a function of the step")

    def update(weight: Array, grad: Array, state: State, step: int, /, **hyperparameters: Any) -> tuple[Array, State]:
        current = {name: schedule(step) for name, schedule in schedules.items() if name not in hyperparameters}
        return rule.update(weight, grad, state, step, **current, **hyperparameters)

    parameters = [p.replace(default=schedules.get(name, p.default)) for name, p in signature.parameters.items()]
    return combined(where, rule.init, update, signature.replace(parameters=parameters))
