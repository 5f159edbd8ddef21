"""Dialects: what each known implementation computes, as data.

`ALL` maps ids such as ``lars@mxnet-1.9.1`` to a `Dialect`: a binding of functions and constants with its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from . import gradient_lars, hooks, lamb, lans, lars, lbsgd, nag, schedules, sgd, warmup
from ._dialect import Dialect

RULES: Mapping[str, Dialect] = MappingProxyType(
    {
        f"{rule}@{name}": dialect
        for rule, module in (
            ("sgd", sgd),
            ("nag", nag),
            ("lars", lars),
            ("lamb", lamb),
            ("lans", lans),
            ("lbsgd", lbsgd),
        )
        for name, dialect in module.DIALECTS.items()
    }
)
"""Dialects of rules."""

HOOKS: Mapping[str, Dialect] = MappingProxyType(
    {f"gradient-lars@{name}": dialect for name, dialect in gradient_lars.DIALECTS.items()}
    | {f"hook@{name}": dialect for name, dialect in hooks.DIALECTS.items()}
)
"""Dialects of gradient hooks."""

SCHEDULES: Mapping[str, Dialect] = MappingProxyType(
    {f"warmup@{name}": dialect for name, dialect in warmup.DIALECTS.items()}
    | {f"schedule@{name}": dialect for name, dialect in schedules.DIALECTS.items()}
)
"""Dialects of warmup rules and learning-rate schedules."""

ALL: Mapping[str, Dialect] = MappingProxyType({**RULES, **HOOKS, **SCHEDULES})
"""Every dialect."""

__all__ = ["ALL", "HOOKS", "RULES", "SCHEDULES", "Dialect"]
