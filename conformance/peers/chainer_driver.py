"""Run the cases of Chainer on whatever offers its optimizers: the release, or a drop-in for it.

A case is plain JSON data:

``optimizer, settings``  class and keywords
``hooks``                [whose, class or function, keywords of the class, keywords of add_hook]: whose is ``optimizer``
                         or a parameter's name
``before``               what is done before a step: [step, whose, attribute, value]
``missing``              [step, parameter] whose gradient is None in that step
``dtype, steps``         of all arrays; how many
``weights``              parameter's name -> the factor of its weights
``grads``                parameter's name -> the factor of its gradients
"""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from arrays import encoded

SHAPES = {"weight": (4, 3), "bias": (3,)}
_SCALES = (1.0, 0.3, 2.0, 0.7, 1.5)
_RATES = (0.1, 0.2, 0.05, 0.3, 0.1)
_ALPHAS = (0.01, 0.02, 0.005, 0.0, 0.01)


def case(
    optimizer: str,
    *,
    hooks: tuple[tuple[Any, ...], ...] = (),
    before: tuple[tuple[Any, ...], ...] = (),
    missing: tuple[tuple[int, str], ...] = (),
    dtype: str = "float32",
    weights: dict[str, float] | None = None,
    grads: dict[str, float] | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Return a case; its learning rate changes from step to step unless `before` says otherwise."""
    name, values = ("alpha", _ALPHAS) if optimizer == "Adam" else ("lr", _RATES)
    rates = tuple((step, "optimizer", name, value) for step, value in enumerate(values, start=1))
    return {
        "optimizer": optimizer,
        "settings": settings,
        "hooks": hooks,
        "before": (*rates, *before),
        "missing": missing,
        "dtype": dtype,
        "weights": {"weight": 1.0, "bias": 1.0, **(weights or {})},
        "grads": {"weight": 1.0, "bias": 1.0, **(grads or {})},
    }


def _hook(
    name: str, whose: str = "optimizer", /, timing: str = "auto", called: str | None = None, **keywords: Any
) -> Any:
    return (whose, name, keywords, {"timing": timing, "name": called})


_LARS = _hook("GradientLARS", weight_decay=0.05, eps=1e-3)
_DECAY = _hook("WeightDecay", rate=0.1)

CASES = {
    "sgd": case("SGD"),
    "sgd/lars-default": case("SGD", hooks=(_hook("GradientLARS"),)),
    "momentum-sgd": case("MomentumSGD"),
    "momentum-sgd/lars": case("MomentumSGD", hooks=(_LARS,)),
    "momentum-sgd/lars-float64": case("MomentumSGD", hooks=(_LARS,), dtype="float64"),
    "momentum-sgd/lars-float16": case("MomentumSGD", hooks=(_LARS,), dtype="float16"),
    "momentum-sgd/lars-float16-overflow": case(
        "MomentumSGD", hooks=(_LARS,), dtype="float16", weights={"weight": 300.0, "bias": 300.0}
    ),
    "momentum-sgd/lars-threshold": case(
        "MomentumSGD",
        hooks=(_hook("GradientLARS", threshold=0.5, weight_decay=0.05),),
        weights={"weight": 0.05, "bias": 0.0},
    ),
    "momentum-sgd/lars-zero-gradient": case("MomentumSGD", hooks=(_LARS,), grads={"bias": 0.0}),
    "momentum-sgd/lars-attributes-change": case(
        "MomentumSGD",
        hooks=(_LARS,),
        before=(
            (2, "GradientLARS", "weight_decay", 0.5),
            (3, "GradientLARS", "threshold", 100.0),
            (4, "GradientLARS", "threshold", 0.01),
            (4, "GradientLARS", "eps", 1.0),
            (5, "optimizer", "momentum", 0.5),
        ),
    ),
    "momentum-sgd/decay-then-lars": case("MomentumSGD", hooks=(_DECAY, _LARS)),
    "momentum-sgd/lars-then-decay": case("MomentumSGD", hooks=(_LARS, _DECAY)),
    "momentum-sgd/no-gradient": case("MomentumSGD", hooks=(_DECAY,), missing=((1, "bias"), (3, "bias"), (4, "weight"))),
    "momentum-sgd/decay-after-the-update": case("MomentumSGD", hooks=(_hook("WeightDecay", timing="post", rate=0.1),)),
    "momentum-sgd/functions": case(
        "MomentumSGD", hooks=(_hook("doubled"), _hook("halved_rate"), _hook("cleared", timing="pre", called="last"))
    ),
    "momentum-sgd/own-rules": case(
        "MomentumSGD",
        hooks=(_hook("WeightDecay", "bias", rate=0.1), _hook("GradientLARS", "weight")),
        before=(
            (1, "bias", "lr", 0.5),
            (3, "bias", "momentum", 0.0),
            (4, "weight", "enabled", False),
            (5, "weight", "enabled", True),
        ),
    ),
    "corrected-momentum-sgd": case("CorrectedMomentumSGD"),
    "corrected-momentum-sgd/lars": case("CorrectedMomentumSGD", hooks=(_LARS,)),
    "nesterov-ag": case("NesterovAG"),
    "nesterov-ag/lars": case("NesterovAG", hooks=(_LARS,)),
    "nesterov-ag/decay": case("NesterovAG", hooks=(_DECAY,)),
    "adam": case("Adam"),
    "adam/lars": case("Adam", hooks=(_LARS,)),
    "adam/decay-apart": case("Adam", weight_decay_rate=0.1, before=((3, "optimizer", "eta", 0.5),)),
    "adam/settings-float64": case(
        "Adam", dtype="float64", beta1=0.5, beta2=0.9, eps=0.1, eta=2.0, weight_decay_rate=0.01
    ),
    "adam/float16": case("Adam", dtype="float16", eps=1e-3, grads={"weight": 8.0, "bias": 8.0}),
}

WITH_HOOK_OF_LBREF = ("momentum-sgd/lars", "momentum-sgd/lars-float16", "momentum-sgd/lars-threshold", "adam/lars")


def doubled(rule: Any, param: Any) -> None:
    """Double a gradient in place."""
    del rule
    param.grad *= 2


doubled.call_for_each_param = True  # type: ignore[attr-defined]


def halved_rate(optimizer: Any) -> None:
    """Halve the rate of an optimizer from its third update on, which it does not count yet."""
    if optimizer.t >= 2:  # noqa: PLR2004
        optimizer.lr *= 0.5


def cleared(rule: Any, param: Any) -> None:
    """Take the gradient away in every other update."""
    if rule.t % 2:
        param.cleargrad()


cleared.call_for_each_param = True  # type: ignore[attr-defined]

FUNCTIONS = {"doubled": doubled, "halved_rate": halved_rate, "cleared": cleared}


def drawn(case: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the weights of a case, and the gradients of each step."""
    draw, other = np.random.RandomState(7), np.random.RandomState(11)
    source = {"weight": draw, "bias": other}

    def one(name: str, factor: float) -> Any:
        return (source[name].randn(*SHAPES[name]).astype(np.float32) * np.float32(factor)).astype(case["dtype"])

    weights = {name: one(name, case["weights"][name]) for name in SHAPES}
    steps = [{name: one(name, scale * case["grads"][name]) for name in SHAPES} for scale in _SCALES]
    return weights, steps


def walk(chainer: Any, case: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield the optimizer and its parameters by name after each step; their arrays may be overwritten in between."""
    weights, steps = drawn(case)
    target, params = _model(chainer, weights)
    optimizer = getattr(chainer.optimizers, case["optimizer"])(**case["settings"]).setup(target)
    named = {"optimizer": optimizer, **{name: param.update_rule for name, param in params.items()}}
    for whose, name, keywords, options in case["hooks"]:
        hook = FUNCTIONS[name] if name in FUNCTIONS else getattr(chainer.optimizer_hooks, name)(**keywords)
        named[whose].add_hook(hook, **options)
        named[name] = hook
    for step, grads in enumerate(steps, start=1):
        for when, whose, attribute, value in case["before"]:
            if when == step:
                _set(named[whose], attribute, value)
        for name, param in params.items():
            param.grad = None if (step, name) in case["missing"] else grads[name]
        optimizer.update()
        yield optimizer, params


def _model(chainer: Any, weights: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return what is set up, and the parameters in it: a link in the release, a dict in a drop-in."""
    params = {name: chainer.Parameter(weight, name=name) for name, weight in weights.items()}
    if not hasattr(chainer, "Link"):
        return params, params
    link = chainer.Link()
    with link.init_scope():
        for name, param in params.items():
            setattr(link, name, param)
    return link, params


def _set(holder: Any, attribute: str, value: Any) -> None:
    own = hasattr(holder, "hyperparam") and attribute != "enabled"
    setattr(holder.hyperparam if own else holder, attribute, value)


def _stored(optimizer: Any, params: dict[str, Any]) -> dict[str, Any]:
    arrays = {
        name: {
            "data": encoded(param.data),
            "grad": encoded(param.grad),
            "state": {key: encoded(array) for key, array in sorted(param.update_rule.state.items())},
            "t": param.update_rule.t,
        }
        for name, param in params.items()
        if param.update_rule.state is not None
    }
    return {"t": optimizer.t, "params": arrays}


def drive(chainer: Any, case: dict[str, Any]) -> list[Any]:
    """Return what is there after each step of a case, as JSON has it."""
    return [_stored(optimizer, params) for optimizer, params in walk(chainer, case)]


def record() -> dict[str, Any]:
    """Return what the Chainer that is installed computes, with its own hook and for some cases with that of lbref."""
    import chainer  # noqa: PLC0415  only the release's own environment has it

    cases = {name: {"steps": drive(chainer, CASES[name])} for name in CASES}
    with_lbref, made_with = _chainer_with_hook_of_lbref(chainer)
    for name in WITH_HOOK_OF_LBREF:
        cases[f"hook-of-lbref/{name}"] = {"steps": drive(with_lbref, CASES[name]), "made_with": made_with}
    return cases


def _chainer_with_hook_of_lbref(chainer: Any) -> tuple[Any, dict[str, str]]:
    """Return the release with lbref's hooks, and what they ran on."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from lbref.facades.chainer import optimizer_hooks  # noqa: PLC0415

    class Mixed:
        """The release but for its hooks."""

        def __getattr__(self, name: str) -> Any:
            return getattr(chainer, name)

    mixed = Mixed()
    mixed.optimizer_hooks = optimizer_hooks  # type: ignore[attr-defined]
    return mixed, {"array-api-compat": importlib.metadata.version("array-api-compat"), "hooks": "lbref"}
