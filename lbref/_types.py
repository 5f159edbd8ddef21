"""The shapes that everything here agrees on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, Protocol, TypeAlias, runtime_checkable


class Array(Protocol):
    """An array of any library that follows the Python array API standard."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> Any: ...

    def __add__(self, other: Any, /) -> Any: ...

    def __sub__(self, other: Any, /) -> Any: ...

    def __mul__(self, other: Any, /) -> Any: ...

    def __truediv__(self, other: Any, /) -> Any: ...

    def __radd__(self, other: Any, /) -> Any: ...

    def __rsub__(self, other: Any, /) -> Any: ...

    def __rmul__(self, other: Any, /) -> Any: ...

    def __gt__(self, other: Any, /) -> Any: ...

    def __lt__(self, other: Any, /) -> Any: ...


Number: TypeAlias = float | Array
"""A hyperparameter: a Python number, or a 0-d array where the value is traced."""

State: TypeAlias = Any
"""What a rule remembers between two steps: a NamedTuple of arrays, one class per rule."""

Schedule: TypeAlias = Callable[[int], float]
"""A count of updates -> a hyperparameter's value. Plain floats, no arrays."""

GradientHook: TypeAlias = Callable[[Array, Array], Array]
"""(weight, grad) -> the gradient that the rule gets to see."""


@runtime_checkable
class Rule(Protocol):
    """How one layer's weight moves: a module, or anything else with these two functions."""

    @property
    def init(self) -> Callable[[Array], State]:
        """``init(weight)`` -> the state before the first step."""

    @property
    def update(self) -> Callable[Concatenate[Array, Array, State, int, ...], tuple[Array, State]]:
        """``update(weight, grad, state, step, **hyperparameters)`` -> the next weight and state."""
