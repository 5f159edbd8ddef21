"""LBSGD for a count that is traced: Python cannot branch on it, so the array library chooses."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from .. import errors
from .._arrays import namespace
from .._numbers import check_names, is_array, plain_number
from .._types import Array, Rule, State
from ..rules import lbsgd
from .binding import Bound, combined, name_of

COUNTED = (lbsgd.linear, lbsgd.power2, lbsgd.sqrt)
"""The strategies that read nothing but the count."""

_WHOLE = ("batch_scale", "warmup_epochs", "updates_per_epoch", "begin_epoch")


def traceable(rule: Rule, /) -> Bound:
    """Return LBSGD, or a dialect of it, for steps that may be traced (as by ``jax.jit``).

    A plain step goes to the rule itself. For a traced one both phases are computed, that of a micro-batch that waits
    and that of one that ends a step, and the count chooses between them; the multiplier is read from a table of what
    the warmup strategy says of every step up to the end of the warmup.

    Raises
    ------
    UnknownHyperparameterError
        If the rule does not count as LBSGD does.
    HyperparameterError
        From ``update``, if with the step one of ``batch_scale``, ``warmup_epochs``, ``updates_per_epoch`` and
        ``begin_epoch`` is traced too, or ``warmup_strategy`` is none of `lbref.rules.lbsgd`.
    """
    where, signature = f"traceable({name_of(rule)})", inspect.signature(rule.update)
    check_names(where, signature, dict.fromkeys((*_WHOLE, "warmup_strategy")), complete=False)

    def update(weight: Array, grad: Array, state: State, step: Any, /, **hyperparameters: Any) -> tuple[Array, State]:
        if not is_array(step):
            return rule.update(weight, grad, state, step, **hyperparameters)
        parameters = {name: parameter.default for name, parameter in signature.parameters.items()} | hyperparameters
        batch_scale, count, updates = _plan(where, parameters, step)
        multiplier = _multiplier(where, parameters["warmup_strategy"], weight, count, batch_scale, updates)
        static = hyperparameters | {"begin_epoch": 0, "warmup_strategy": multiplier}
        ended = rule.update(weight, grad, state, batch_scale, **static)
        waited = rule.update(weight, grad, state, 1, **static) if batch_scale > 1 else ended
        return _choose(count % batch_scale == 0, ended, waited)

    return combined(where, rule.init, update, signature)


def _plan(where: str, parameters: dict[str, Any], step: Any) -> tuple[int, Any, int]:
    """Return B, n and N of the formula, of which n is traced."""
    batch_scale, warmup_epochs, updates_per_epoch, begin_epoch = (
        _whole(where, name, parameters[name]) for name in _WHOLE
    )
    return batch_scale, begin_epoch * updates_per_epoch + step, warmup_epochs * updates_per_epoch


def _whole(where: str, name: str, value: Any) -> int:
    number = plain_number(where, name, value)
    if is_array(number):
        raise errors.HyperparameterError(f"{where}: {name} is traced, but where the step is, it must be a number")
    return int(number)


def _multiplier(
    where: str, strategy: lbsgd.Strategy, weight: Array, count: Any, batch_scale: int, updates: int
) -> lbsgd.Strategy:
    """Return a strategy of the same meaning that needs no plain count."""
    if strategy is lbsgd.lars:
        return strategy
    if strategy not in COUNTED:
        raise errors.HyperparameterError(
            f"{where}: warmup_strategy is {strategy!r}, but where the step is traced it must be linear, power2, sqrt "
            f"or lars of lbref.rules.lbsgd"
        )
    xp = namespace(weight)
    table = xp.asarray(_table(strategy, batch_scale, updates), dtype=weight.dtype)
    place = xp.minimum(count // batch_scale, table.shape[0] - 1)
    found = xp.reshape(xp.take(table, xp.reshape(place, (1,)), axis=0), ())
    return lambda *_, **__: found


@functools.lru_cache
def _table(strategy: Callable[..., float], batch_scale: int, updates: int) -> tuple[float, ...]:
    """Return the multipliers of the steps that end at micro-batch 0, B, 2 B, up to the first from N on."""
    steps = -(-updates // batch_scale) + 1
    fixed = {"updates": updates, "batch_scale": batch_scale, "weight_decay": 0.0}
    return tuple(strategy(None, None, step * batch_scale, **fixed) for step in range(steps))


def _choose(first: Any, ended: tuple[Array, State], waited: tuple[Array, State]) -> tuple[Array, State]:
    (weight, state), (other_weight, other_state) = ended, waited
    where = namespace(weight).where
    pairs = zip(state, other_state, strict=True)
    return where(first, weight, other_weight), type(state)(*(where(first, mine, other) for mine, other in pairs))
