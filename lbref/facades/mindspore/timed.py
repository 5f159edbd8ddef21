"""Hyperparameters that may change from step to step: a number, a list of them, or a function of the global step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ... import errors
from ..._numbers import is_array, kind, untraced_number


class Timed:
    """A hyperparameter over the steps.

    Parameters
    ----------
    where, name
        For messages.
    value
        What `learning_rate_of` or `weight_decay_of` made of the argument.
    """

    def __init__(self, where: str, name: str, value: float | list[float] | Callable[[int], float]) -> None:
        self._where = where
        self._name = name
        self._value = value

    @property
    def dynamic(self) -> bool:
        """Whether it may change."""
        return isinstance(self._value, list) or callable(self._value)

    @property
    def length(self) -> int:
        """The number of values of a list, else 0."""
        return len(self._value) if isinstance(self._value, list) else 0

    def at(self, step: int) -> Any:
        """Return its value at a global step, from 0."""
        if callable(self._value):
            return untraced_number(f"{self._where} at step {step}", self._name, self._value(step))
        if not isinstance(self._value, list):
            return self._value
        if step >= len(self._value):
            raise errors.StepError(
                f"{self._where}: {self._name} has {len(self._value)} values, one for each step from 0, but this is "
                f"step {step}; give it more, or a function of the step"
            )
        return self._value[step]


def learning_rate_of(where: str, value: Any) -> Timed:
    """Return a learning rate: a number, a list or 1-d array of one number per step, or a function of the step.

    Raises
    ------
    HyperparameterError
        If it is none of these, or a number is out of range.
    """
    name = "learning_rate"
    if callable(value):
        return Timed(where, name, value)
    shape = tuple(value.shape) if is_array(value) else (None,)
    if isinstance(value, str) or not isinstance(value, Iterable) or shape == ():
        return Timed(where, name, untraced_number(where, name, value))
    if len(shape) != 1:
        raise errors.HyperparameterError(
            f"{where}: {name} is an array of shape {shape}, but must be 0-d or 1-d, one number per step"
        )
    values = [untraced_number(where, f"{name}[{index}]", each, range_of=name) for index, each in enumerate(value)]
    if not values:
        raise errors.HyperparameterError(f"{where}: {name} is empty, but must have one number per step")
    return Timed(where, name, values)


def weight_decay_of(where: str, value: Any) -> Timed:
    """Return a decay: a number, or a function of the step.

    Raises
    ------
    HyperparameterError
        If it is neither, or out of range.
    """
    name = "weight_decay"
    return Timed(where, name, value if callable(value) else untraced_number(where, name, value))


def flag(where: str, name: str, value: Any) -> bool:
    """Return True or False.

    Raises
    ------
    HyperparameterError
        If it is anything else.
    """
    if not isinstance(value, bool):
        raise errors.HyperparameterError(f"{where}: {name} is a {kind(value)}, but must be True or False")
    return value
