"""Let hyperparameters change from step to step."""

from __future__ import annotations

import inspect
from typing import Any

from .._checks import check_names
from .._types import Array, Rule, Schedule, State
from .binding import Bound, name_of


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
    signature = inspect.signature(rule.update)
    check_names(f"scheduled({name_of(rule)})", signature, schedules, complete=False)

    def update(weight: Array, grad: Array, state: State, step: int, /, **hyperparameters: Any) -> tuple[Array, State]:
        current = {name: schedule(step) for name, schedule in schedules.items()}
        return rule.update(weight, grad, state, step, **(current | hyperparameters))

    update.__signature__ = signature  # type: ignore[attr-defined]
    return Bound(rule.init, update)
