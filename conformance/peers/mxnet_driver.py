"""Run the cases of MXNet on whatever offers its optimizers: the release, or a drop-in for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import mxnet1_cases
import mxnet2_cases
from arrays import decoded, encoded

_Call = Callable[[list[Any]], list[Any]]  # gradients -> states, after one step

CASES = {"mxnet-1.9.1": mxnet1_cases.CASES, "mxnet-2.0.0b1": mxnet2_cases.CASES}


class Api(NamedTuple):
    """Where the driver finds what it calls."""

    optimizers: Any  # has create and get_updater
    schedulers: Any  # has FactorScheduler, MultiFactorScheduler, PolyScheduler and CosineScheduler
    array: Callable[[Any], Any]  # NumPy array -> a copy that the optimizers take
    values: Callable[[Any], Any]  # the way back


class Moment(NamedTuple):
    """What is there after a step: the living arrays, which may be overwritten before the next step."""

    weights: list[Any]
    states: list[Any]  # nested tuples of arrays and None, as the optimizer made them
    learning_rate: float
    num_update: int


def walk(api: Api, case: dict[str, Any]) -> Iterator[Moment]:
    """Yield what is there after each step of a case."""
    optimizer = api.optimizers.create(case["optimizer"], **_keywords(api, case))
    weights = [api.array(decoded(weight)) for weight in case["weights"]]
    buffers: list[Any] = []
    through_updater = case["method"] == "updater"
    call = _through_updater(api, case, optimizer, weights) if through_updater else _directly(case, optimizer, weights)
    for step, gradients in enumerate(case["gradients"], start=1):
        _prepare(optimizer, [action for when, *action in case["before"] if when == step])
        grads = [api.array(decoded(grad)) for grad in gradients]
        states = call(_arrived(buffers, grads) if case["reuse_buffer"] else grads)
        yield Moment(weights, states, optimizer.learning_rate, optimizer.num_update)


def drive(api: Api, case: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is there after each step of a case, as JSON has it."""
    return [
        {
            "weights": _stored(api, moment.weights),
            "states": _stored(api, moment.states),
            "learning_rate": moment.learning_rate,
            "num_update": moment.num_update,
        }
        for moment in walk(api, case)
    ]


def record() -> dict[str, Any]:
    """Return what the MXNet that is installed computes for its cases."""
    import mxnet  # noqa: PLC0415  only the release's own environment has it

    version = "2.0.0b1" if hasattr(mxnet.optimizer, "LANS") else "1.9.1"
    api = Api(mxnet.optimizer, mxnet.lr_scheduler, lambda x: mxnet.nd.array(x, dtype=x.dtype), lambda x: x.asnumpy())
    return {case["id"]: drive(api, case) for case in CASES[f"mxnet-{version}"]}


def _stored(api: Api, tree: Any) -> Any:
    if tree is None:
        return None
    return [_stored(api, part) for part in tree] if isinstance(tree, list | tuple) else encoded(api.values(tree))


def _keywords(api: Api, case: dict[str, Any]) -> dict[str, Any]:
    keywords = dict(case["settings"])
    if case["scheduler"]:
        scheduler, given = case["scheduler"]
        keywords["lr_scheduler"] = getattr(api.schedulers, scheduler)(**given)
    if case["names"]:
        keywords["param_idx2name"] = dict(enumerate(case["names"]))
    if case["param_dict"]:
        pairs = enumerate(case["param_dict"])
        keywords["param_dict"] = {index: SimpleNamespace(lr_mult=lr, wd_mult=wd) for index, (lr, wd) in pairs}
    return keywords


def _arrived(buffers: list[Any], grads: list[Any]) -> list[Any]:
    """Return the arrays of the first step, with the gradients of this step in them."""
    if not buffers:
        buffers.extend(grads)
    for buffer, grad in zip(buffers, grads):
        buffer[:] = grad
    return buffers


def _prepare(optimizer: Any, actions: list[Any]) -> None:
    """Call the method or set the attribute; multipliers come as pairs, since JSON has no integer keys."""
    for name, argument in actions:
        if name.startswith("set_"):
            getattr(optimizer, name)(dict(argument) if name.endswith("_mult") else argument)
        else:
            setattr(optimizer, name, argument)


def _groups(case: dict[str, Any]) -> list[Any]:
    """Return the index argument of each call of one step."""
    indices = list(range(len(case["weights"])))
    return {"scalar": indices, "each": [[index] for index in indices], "list": [indices]}[case["calls"]]


def _picked(arrays: list[Any], which: Any) -> Any:
    return [arrays[index] for index in which] if isinstance(which, list) else arrays[which]


def _through_updater(api: Api, case: dict[str, Any], optimizer: Any, weights: list[Any]) -> _Call:
    updater = api.optimizers.get_updater(optimizer)

    def call(grads: list[Any]) -> list[Any]:
        for which in _groups(case):
            updater(which, _picked(grads, which), _picked(weights, which))
        return [updater.states[index] for index in range(len(weights))]

    return call


def _directly(case: dict[str, Any], optimizer: Any, weights: list[Any]) -> _Call:
    suffix = case["method"].removeprefix("update")
    create, update = getattr(optimizer, f"create_state{suffix}"), getattr(optimizer, f"update{suffix}")
    states = [create(index, weight) for index, weight in enumerate(weights)]

    def call(grads: list[Any]) -> list[Any]:
        for which in _groups(case):
            update(which, *(_picked(arrays, which) for arrays in (weights, grads, states)))
        return states

    return call
