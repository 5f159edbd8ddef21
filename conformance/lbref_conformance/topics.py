"""What is asked of every dialect: one function per topic, from a family to the inputs of some steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from . import data
from .data import Floats
from .families import Family, Hyper

DESIGNED_RATES = (0.5, 0.25, 1.0, 0.125, 0.5, 0.25)
TYPICAL_RATES = (0.1, 0.2, 0.05, 0.3, 0.1, 0.15)

# The exponent by which float32 and float64 inputs are scaled to about 1e30 and 1e300, and into the subnormals.
HUGE = {"float32": 2.0**100, "float64": 2.0**996}
TINY = {"float32": 2.0**-100, "float64": 2.0**-996}
SUBNORMAL = {"float32": 2.0**-134, "float64": 2.0**-1050}


@dataclass(frozen=True)
class Inputs:
    """The inputs of some steps of one layer; the arrays hold one pool of elements, repeated to the full size."""

    setting: Hyper
    weight: Floats
    grads: tuple[Floats, ...]
    state: Mapping[str, Floats] | None  # None: the state that `init` returns
    rates: tuple[float, ...] = DESIGNED_RATES
    first_step: int = 3
    shape: tuple[int, ...] | None = None  # None: one dimension
    repeat: int = 1
    strided: bool = False


def _moving(family: Family, setting: str, *, count: int = 12, steps: int = 3, scale: float = 1.0) -> Inputs:
    return Inputs(
        family.settings[setting],
        data.weight(count, scale=scale),
        tuple(data.grad(step, count, scale=scale) for step in range(steps)),
        {name: data.state(name, count, scale=scale) for name in family.state},
    )


def _from_rest(family: Family, setting: str, *, count: int = 12, steps: int = 3, scale: float = 1.0) -> Inputs:
    return replace(_moving(family, setting, count=count, steps=steps, scale=scale), state=None)


def _several(family: Family) -> int:
    """Return enough steps for the rate to rise and fall, and for LBSGD to make two of its own."""
    return 6 if family.name == "lbsgd" else 4


def _with(inputs: Inputs, value: float, *, weight: bool = False, grad: bool = False, step: int = 1) -> Inputs:
    """Put one odd element into the weight, or into the gradient of one step."""
    odd_weight, grads = inputs.weight.copy(), [array.copy() for array in inputs.grads]
    odd_weight[2] = value if weight else odd_weight[2]
    grads[step][2] = value if grad else grads[step][2]
    return replace(inputs, weight=odd_weight, grads=tuple(grads))


def _zeros(inputs: Inputs, *, weight: bool = False, grad: bool = False) -> Inputs:
    return replace(
        inputs,
        weight=inputs.weight * (not weight),
        grads=tuple(g * (not grad) for g in inputs.grads),
    )


Topic = Callable[[Family, str], Inputs]

EVERY_DIALECT: dict[str, Topic] = {
    "moving": lambda f, _: _moving(f, "designed", steps=_several(f)),
    "from-rest": lambda f, _: replace(
        _from_rest(f, "typical", steps=_several(f)), shape=(4, 3), first_step=1, rates=TYPICAL_RATES
    ),
    "no-decay": lambda f, _: _moving(f, "no-decay"),
    "small": lambda f, _: _moving(f, "small-eps" if "small-eps" in f.settings else "designed", scale=2.0**-18),
    "large-weight": lambda f, _: replace(_moving(f, "designed"), weight=data.weight(12, scale=64.0)),
    "zero-weight": lambda f, _: _zeros(_from_rest(f, "designed"), weight=True),
    "zero-grad": lambda f, _: _zeros(_moving(f, "designed"), grad=True),
    "zero-grad-no-decay": lambda f, _: _zeros(_from_rest(f, "no-decay"), grad=True),
    "zero-both": lambda f, _: _zeros(_moving(f, "designed"), weight=True, grad=True),
    "zero-everything": lambda f, _: _zeros(_from_rest(f, "designed"), weight=True, grad=True),
    "nan-grad": lambda f, _: _with(_moving(f, "designed"), float("nan"), grad=True),
    "nan-weight": lambda f, _: _with(_moving(f, "designed"), float("nan"), weight=True),
    "infinite-grad": lambda f, _: _with(_moving(f, "designed"), float("-inf"), grad=True),
    "infinite-weight": lambda f, _: _with(_moving(f, "designed"), float("inf"), weight=True),
    "huge": lambda f, dtype: _from_rest(f, "designed", scale=HUGE[dtype]),
    "tiny": lambda f, dtype: _from_rest(f, "designed", scale=TINY[dtype]),
    "subnormal": lambda f, dtype: _from_rest(f, "designed", scale=SUBNORMAL[dtype]),
}
"""Asked of every dialect of every family in float32, of the first also in float64."""

ALSO_IN_DOUBLE = {
    name: EVERY_DIALECT[name]
    for name in ("moving", "from-rest", "no-decay", "zero-weight", "zero-grad", "nan-grad", "huge", "tiny")
}
"""Asked of every other dialect in float64 too."""

FIRST_DIALECT: dict[str, Topic] = {
    "empty": lambda f, _: _moving(f, "designed", count=0),
    "scalar": lambda f, _: replace(_moving(f, "designed", count=1), shape=()),
    "one-element": lambda f, _: _moving(f, "designed", count=1),
    "strided": lambda f, _: replace(_moving(f, "designed"), shape=(4, 3), strided=True),
    "thousand": lambda f, _: replace(_moving(f, "designed", count=1000)),
    "million": lambda f, _: replace(_moving(f, "typical", count=125, steps=2), repeat=8000, rates=TYPICAL_RATES),
}
"""Asked of the first dialect of each family: what they show is a matter of the library, not of the dialect."""


OF_LBSGD: dict[str, Topic] = {
    "nan-first-grad": lambda f, _: _with(_moving(f, "designed"), float("nan"), grad=True, step=0),
    "minute": lambda f, _: _moving(f, "designed", scale=2.0**-32),
    "large-weight-no-decay": lambda f, _: replace(_moving(f, "no-decay"), weight=data.weight(12, scale=1024.0)),
}
"""Asked of LBSGD only: a NaN while it waits, and norms for both ends of the interval of its ratio."""


def settings_topics(family: Family) -> dict[str, Topic]:
    """Return one topic for each setting of the family that no other topic uses."""
    used = {"designed", "typical", "no-decay", "small-eps"}
    return {f"setting-{name}": partial(_moving_with, name) for name in family.settings if name not in used}


def _moving_with(setting: str, family: Family, dtype: str) -> Inputs:
    del dtype
    return _moving(family, setting)


def _half(family: Family, scale: float) -> Inputs:
    inputs = _from_rest(family, "designed", scale=scale)
    return replace(inputs, weight=_as_half(inputs.weight), grads=tuple(map(_as_half, inputs.grads)))


def _as_half(values: Floats) -> Floats:
    return values.astype(np.float16).astype(np.float64)


HALF: dict[str, Topic] = {
    "half-ordinary": lambda f, _: _half(f, 1.0),
    "half-large": lambda f, _: _half(f, 300.0),
    "half-small": lambda f, _: _half(f, 2.0**-14),
}
"""Asked of the first dialect of each rule behind a master weight, in float16, also above 256 and below 1e-4."""
