"""The options of a parameter group, in torch's words, and what lbref's rules make of them."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ... import errors, hooks
from ..._numbers import plain_hyperparameters, plain_number
from ...combine import Bound, bind, hooked
from .._native import rule_of

HYPERPARAMETERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "lr": ("learning_rate",),
        "momentum": ("momentum",),
        "weight_decay": ("weight_decay",),
        "betas": ("beta1", "beta2"),
        "eps": ("eps",),
        "trust_coefficient": ("trust_coefficient",),
        "lower_bound": ("lower_bound",),
        "upper_bound": ("upper_bound",),
        "batch_scale": ("batch_scale",),
        "warmup_epochs": ("warmup_epochs",),
        "updates_per_epoch": ("updates_per_epoch",),
        "begin_epoch": ("begin_epoch",),
    }
)
"""torch's name -> lbref's, for whatever is a number."""

AXES = ("dialect", "adaptive", "warmup_strategy")
SWITCHES = ("adaptive", "maximize")
CONSTANTS = ("eps", "trust_coefficient")
"""What a dialect may fix: None leaves it to the rule."""

_WORDS = HYPERPARAMETERS.keys() | {word for words in HYPERPARAMETERS.values() for word in words} | {*AXES, *SWITCHES}


def rule_and_hyperparameters(where: str, name: str, options: Mapping[str, Any]) -> tuple[Bound, dict[str, Any]]:
    """Return the rule that a group steps with, and its hyperparameters by lbref's names.

    Raises
    ------
    LbrefError
        If an option is out of range.
    """
    for switch in options.keys() & SWITCHES:
        if not isinstance(options[switch], bool):
            raise errors.HyperparameterError(f"{where}: {switch} is {options[switch]!r}, but must be True or False")
    rule = rule_of(where, name, **{axis: options[axis] for axis in AXES if axis in options})
    if options["maximize"]:
        rule = _uphill(rule)
    found = dict(_numbers(where, options))
    return rule, plain_hyperparameters(where, inspect.signature(rule.update), found)


def check_names(where: str, options: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Refuse options that another optimizer has, misspelt ones, which would be ignored, and the lack of one.

    Other names are let through: schedulers and users keep their own in a group.

    Raises
    ------
    UnknownHyperparameterError
        If there is one.
    """
    own = [word for word in known if word in _WORDS]
    for word in (word for word in options if word not in known and (word in _WORDS or _is_close(word, own))):
        raise errors.UnknownHyperparameterError(f"{where}: there is no option {word!r}; there are {', '.join(own)}")
    for word in own:
        if word not in options:
            raise errors.UnknownHyperparameterError(f"{where}: option {word!r} is missing")


def _is_close(word: str, own: Sequence[str]) -> bool:
    """Return whether a name is one of the options, misspelt; ``max_momentum`` of OneCycleLR is not."""
    return bool(difflib.get_close_matches(word, own, n=1, cutoff=0.85))


def _uphill(rule: Bound) -> Bound:
    """Return the rule for −g; a dialect that rescales its gradient does so itself."""
    rescales = "rescale_grad" in inspect.signature(rule.update).parameters
    return bind(rule if rescales else hooked(rule, hooks.rescale), rescale_grad=-1.0)


def _numbers(where: str, options: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, words in HYPERPARAMETERS.items():
        if name not in options or (options[name] is None and name in CONSTANTS):
            continue
        if len(words) == 1:
            yield words[0], plain_number(where, name, options[name], range_of=words[0])
            continue
        if not isinstance(options[name], tuple | list) or len(options[name]) != len(words):
            raise errors.HyperparameterError(
                f"{where}: {name} is {options[name]!r}, but must be {len(words)} numbers, for {' and '.join(words)}"
            )
        for index, word in enumerate(words):
            yield word, plain_number(where, f"{name}[{index}]", options[name][index], range_of=word)
