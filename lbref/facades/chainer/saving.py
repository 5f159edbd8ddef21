"""The state of an optimizer as a tree that `lbref.facades.checkpoint` can save."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import _saved
from .._memory import copied
from .parameter import named

_KEYS = ("optimizer", "t", "epoch", "hyperparam", "rules")
_RULE_KEYS = ("t", "enabled", "hyperparam", "state")


def state_dict(optimizer: Any) -> dict[str, Any]:
    """Return the state of an optimizer that is set up."""
    return {
        "optimizer": type(optimizer).__name__,
        "t": optimizer.t,
        "epoch": optimizer.epoch,
        "hyperparam": optimizer.hyperparam.own(),
        "rules": {name: _rule_state(param.update_rule) for name, param in _ruled(optimizer)},
    }


def _rule_state(rule: Any) -> dict[str, Any]:
    state = rule.state
    return {
        "t": rule.t,
        "enabled": rule.enabled,
        "hyperparam": rule.hyperparam.own(),
        "state": None if state is None else {key: copied(array) for key, array in state.items()},
    }


def load_state_dict(optimizer: Any, given: Mapping[str, Any]) -> None:
    """Take over a state, if all of it fits."""
    where = f"chainer.{type(optimizer).__name__}.load_state_dict"
    _saved.check_owner(where, given, type(optimizer).__name__)
    _saved.check_keys(where, "the state", given, _KEYS)
    ruled = _ruled(optimizer)
    _saved.check_keys(where, "rules", given["rules"], [name for name, _ in ruled])
    counts = [_saved.count(where, name, given[name]) for name in ("t", "epoch")]
    numbers = _numbers(where, optimizer.hyperparam, given["hyperparam"])
    _saved.check_keys(where, "hyperparam", numbers, optimizer.hyperparam.own())
    rules = [_checked_rule(where, name, param, given["rules"][name]) for name, param in ruled]

    optimizer.t, optimizer.epoch = counts
    optimizer.hyperparam.replace(numbers)
    for (_, param), found in zip(ruled, rules, strict=True):
        rule = param.update_rule
        rule.t, rule.enabled, rule.state = found["t"], found["enabled"], found["state"]
        rule.hyperparam.replace(found["hyperparam"])


def _checked_rule(where: str, name: str, param: Any, given: Any) -> dict[str, Any]:
    rule = param.update_rule
    _saved.check_keys(where, f"rules[{name!r}]", given, _RULE_KEYS)
    state = given["state"]
    if state is not None:
        _saved.check_keys(where, f"the state of {name}", state, rule.fields)
        state = {key: _saved.fitting(where, f"{key} of {name}", state[key], param.data) for key in rule.fields}
    return {
        "t": _saved.count(where, f"t of {name}", given["t"]),
        "enabled": bool(given["enabled"]),
        "hyperparam": _numbers(where, rule.hyperparam, given["hyperparam"]),
        "state": state,
    }


def _numbers(where: str, hyperparam: Any, given: Any) -> dict[str, Any]:
    _saved.check_keys(where, "hyperparam", given, given if isinstance(given, Mapping) else ())
    return {name: hyperparam.checked(name, value) for name, value in given.items()}


def _ruled(optimizer: Any) -> list[tuple[str, Any]]:
    return [(name, param) for name, param in named(optimizer.target) if param.update_rule is not None]
