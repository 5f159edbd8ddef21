"""Run the cases of MindSpore on whatever offers its optimizers: the release, or a drop-in for it.

A case is plain JSON data:

``optimizer, settings``  class and keywords; a function of the step a + b t stands as {"linear": [a, b]}
``lars``                 keywords of the LARS around it, or None; a filter stands by its name in `FILTERS`
``names``                the parameters' names
``groups``               None, or the list of groups, with names for parameters
``dtype``                of all arrays
``weights, grads``       parameter's name -> the factor of its weights and gradients

The release's LARS has one operator that runs on Ascend only. In its place stands the formula of that operator's
published kernel, composed of MindSpore's own operators; the class around it is the release's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from arrays import encoded

REPLACED = "LARSUpdate: its published kernel's formula, composed of MindSpore's own operators"
SHAPES = {"fc.weight": (4, 3), "fc.bias": (3,), "norm.gamma": (3,)}
TWO = ("fc.weight", "fc.bias")
_SCALES = (1.0, 0.3, 2.0, 0.7, 1.5)
_RATES = [0.125, 0.25, 0.0625, 0.5, 0.125]


def case(
    optimizer: str,
    *,
    lars: dict[str, Any] | None = None,
    names: tuple[str, ...] = TWO,
    groups: tuple[dict[str, Any], ...] | None = None,
    dtype: str = "float32",
    weights: dict[str, float] | None = None,
    grads: dict[str, float] | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Return a case; the learning rate is a list that changes from step to step unless it is given."""
    momentum = {"momentum": 0.9} if optimizer == "Momentum" else {}
    return {
        "optimizer": optimizer,
        "settings": {"learning_rate": _RATES, **momentum, **settings},
        "lars": lars,
        "names": names,
        "groups": groups,
        "dtype": dtype,
        "weights": dict.fromkeys(names, 1.0) | (weights or {}),
        "grads": dict.fromkeys(names, 1.0) | (grads or {}),
    }


def _linear(start: float, slope: float) -> dict[str, list[float]]:
    return {"linear": [start, slope]}


_SCALED = {"grads": dict.fromkeys(TWO, 8.0), "loss_scale": 8.0, "weight_decay": 0.05}
_VISIBLE = {"epsilon": 1e-3, "coefficient": 0.02}
_GROUPS = ({"params": ["fc.bias"], "lr": 0.5, "weight_decay": 0.3}, {"params": ["fc.weight"]})
_ONE_RATE = ({"params": ["fc.bias"], "weight_decay": 0.0}, {"params": ["fc.weight"]})
_ORDER = ({"order_params": ["fc.weight", "fc.bias"]},)
_THREE = tuple(SHAPES)

CASES = {
    "momentum": case("Momentum"),
    "momentum/rate-fixed": case("Momentum", learning_rate=0.1),
    "momentum/rate-function": case("Momentum", learning_rate=_linear(0.125, 0.0625)),
    "momentum/float16": case("Momentum", dtype="float16", weight_decay=0.05),
    "momentum/float64": case("Momentum", dtype="float64", learning_rate=0.1, weight_decay=0.05),
    "momentum/loss-scale": case("Momentum", **_SCALED),
    "momentum/decay-by-name": case("Momentum", names=_THREE, weight_decay=0.3),
    "momentum/decay-function": case("Momentum", weight_decay=_linear(0.25, 0.125)),
    "momentum/groups": case("Momentum", groups=_GROUPS, learning_rate=0.1, weight_decay=0.1),
    "momentum/groups-in-order": case("Momentum", groups=(*_GROUPS, *_ORDER), learning_rate=0.1, weight_decay=0.1),
    "momentum/groups-rate-list": case(
        "Momentum", groups=({**_GROUPS[0], "lr": [0.5, 0.25, 0.125, 0.0625, 1.0]}, _GROUPS[1]), learning_rate=0.1
    ),
    "momentum/nesterov-on-a-cpu": case("Momentum", use_nesterov=True, weight_decay=0.05),
    "sgd": case("SGD"),
    "sgd/momentum": case("SGD", momentum=0.9),
    "sgd/dampening": case("SGD", momentum=0.9, dampening=0.25, weight_decay=0.05),
    "sgd/dampening-without-momentum": case("SGD", dampening=0.5, weight_decay=0.05),
    "sgd/nesterov": case("SGD", momentum=0.9, nesterov=True, weight_decay=0.05),
    "sgd/float16": case("SGD", momentum=0.9, nesterov=True, dtype="float16"),
    "sgd/loss-scale": case("SGD", momentum=0.9, **_SCALED),
    "sgd/groups": case("SGD", groups=_GROUPS, momentum=0.9, learning_rate=0.1, weight_decay=0.1),
    "lars": case("Momentum", lars={}, weight_decay=0.05),
    "lars/visible": case("Momentum", lars=_VISIBLE, weight_decay=0.05),
    "lars/loss-scale": case("Momentum", lars=_VISIBLE, **_SCALED),
    "lars/clip-list": case("Momentum", lars={**_VISIBLE, "use_clip": True, "coefficient": 0.5}, weight_decay=0.05),
    "lars/clip-fixed": case(
        "Momentum", lars={**_VISIBLE, "use_clip": True, "coefficient": 0.05}, learning_rate=0.1, weight_decay=0.05
    ),
    "lars/clip-groups": case(
        "Momentum",
        lars={**_VISIBLE, "use_clip": True, "lars_filter": "all"},
        groups=_GROUPS,
        learning_rate=0.1,
        weight_decay=0.1,
    ),
    "lars/decay-by-name": case("Momentum", lars=_VISIBLE, names=_THREE, weight_decay=0.3),
    "lars/filter": case("Momentum", lars={**_VISIBLE, "lars_filter": "bias only"}, weight_decay=0.05),
    "lars/groups": case(
        "Momentum", lars={**_VISIBLE, "lars_filter": "all"}, groups=_ONE_RATE, learning_rate=0.1, weight_decay=0.1
    ),
    "lars/decay-function": case(
        "Momentum", lars={**_VISIBLE, "lars_filter": "all"}, learning_rate=0.5, weight_decay=_linear(0.25, 0.125)
    ),
    "lars/decay-function-rate-list": case("Momentum", lars=_VISIBLE, weight_decay=_linear(0.25, 0.125)),
    "lars/zero-weight": case("Momentum", lars={"lars_filter": "all"}, weight_decay=0.05, weights={"fc.bias": 0.0}),
    "lars/zero-gradient": case(
        "Momentum", lars={**_VISIBLE, "lars_filter": "all"}, weight_decay=0.05, grads={"fc.bias": 0.0}
    ),
    "lars/over-sgd": case("SGD", lars=_VISIBLE, momentum=0.9, nesterov=True, weight_decay=0.05),
}

FILTERS = {"all": lambda parameter: True, "bias only": lambda parameter: "bias" in parameter.name}  # noqa: ARG005


class Api(NamedTuple):
    """Where the driver finds what it calls."""

    optimizers: Any  # has Momentum, SGD and LARS
    parameter: Any  # (NumPy array, name) -> a parameter
    array: Any  # NumPy array -> a gradient
    rate: Any  # (a, b) -> a + b t as a learning rate
    decay: Any  # (a, b) -> a + b t as a decay


class Moment(NamedTuple):
    """What is there after a step."""

    returned: Any
    optimizer: Any  # the innermost, which counts and remembers
    params: dict[str, Any]


def drawn(case: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the weights of a case, and the gradients of each step."""
    source = {name: np.random.RandomState(7 + 4 * place) for place, name in enumerate(SHAPES)}

    def one(name: str, factor: float) -> Any:
        return (source[name].randn(*SHAPES[name]).astype(np.float32) * np.float32(factor)).astype(case["dtype"])

    weights = {name: one(name, case["weights"][name]) for name in case["names"]}
    return weights, [{name: one(name, scale * case["grads"][name]) for name in case["names"]} for scale in _SCALES]


def walk(api: Api, case: dict[str, Any]) -> Iterator[Moment]:
    """Yield what is there after each step; arrays of a drop-in may be overwritten in between."""
    weights, steps = drawn(case)
    params = {name: api.parameter(weight, name) for name, weight in weights.items()}
    inner = getattr(api.optimizers, case["optimizer"])(_grouped(api, case, params), **_timed(api, case["settings"]))
    optimizer = inner if case["lars"] is None else api.optimizers.LARS(inner, **_filtered(case["lars"]))
    order = [parameter.name for parameter in inner.parameters]
    for grads in steps:
        returned = optimizer(tuple(api.array(grads[name]) for name in order))
        yield Moment(returned, inner, params)


def _timed(api: Api, given: dict[str, Any]) -> dict[str, Any]:
    make = {"learning_rate": api.rate, "lr": api.rate, "weight_decay": api.decay}
    return {name: make[name](*value["linear"]) if isinstance(value, dict) else value for name, value in given.items()}


def _filtered(given: dict[str, Any]) -> dict[str, Any]:
    return {name: FILTERS[value] if name == "lars_filter" else value for name, value in given.items()}


def _grouped(api: Api, case: dict[str, Any], params: dict[str, Any]) -> list[Any]:
    if case["groups"] is None:
        return list(params.values())
    return [
        {
            key: [params[name] for name in value] if key in {"params", "order_params"} else value
            for key, value in _timed(api, group).items()
        }
        for group in case["groups"]
    ]


def drive(api: Api, case: dict[str, Any]) -> list[Any]:
    """Return what is there after each step of a case, as JSON has it."""
    return [_stored(moment) for moment in walk(api, case)]


def _stored(moment: Moment) -> dict[str, Any]:
    optimizer = moment.optimizer
    velocities = optimizer.moments if hasattr(optimizer, "moments") else optimizer.accum
    return {
        "returned": [bool(each) for each in moment.returned],
        "global_step": int(optimizer.global_step.asnumpy()[0]),
        "weights": {name: encoded(parameter.asnumpy()) for name, parameter in sorted(moment.params.items())},
        "velocities": {
            parameter.name: encoded(velocity.asnumpy()) for parameter, velocity in zip(optimizer.parameters, velocities)
        },
    }


def record() -> dict[str, Any]:
    """Return what the MindSpore that is installed computes for its cases, on a CPU and in graph mode."""
    import mindspore  # noqa: PLC0415  only the release's own environment has it

    mindspore.set_context(mode=mindspore.GRAPH_MODE, device_target="CPU")
    api = _release(mindspore)
    steps = {name: {"steps": drive(api, case)} for name, case in CASES.items()}
    return {
        name: found if CASES[name]["lars"] is None else {**found, "replaced": REPLACED} for name, found in steps.items()
    }


def _release(mindspore: Any) -> Api:
    import mindspore.nn.optim.lars as module  # noqa: PLC0415

    module.P = _with_operator(mindspore, module.P)
    nn, single = mindspore.nn, mindspore.float32

    class Rate(nn.learning_rate_schedule.LearningRateSchedule):
        def __init__(self, start, slope):  # noqa: ANN001, ANN204
            super().__init__()
            self.start = mindspore.Tensor(start, single)
            self.slope = mindspore.Tensor(slope, single)
            self.cast = mindspore.ops.Cast()

        def construct(self, global_step):  # noqa: ANN001, ANN202
            return self.start + self.slope * self.cast(global_step, single)

    class Decay(nn.Cell):
        def __init__(self, start, slope):  # noqa: ANN001, ANN204
            super().__init__()
            self.start = mindspore.Tensor(start, single)
            self.slope = mindspore.Tensor(slope, single)
            self.cast = mindspore.ops.Cast()

        def construct(self, global_step):  # noqa: ANN001, ANN202
            return self.start + self.slope * self.cast(global_step, single)

    return Api(
        optimizers=nn,
        parameter=lambda values, name: mindspore.Parameter(mindspore.Tensor(values), name=name),
        array=mindspore.Tensor,
        rate=Rate,
        decay=Decay,
    )


def _with_operator(mindspore: Any, operators: Any) -> Any:
    """Return the operators with a LARSUpdate that runs on a CPU; the compiler takes closures without branches only."""
    ops = mindspore.ops

    class Operators:
        def __getattr__(self, name: str) -> Any:
            return getattr(operators, name)

        @staticmethod
        def LARSUpdate(epsilon: float, coefficient: float, use_clip: bool) -> Any:  # noqa: N802  the release's name
            def rate(weight_squares, grad_squares, decay):  # noqa: ANN001, ANN202
                weight_norm = ops.sqrt(weight_squares)
                return coefficient * weight_norm / (ops.sqrt(grad_squares) + decay * weight_norm + epsilon)

            def plain(weight, grad, weight_squares, grad_squares, decay, learning_rate):  # noqa: ANN001, ANN202, ARG001
                return rate(weight_squares, grad_squares, decay) * (grad + decay * weight)

            def clipped(weight, grad, weight_squares, grad_squares, decay, learning_rate):  # noqa: ANN001, ANN202
                share = rate(weight_squares, grad_squares, decay) / learning_rate
                return ops.maximum(ops.minimum(share, 1.0), 0.0) * (grad + decay * weight)

            return clipped if use_clip else plain

    return Operators()
