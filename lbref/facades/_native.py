"""The rules that the native optimizers step with, for torch and for optax: lbref's own, or those of a dialect.

lbref's own are the published formulas, but for one thing: a layer with a norm of zero takes the ratio 1. By the
published formula it would keep a bias that starts at zero there for ever (docs/decisions/0010).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any

from .. import dialects, errors, trust
from ..combine import Bound, bind
from ..rules import lamb, lans, lars, lbsgd, nag, sgd

MODULES: Mapping[str, ModuleType] = MappingProxyType(
    {"sgd": sgd, "nag": nag, "lars": lars, "lamb": lamb, "lans": lans, "lbsgd": lbsgd}
)
"""Name -> the module of the rule, whose ``State`` says what is remembered."""

RULES: Mapping[str, Bound] = MappingProxyType(
    {
        "sgd": bind(sgd),
        "nag": bind(nag),
        "lars": bind(lars, zero_norm=trust.one_if_either_vanishes),
        "lamb": bind(lamb, zero_norm=trust.one_if_either_vanishes),
        "lans": bind(lans, zero_norm=trust.one_if_either_vanishes, unit=trust.unit),
        "lbsgd": bind(lbsgd),
    }
)
"""Name -> lbref's own rule."""

WARMUP_STRATEGIES: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {"linear": lbsgd.linear, "power2": lbsgd.power2, "sqrt": lbsgd.sqrt, "lars": lbsgd.lars}
)
"""Name -> where the multiplier of LBSGD comes from."""


def rule_of(
    where: str, name: str, /, *, dialect: str | None = None, adaptive: bool = True, warmup_strategy: str | None = None
) -> Bound:
    """Return a rule that needs no more than numbers.

    Parameters
    ----------
    where
        Who asks, for messages.
    name
        A name in `RULES`.
    dialect
        What stands behind the ``@`` in a name of `lbref.dialects.RULES`, or None for lbref's own rule.
    adaptive
        False for layers that are not adapted (biases, gains), of a rule with a trust ratio: their ratio is 1.
    warmup_strategy
        For LBSGD: a name in `WARMUP_STRATEGIES`, or None for that of the dialect, which of lbref's own is ``linear``.

    Raises
    ------
    HyperparameterError
        If there is no such dialect or strategy.
    """
    rule = RULES[name] if dialect is None else _dialect(where, name, dialect)
    if warmup_strategy is not None:
        _one_of(where, "warmup_strategy", warmup_strategy, WARMUP_STRATEGIES)
        rule = bind(rule, warmup_strategy=WARMUP_STRATEGIES[warmup_strategy])
    return rule if adaptive else bind(rule, zero_norm=trust.one_always)


def _dialect(where: str, name: str, dialect: Any) -> Bound:
    prefix = f"{name}@"
    known = {full.removeprefix(prefix): each for full, each in dialects.RULES.items() if full.startswith(prefix)}
    _one_of(where, "dialect", dialect, known)
    return Bound(known[dialect].init, known[dialect].update)


def _one_of(where: str, option: str, value: Any, known: Mapping[str, Any]) -> None:
    if not isinstance(value, str) or value not in known:
        raise errors.HyperparameterError(
            f"{where}: {option} is {value!r}, but must be None or one of {', '.join(sorted(known))}"
        )
