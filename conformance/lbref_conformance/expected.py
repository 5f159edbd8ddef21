"""What a case must give: the oracle's value of every output, and the interval that the bound allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt

from .cases import Case
from .families import Kind
from .oracle.array import Array, Letters, array
from .oracle.number import FORMATS, Number, computing_in, stored

K = 2  # how many bounds a value may be away: one for the value, one for the order of the operations

Doubles = npt.NDArray[np.float64]
Formula = Callable[..., Any]


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
        steps = _steps(case)
    count = len(case.inputs.weight)
    columns = [_columns(number, output, case) for step in steps for output, a in step for number in a.numbers]
    return Expected.unstacked(np.array(columns, dtype=np.float64).T.reshape(5, len(steps), len(case.outputs), count))


def _steps(case: Case) -> list[list[tuple[str, Array]]]:
    walks = {Kind.RULE: _rule_steps, Kind.HOOK: _hook_steps, Kind.MODEL_HOOK: _model_hook_steps}
    formula = case.family.formulas[case.dialect]
    weight, grads = array(_list(case.inputs.weight)), [array(_list(grad)) for grad in case.inputs.grads]
    hyper = [case.family.letters_for({**case.hyper, "learning_rate": rate}) for rate in case.inputs.rates]
    steps = walks[case.family.kind](formula, case, weight, grads, hyper)
    return [list(zip(case.outputs, outputs, strict=True)) for outputs in steps]


def _rule_steps(
    formula: Formula, case: Case, weight: Array, grads: list[Array], hyper: list[Letters]
) -> Iterator[list[Array]]:
    state = _initial(case)
    for index, grad in enumerate(grads):
        weight, state = formula(case.inputs.first_step + index, weight, grad, state, hyper[index])
        fields = [getattr(state, letter) for letter in case.family.state.values()]
        yield [weight, *fields] if case.storage == case.dtype else [_kept(weight, case.storage), weight, *fields]


def _kept(master: Array, storage: str) -> Array:
    return Array([stored(number, storage) for number in master.numbers])


def _hook_steps(
    formula: Formula, case: Case, weight: Array, grads: list[Array], hyper: list[Letters]
) -> Iterator[list[Array]]:
    del case
    for grad, letters in zip(grads, hyper, strict=False):
        yield [formula(weight, grad, letters)]


def _model_hook_steps(
    formula: Formula, case: Case, weight: Array, grads: list[Array], hyper: list[Letters]
) -> Iterator[list[Array]]:
    del case, weight
    return ([layer] for layer in formula(grads, hyper[0]))


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
