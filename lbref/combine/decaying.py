"""Take the decay from the weight beside a rule's step."""

from __future__ import annotations

import inspect
from typing import Any

from .._checks import like
from .._numbers import check_names, plain_number
from .._types import Array, Rule, State
from .binding import Bound, combined, name_of, value_of


def decayed_apart(rule: Rule, /) -> Bound:
    """Return the rule with its decay apart: w ← (w after the rule's step without decay) − β w, whatever the rate.

    Loshchilov and Hutter 2019, arXiv:1711.05101, Algorithm 2, where β is the schedule multiplier times the decay rate;
    Chainer's AdamW.

    Parameters
    ----------
    rule
        Any rule that has a ``weight_decay``, which becomes the share β of the weight that is lost at every step.

    Raises
    ------
    UnknownHyperparameterError
        If the rule has no ``weight_decay``.
    """
    where, signature = f"decayed_apart({name_of(rule)})", inspect.signature(rule.update)
    check_names(where, signature, {"weight_decay": 0.0}, complete=False)

    def update(weight: Array, grad: Array, state: State, step: int, /, **hyperparameters: Any) -> tuple[Array, State]:
        given = value_of("weight_decay", hyperparameters, signature, step)
        moved, state = rule.update(weight, grad, state, step, **hyperparameters | {"weight_decay": 0.0})
        share = like(where, "weight_decay", plain_number(where, "weight_decay", given["weight_decay"]), weight)
        return moved - share * weight, state

    return combined(where, rule.init, update, signature)
