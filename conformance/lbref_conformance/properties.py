"""Exact properties: what must hold to the last bit, whatever the rounding.

Inputs are dyadic, so that sums of squares are exact in float64 in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from . import data
from .backends.engine import Engine, Host
from .runner import Result

COUNT = 16
POWERS = (-20, -3, 1, 7, 30)

# Without epsilon, and with the decay in the units that scaling leaves alone, a rule commutes with a power of two.
HOMOGENEOUS = {
    "sgd": {"weight_decay": 0.05},
    "nag": {"weight_decay": 0.05},
    "lars": {"weight_decay": 0.05},
    "lbsgd": {"weight_decay": 0.05, "momentum": 0.9, "batch_scale": 2},
    "lamb": {"eps": 0.0},
    "lans": {"eps": 0.0},
}
EVERY_RULE = {**HOMOGENEOUS, "lamb": {"weight_decay": 0.05}, "lans": {"weight_decay": 0.05}}
RATE = 0.1
STEPS = 3

# In float64 a sum of squares depends on its order, unless the squares are dyadic: at the first step of LARS and LBSGD.
EXACT_STEPS = {
    "float32": dict.fromkeys(EVERY_RULE, STEPS),
    "float64": {"sgd": STEPS, "nag": STEPS, "lars": 1, "lbsgd": 1},
}


def run_properties(engine: Engine, package: ModuleType) -> Iterator[Result]:
    """Yield one result for every property of every rule of `package`, in float32 and float64."""
    for dtype in ("float32", "float64"):
        for name, check in _checks(package, dtype):
            try:
                wrong = check(engine, dtype)
            except Exception as error:  # noqa: BLE001  whatever is raised is the result of its case
                yield Result(f"{name}/{dtype}", "error", float("inf"), f"{type(error).__name__}: {error}")
                continue
            yield Result(f"{name}/{dtype}", "fail" if wrong else "pass", float("inf") if wrong else 0.0, wrong)


def _checks(package: ModuleType, dtype: str) -> Iterator[tuple[str, Callable[[Engine, str], str]]]:
    def bound(rule: str, hyper: dict[str, float]) -> Any:
        return package.combine.bind(getattr(package.rules, rule), learning_rate=RATE, **hyper)

    for rule, hyper in HOMOGENEOUS.items():
        yield f"{rule}@properties/power-of-two", partial(_power_of_two, bound(rule, hyper))
    for rule, steps in EXACT_STEPS[dtype].items():
        permuted = partial(_permuted_elements, bound(rule, EVERY_RULE[rule]), steps)
        yield f"{rule}@properties/permuted-elements", permuted
    for rule, hyper in EVERY_RULE.items():
        here = bound(rule, hyper)
        yield f"{rule}@properties/permuted-layers", partial(_permuted_layers, here, package.combine.each(here))
        yield f"{rule}@properties/accumulated", partial(_accumulated, here, package.combine.accumulated(here, 4))
        neutral = package.combine.hooked(here, package.hooks.rescale, package.hooks.clip)
        yield f"{rule}@properties/hook-that-changes-nothing", partial(_neutral_hook, here, neutral)


def _walk(engine: Engine, rule: Any, weight: Host, grads: Sequence[Host]) -> list[Host]:
    """Return the weight and the state after all steps from rest."""
    here = engine.put(weight)
    state = rule.init(here)
    for step, grad in enumerate(grads, start=1):
        here, state = rule.update(here, engine.put(grad), state, step)
    return engine.take([here, *state])


def _inputs(dtype: str) -> tuple[Host, list[Host]]:
    return data.weight(COUNT).astype(dtype), [data.grad(step, COUNT).astype(dtype) for step in range(STEPS)]


def _different(one: Sequence[Host], other: Sequence[Host], what: str) -> str:
    for left, right in zip(one, other, strict=True):
        unequal = np.flatnonzero(np.asarray(left != right).reshape(-1))
        if unequal.size:
            index = int(unequal[0])
            return f"{what}: {left.reshape(-1)[index]!r} is not {right.reshape(-1)[index]!r} at element {index}"
    return ""


def _power_of_two(rule: Any, engine: Engine, dtype: str) -> str:
    """Weights and gradients of another unit give weights of that unit."""
    weight, grads = _inputs(dtype)
    (plain, *_) = _walk(engine, rule, weight, grads)
    for power in POWERS:
        unit = 2.0**power
        (scaled, *_) = _walk(engine, rule, weight * unit, [grad * unit for grad in grads])
        wrong = _different([scaled], [plain * unit], f"scaled by 2^{power}")
        if wrong:
            return wrong
    return ""


def _permuted_elements(rule: Any, steps: int, engine: Engine, dtype: str) -> str:
    weight, grads = _inputs(dtype)
    order = np.array([5, 2, 11, 0, 15, 8, 3, 14, 1, 9, 4, 13, 6, 10, 7, 12])
    plain = _walk(engine, rule, weight, grads[:steps])
    permuted = _walk(engine, rule, weight[order], [grad[order] for grad in grads[:steps]])
    return _different(permuted, [array[order] for array in plain], "elements in another order")


def _permuted_layers(rule: Any, together: Any, engine: Engine, dtype: str) -> str:
    """Each layer moves as if it were alone, wherever it stands in the list."""
    weight, grads = _inputs(dtype)
    sizes = {"large": 64.0, "zero": 0.0, "plain": 1.0}
    alone = {name: _walk(engine, rule, weight * size, grads)[0] for name, size in sizes.items()}
    for names in (list(sizes), list(sizes)[::-1]):
        layers: Any = {name: engine.put(weight * sizes[name]) for name in names}
        states = together.init(layers)
        for step, grad in enumerate(grads, start=1):
            layers, states = together.update(layers, dict.fromkeys(names, engine.put(grad)), states, step)
        moved = engine.take([layers[name] for name in names])
        wrong = _different(moved, [alone[name] for name in names], f"layers in the order {names}")
        if wrong:
            return wrong
    return ""


def _accumulated(rule: Any, four: Any, engine: Engine, dtype: str) -> str:
    """Accumulating k gradients is one step with their mean."""
    weight, grads = _inputs(dtype)
    parts = [[grad + 0.25, grad, grad, grad - 0.25] for grad in grads]
    here = engine.put(weight)
    state = four.init(here)
    for step, grad in enumerate((part for group in parts for part in group), start=1):
        here, state = four.update(here, engine.put(grad), state, step)
    plain = _walk(engine, rule, weight, grads)
    return _different(engine.take([here, *state.inner]), plain, "four micro-batches")


def _neutral_hook(rule: Any, hooked: Any, engine: Engine, dtype: str) -> str:
    weight, grads = _inputs(dtype)
    plain = _walk(engine, rule, weight, grads)
    return _different(_walk(engine, hooked, weight, grads), plain, "hooks")
