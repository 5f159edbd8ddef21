"""What each family of dialects is asked with: hyperparameters, and their letters in the oracle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .oracle import gradient_lars, hooks, lamb, lans, lars, lbsgd, nag, sgd
from .oracle.array import Letters
from .oracle.number import Scalar

Hyper = Mapping[str, Any]


class Kind(Enum):
    """What a family's dialects are functions of."""

    RULE = "weight, gradient and state"
    HOOK = "weight and gradient"
    MODEL_HOOK = "the gradients of all layers"


@dataclass(frozen=True)
class Family:
    """One rule or hook with all its dialects."""

    name: str
    formulas: Mapping[str, Callable[..., Any]]  # dialect -> the oracle's formula
    letters: Mapping[str, str]  # hyperparameter -> letter
    state: Mapping[str, str]  # field of the state -> letter, in the order of the fields
    settings: Mapping[str, Hyper]  # name -> hyperparameters; "designed" are dyadic, "typical" are not
    defaults: Hyper  # what holds for a hyperparameter that is not passed
    withheld: Mapping[str, frozenset[str]] = field(default_factory=dict)  # dialect -> bound by the dialect itself
    kind: Kind = Kind.RULE

    def letters_for(self, hyper: Hyper) -> Letters:
        """Return the hyperparameters under the names that the oracle's formulas use."""
        all_of_them = {**self.defaults, **hyper}
        given = {self.letters[name]: Scalar(value) for name, value in all_of_them.items() if name in self.letters}
        return Letters(**given, **_counts(all_of_them))


def _counts(hyper: Hyper) -> dict[str, int]:
    if "batch_scale" not in hyper:
        return {}
    epoch = hyper["updates_per_epoch"]
    return {"B": hyper["batch_scale"], "N": hyper["warmup_epochs"] * epoch, "n0": hyper["begin_epoch"] * epoch}


_INFINITY = float("inf")
_UNTOUCHED = {"weight_decay": 0.0, "rescale_grad": 1.0, "clip_gradient": _INFINITY}
_MOMENTUM_DEFAULTS = _UNTOUCHED | {"momentum": 0.9}
_LARS_DEFAULTS = _MOMENTUM_DEFAULTS | {"trust_coefficient": 0.001, "eps": 0.0}
_LAMB_DEFAULTS = _UNTOUCHED | {"beta1": 0.9, "beta2": 0.999, "eps": 1e-6, "lower_bound": 0.0, "upper_bound": _INFINITY}
_LBSGD_DEFAULTS = _UNTOUCHED | {
    "momentum": 0.0,
    "batch_scale": 1,
    "warmup_epochs": 5,
    "updates_per_epoch": 32,
    "begin_epoch": 0,
}
_MOMENTUM = {"learning_rate": "γ", "momentum": "m", "weight_decay": "β", "rescale_grad": "s", "clip_gradient": "c"}
_MOMENTUM_SETTINGS = {
    "designed": {"momentum": 0.75, "weight_decay": 0.5, "rescale_grad": 0.5, "clip_gradient": 0.75},
    "typical": {"momentum": 0.9, "weight_decay": 0.05, "rescale_grad": 1 / 3, "clip_gradient": 0.4},
    "no-decay": {"momentum": 0.75, "weight_decay": 0.0, "rescale_grad": 0.5, "clip_gradient": _INFINITY},
    "no-momentum": {"momentum": 0.0, "weight_decay": 0.25, "rescale_grad": -1.0, "clip_gradient": 0.5},
    "defaults": {},
}
_LAMB = {
    "learning_rate": "η",
    "beta1": "a",
    "beta2": "b",
    "eps": "ε",
    "weight_decay": "λ",
    "lower_bound": "p",
    "upper_bound": "q",
    "rescale_grad": "s",
    "clip_gradient": "c",
}
_LAMB_DESIGNED = {
    "beta1": 0.75,
    "beta2": 0.875,
    "eps": 0.125,
    "weight_decay": 0.5,
    "lower_bound": 0.0,
    "upper_bound": 64.0,
    "rescale_grad": 0.5,
    "clip_gradient": 0.75,
}
_LAMB_SETTINGS = {
    "designed": _LAMB_DESIGNED,
    "typical": _LAMB_DESIGNED
    | {"beta1": 0.9, "beta2": 0.999, "eps": 1e-6, "weight_decay": 0.05, "rescale_grad": 1 / 3, "clip_gradient": 0.4},
    "small-eps": _LAMB_DESIGNED | {"eps": 2.0**-19},
    "no-decay": _LAMB_DESIGNED | {"weight_decay": 0.0, "clip_gradient": _INFINITY},
    "bounded-above": _LAMB_DESIGNED | {"upper_bound": 2.0},
    "bounded-below": _LAMB_DESIGNED | {"lower_bound": 48.0},
    "beta-zero": _LAMB_DESIGNED | {"beta1": 0.0, "beta2": 0.0},
    "defaults": {},
}
_LARS_DESIGNED = {
    "momentum": 0.75,
    "weight_decay": 0.5,
    "trust_coefficient": 0.25,
    "eps": 0.0,
    "rescale_grad": 0.5,
    "clip_gradient": 0.75,
}
_LBSGD_DESIGNED = {
    "momentum": 0.75,
    "weight_decay": 0.5,
    "batch_scale": 2,
    "warmup_epochs": 1,
    "updates_per_epoch": 8,
    "begin_epoch": 0,
    "rescale_grad": 0.5,
    "clip_gradient": 0.75,
}

_HOOK_SETTINGS = {
    "designed": {"weight_decay": 0.5, "rescale_grad": 0.5, "clip_gradient": 0.75},
    "typical": {"weight_decay": 0.05, "rescale_grad": 1 / 3, "clip_gradient": 0.4},
    "no-decay": {"weight_decay": 0.0, "rescale_grad": -2.0, "clip_gradient": _INFINITY},
    "clipped-to-zero": {"weight_decay": 1.0, "rescale_grad": 0.0, "clip_gradient": 0.0},
    "defaults": {},
}
_MODEL_SETTINGS = {
    "designed": {"max_norm": 0.5},
    "typical": {"max_norm": 1.3},
    "no-decay": {"max_norm": 4096.0},
}

FAMILIES = (
    Family("sgd", sgd.FORMULAS, _MOMENTUM, {"velocity": "v"}, _MOMENTUM_SETTINGS, _MOMENTUM_DEFAULTS),
    Family("nag", nag.FORMULAS, _MOMENTUM, {"velocity": "v"}, _MOMENTUM_SETTINGS, _MOMENTUM_DEFAULTS),
    Family(
        "lars",
        lars.FORMULAS,
        _MOMENTUM | {"trust_coefficient": "η", "eps": "ε"},
        {"velocity": "v"},
        {
            "designed": _LARS_DESIGNED,
            "typical": _LARS_DESIGNED
            | {"momentum": 0.9, "weight_decay": 0.05, "trust_coefficient": 0.001, "rescale_grad": 1 / 3}
            | {"eps": 1e-3},
            "small-eps": _LARS_DESIGNED | {"eps": 2.0**-19},
            "large-eps": _LARS_DESIGNED | {"eps": 1.0},
            "defaults": {},
            "no-decay": _LARS_DESIGNED | {"weight_decay": 0.0, "clip_gradient": _INFINITY},
        },
        _LARS_DEFAULTS,
        {
            "mxnet-2.0.0b1": frozenset({"eps"}),
            "mxnet-2.0.0b1-documented": frozenset({"eps", "trust_coefficient"}),
            "timm-1.0.31": frozenset({"eps"}),
        },
    ),
    Family("lamb", lamb.FORMULAS, _LAMB, {"mean": "m", "mean_square": "v"}, _LAMB_SETTINGS, _LAMB_DEFAULTS),
    Family(
        "lans",
        lans.FORMULAS,
        _LAMB,
        {"mean": "m", "mean_square": "v"},
        {name: hyper and hyper | {"clip_gradient": 0.25} for name, hyper in _LAMB_SETTINGS.items()},
        _LAMB_DEFAULTS,
    ),
    Family(
        "lbsgd",
        lbsgd.FORMULAS,
        _MOMENTUM,
        {"velocity": "v", "grad_sum": "a"},
        {
            "designed": _LBSGD_DESIGNED,
            "typical": _LBSGD_DESIGNED
            | {"momentum": 0.9, "weight_decay": 0.05, "batch_scale": 3, "updates_per_epoch": 5}
            | {"rescale_grad": 1 / 3, "clip_gradient": 0.4},
            "late-epoch": _LBSGD_DESIGNED | {"begin_epoch": 1, "warmup_epochs": 2, "updates_per_epoch": 7},
            "no-decay": _LBSGD_DESIGNED | {"weight_decay": 0.0, "clip_gradient": _INFINITY},
            "one-micro-batch": _LBSGD_DESIGNED | {"batch_scale": 1, "updates_per_epoch": 1},
            "defaults": {},
        },
        _LBSGD_DEFAULTS,
    ),
    Family(
        "gradient-lars",
        gradient_lars.FORMULAS,
        {"learning_rate": "α", "trust_coefficient": "η", "weight_decay": "β"},
        {},
        {
            "designed": {"trust_coefficient": 0.25, "weight_decay": 0.5},
            "typical": {"trust_coefficient": 0.001, "weight_decay": 0.05},
            "no-decay": {"trust_coefficient": 0.25, "weight_decay": 0.0},
            "capped": {"trust_coefficient": 4.0, "weight_decay": 0.5},
            "defaults": {},
        },
        {"trust_coefficient": 0.001, "weight_decay": 0.0},
        {
            "chainer-7.8.1": frozenset({"trust_coefficient"}),
            "chainer-7.8.1-documented": frozenset({"trust_coefficient"}),
        },
        Kind.HOOK,
    ),
    Family("hook", hooks.FORMULAS, _MOMENTUM, {}, _HOOK_SETTINGS, _UNTOUCHED, kind=Kind.HOOK),
    Family("hook", hooks.MODEL_FORMULAS, {"max_norm": "M"}, {}, _MODEL_SETTINGS, {}, kind=Kind.MODEL_HOOK),
)
