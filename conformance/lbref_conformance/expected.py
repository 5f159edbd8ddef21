"""What a case must give: the oracle's value of every output, and the interval that the bound allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt

from .cases import Case
from .oracle.number import FORMATS, Array, Letters, Number, array, computing_in, stored

K = 2  # how many bounds a value may be away: one for the value, one for the order of the operations

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Expected:
    """Per output element of a case's pool: arrays of shape (steps, outputs, elements)."""

    value: Doubles  # the exact value, rounded to double
    rest: Doubles  # what that rounding lost
    low: Doubles  # the interval value ± K · bound, rounded outward
    high: Doubles
    bound: Doubles  # E of the error model

    def stacked(self) -> Doubles:
        """Return all five as one array, for a file."""
        return np.stack([self.value, self.rest, self.low, self.high, self.bound])

    @staticmethod
    def unstacked(stack: Doubles) -> Expected:
        """Return what `stacked` put together."""
        return Expected(*stack)


def expect(case: Case) -> Expected:
    """Return what the oracle says of a case."""
    with computing_in(case.dtype, repeat=case.inputs.repeat):
        steps = list(_steps(case))
    count = len(case.inputs.weight)
    columns = [_columns(number, output, case) for step in steps for output, a in step for number in a.numbers]
    return Expected.unstacked(np.array(columns, dtype=np.float64).T.reshape(5, len(steps), len(case.outputs), count))


def _steps(case: Case) -> Any:
    formula = case.family.formulas[case.dialect]
    walk: Callable[..., Any] = _walk_rule if case.family.state else _walk_hook
    for index, rate in enumerate(case.inputs.rates[: len(case.inputs.grads)]):
        grad = array(_list(case.inputs.grads[index]))
        letters = case.family.letters_for({**case.hyper, "learning_rate": rate})
        if index == 0:
            here = array(_list(case.inputs.weight)), _initial(case)
        here, outputs = walk(formula, case, case.inputs.first_step + index, grad, letters, *here)
        yield list(zip(case.outputs, outputs, strict=True))


def _walk_rule(
    formula: Callable[..., Any], case: Case, t: int, grad: Array, letters: Letters, weight: Array, state: Letters
) -> Any:
    weight, state = formula(t, weight, grad, state, letters)
    fields = [getattr(state, letter) for letter in case.family.state.values()]
    if case.storage == case.dtype:
        return (weight, state), [weight, *fields]
    kept = Array([stored(number, case.storage) for number in weight.numbers])
    return (weight, state), [kept, weight, *fields]


def _walk_hook(
    formula: Callable[..., Any], case: Case, t: int, grad: Array, letters: Letters, weight: Array, state: Letters
) -> Any:
    del case, t
    return (weight, state), [formula(weight, grad, letters)]


def _initial(case: Case) -> Letters:
    count = len(case.inputs.weight)
    fields = case.inputs.state or {name: np.zeros(count) for name in case.family.state}
    return Letters(**{case.family.state[name]: array(_list(values)) for name, values in fields.items()})


def _list(values: Any) -> list[float]:
    return [float(value) for value in values]


def _columns(number: Number, output: str, case: Case) -> tuple[float, float, float, float, float]:
    if not mpmath.isfinite(number.x):
        value = float(number.x)
        return value, 0.0, value, value, 0.0
    storage = FORMATS[case.storage if output == "weight" else case.dtype]
    value, reach = float(number.x), K * number.e
    low = _outward(number.x - reach, -np.inf, storage.largest)
    high = _outward(number.x + reach, np.inf, storage.largest)
    return value, float(number.x - mpmath.mpf(value)), low, high, max(float(number.e), 5e-324 * bool(number.e))


def _outward(x: Any, towards: float, largest: Any) -> float:
    """Return the double next to x in one direction; beyond the largest finite number lies infinity."""
    if abs(x) > largest:
        return float(mpmath.sign(x) * mpmath.inf) if towards * x > 0 else float(mpmath.sign(x) * largest)
    near = float(x)
    distance = mpmath.mpf(near) - x
    return near if not distance or (distance > 0) == (towards > 0) else float(np.nextafter(near, towards))
