"""How a dialect is walked through the steps of a case, on whatever arrays."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from .cases import Case
from .families import Kind

Walk = Callable[[Any, Sequence[Any], Any, Sequence[Any]], list[tuple[Any, ...]]]


class Stepper(NamedTuple):
    """A dialect with the hyperparameters of a case, ready for arrays."""

    start: Callable[[Any], Any]  # weight -> state
    resume: Callable[[Mapping[str, Any]], Any]  # fields -> state
    walk: Walk  # (weight, gradients, state, rates) -> per step, the outputs


def stepper(case: Case, package: ModuleType) -> Stepper:
    """Return the dialect of a case as `package` (lbref, or a copy of it with one formula changed) has it."""
    if case.family.kind is Kind.RULE:
        return _rule_stepper(case, package)
    make = _hook_walk if case.family.kind is Kind.HOOK else _model_hook_walk
    return Stepper(_stateless, _stateless, make(case, package.dialects.HOOKS[case.subject].rule))


def _stateless(given: Any) -> tuple[()]:
    del given
    return ()


def _rule_stepper(case: Case, package: ModuleType) -> Stepper:
    bare = package.dialects.RULES[case.subject].rule
    rule = package.combine.with_master_weight(bare) if case.storage != case.dtype else bare
    hyper = _known(case, bare.update)
    state_type = getattr(package.rules, case.family.name).State

    def walk(weight: Any, grads: Sequence[Any], state: Any, rates: Sequence[Any]) -> list[tuple[Any, ...]]:
        outputs = []
        for index, (grad, rate) in enumerate(zip(grads, rates, strict=True)):
            weight, state = rule.update(
                weight, grad, state, case.inputs.first_step + index, learning_rate=rate, **hyper
            )
            outputs.append((weight, *_fields(state)))
        return outputs

    return Stepper(rule.init, lambda fields: state_type(**fields), walk)


def _fields(state: Any) -> tuple[Any, ...]:
    return (state.master, *state.inner) if hasattr(state, "master") else tuple(state)


def _hook_walk(case: Case, hook: Callable[..., Any]) -> Walk:
    hyper = _known(case, hook)
    reads_rate = "learning_rate" in inspect.signature(hook).parameters

    def walk(weight: Any, grads: Sequence[Any], state: Any, rates: Sequence[Any]) -> list[tuple[Any, ...]]:
        del state
        named = [{"learning_rate": rate} if reads_rate else {} for rate in rates]
        return [(hook(weight, grad, **rate, **hyper),) for grad, rate in zip(grads, named, strict=True)]

    return walk


def _model_hook_walk(case: Case, hook: Callable[..., Any]) -> Walk:
    hyper = _known(case, hook)

    def walk(weight: Any, grads: Sequence[Any], state: Any, rates: Sequence[Any]) -> list[tuple[Any, ...]]:
        del weight, state, rates
        return [(layer,) for layer in hook(grads, **hyper)]

    return walk


def _known(case: Case, function: Callable[..., Any]) -> dict[str, Any]:
    known = inspect.signature(function).parameters
    return {name: value for name, value in case.hyper.items() if name in known}
