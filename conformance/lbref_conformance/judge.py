"""Whether what an implementation gave lies within its bounds, and by what fraction of them it missed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .cases import Case
from .expected import Doubles, Expected, K


class Verdict(NamedTuple):
    """The outcome of a case: the largest error as a fraction of its bound, and the worst place where it failed."""

    passed: bool
    fraction: float  # largest |got − exact| / (K · bound) over all finite elements; at most 1 where passed
    detail: str  # empty where passed


def judge(case: Case, expected: Expected, got: Sequence[Sequence[Any]]) -> Verdict:
    """Compare all outputs of all steps with what the oracle allows.

    Parameters
    ----------
    case, expected
        The question and what the oracle says of it.
    got
        Per step, one NumPy array for each of the case's outputs.
    """
    misshapen = _misshapen(case, got)
    if misshapen:
        return Verdict(passed=False, fraction=np.inf, detail=misshapen)
    fraction, detail = 0.0, ""
    for step, outputs in enumerate(got):
        for position, array in enumerate(outputs):
            want = Expected(*(part[step, position] for part in expected.stacked()))
            here, index = _worst(want, np.asarray(array, dtype=np.float64).reshape(-1), case.inputs.repeat)
            if here > 1 and not detail:
                detail = _describe(case, step, position, want, np.asarray(array).reshape(-1), index)
            fraction = max(fraction, here)
    return Verdict(passed=not detail, fraction=fraction, detail=detail)


def _misshapen(case: Case, got: Sequence[Sequence[Any]]) -> str:
    shape = case.inputs.shape if case.inputs.shape is not None else (len(case.inputs.weight) * case.inputs.repeat,)
    if len(got) != len(case.inputs.grads) or any(len(outputs) != len(case.outputs) for outputs in got):
        given = [len(outputs) for outputs in got]
        return f"{given} outputs, not {len(case.outputs)} at each of {len(case.inputs.grads)} steps"
    for step, outputs in enumerate(got):
        for name, array in zip(case.outputs, outputs, strict=True):
            dtype = case.storage if name == "weight" else case.dtype
            if tuple(np.shape(array)) != shape or str(array.dtype) != dtype:
                return f"step {step + 1}, {name}: shape {np.shape(array)} of {array.dtype}, not {shape} of {dtype}"
    return ""


def _worst(want: Expected, got: Doubles, repeat: int) -> tuple[float, int]:
    """Return the largest error as a fraction of its bound, infinite where a value is wrong in kind, and its place."""
    value, rest, low, high, bound = (np.tile(part, repeat) for part in want.stacked())
    if not value.size:
        return 0.0, 0
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        error = np.abs((got - value) - rest)
        fraction = np.where(error == 0, 0.0, error / (K * bound))
    equal = (got == value) | (np.isnan(got) & np.isnan(value))
    inside = np.where(np.isfinite(value), (got >= low) & (got <= high), equal)
    # The interval decides; the fraction, which is computed in double, is held on the interval's side of 1.
    fraction = np.where(inside, np.where(fraction < 1, fraction, 1.0 * np.isfinite(value)), np.fmax(fraction, 1 + 1e-9))
    worst = int(fraction.argmax())
    return float(fraction[worst]), worst


def _describe(case: Case, step: int, position: int, want: Expected, got: Any, index: int) -> str:
    element = index % max(len(case.inputs.weight), 1)
    return (
        f"step {step + 1}, {case.outputs[position]}[{index}]: got {got[index]!r}, "
        f"allowed {want.low[element]!r} .. {want.high[element]!r} (exactly {want.value[element]!r})"
    )
