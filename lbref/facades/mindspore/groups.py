"""Which parameters an optimizer has, and what holds for each of them: lists of parameters, or groups of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from ... import errors
from ..._numbers import kind
from .parameter import Parameter
from .timed import Timed, learning_rate_of, weight_decay_of

GROUP_KEYS = ("params", "lr", "weight_decay", "order_params", "grad_centralization")
UNDECAYED = ("beta", "gamma")  # in the name of a parameter that is in no group


@dataclass(frozen=True)
class Layer:
    """A parameter and what holds for it."""

    parameter: Parameter
    learning_rate: Timed
    weight_decay: Timed
    decayed: bool


@dataclass(frozen=True)
class Layers:
    """All parameters of an optimizer."""

    layers: list[Layer]
    is_group: bool
    is_group_lr: bool  # whether a group has a rate of its own
    dynamic_lr: bool  # whether a rate may change, also one that all groups override
    dynamic_weight_decay: bool


def layers_of(where: str, params: Any, learning_rate: Any, weight_decay: Any) -> Layers:
    """Return what a constructor was given, parameter by parameter.

    Raises
    ------
    StructureError
        If `params` is no list of parameters or of groups, is empty, or has a parameter twice.
    HyperparameterError
        If a rate or decay is out of range.
    """
    given = _listed(where, "params", params)
    rate, decay = learning_rate_of(where, learning_rate), weight_decay_of(where, weight_decay)
    if all(isinstance(each, dict) for each in given):
        found = _grouped(where, given, rate, decay)
    elif all(isinstance(each, Parameter) for each in given):
        layers = [Layer(each, rate, decay, _is_decayed_by_name(each)) for each in given]
        found = _described(layers, rate, decay)
    else:
        raise errors.StructureError(
            f"{where}: params has {', '.join(sorted({kind(each) for each in given}))}, but must be a list of "
            f"mindspore.Parameter, or of dicts with 'params'"
        )
    _check_names(where, [layer.parameter for layer in found.layers])
    return found


def _described(layers: list[Layer], rate: Timed, decay: Timed, *, is_group: bool = False, own: bool = False) -> Layers:
    dynamic_lr = any(each.dynamic for each in (rate, *(layer.learning_rate for layer in layers)))
    dynamic_decay = any(each.dynamic for each in (decay, *(layer.weight_decay for layer in layers)))
    return Layers(layers, is_group, own, dynamic_lr, dynamic_decay)


def _is_decayed_by_name(parameter: Parameter) -> bool:
    return not any(part in (parameter.name or "") for part in UNDECAYED)


def _listed(where: str, name: str, given: Any) -> list[Any]:
    if isinstance(given, str | dict) or not isinstance(given, Iterable):
        raise errors.StructureError(f"{where}: {name} is a {kind(given)}, but must be a list of mindspore.Parameter")
    listed = list(given)
    if not listed:
        raise errors.StructureError(f"{where}: {name} is empty, but must have a mindspore.Parameter")
    return listed


def _grouped(where: str, groups: Sequence[dict[str, Any]], rate: Timed, decay: Timed) -> Layers:
    layers: list[Layer] = []
    order: list[Any] = []
    for index, group in enumerate(groups):
        at = f"{where}, group {index}"
        _check_keys(at, group)
        if "order_params" in group:
            order = _listed(at, "order_params", group["order_params"])
            continue
        own_rate = learning_rate_of(at, group["lr"]) if "lr" in group else rate
        own_decay = weight_decay_of(at, group["weight_decay"]) if "weight_decay" in group else decay
        layers.extend(Layer(each, own_rate, own_decay, decayed=True) for each in _parameters(at, group["params"]))
    if not layers:
        raise errors.StructureError(f"{where}: no group has params, but there must be a mindspore.Parameter in one")
    lengths = {each.length for each in (rate, *(layer.learning_rate for layer in layers)) if each.length}
    if len(lengths) > 1:
        raise errors.HyperparameterError(
            f"{where}: learning_rate and lr of the groups are lists of different lengths, but must have one number per "
            f"step each"
        )
    found = _ordered(where, layers, order) if order else layers
    return _described(found, rate, decay, is_group=True, own=any("lr" in group for group in groups))


def _check_keys(where: str, group: dict[str, Any]) -> None:
    unknown = [key for key in group if key not in GROUP_KEYS]
    if unknown:
        raise errors.StructureError(f"{where}: there is no key {unknown[0]!r}; there are {', '.join(GROUP_KEYS)}")
    if "order_params" in group and len(group) > 1:
        raise errors.StructureError(f"{where}: order_params stands alone in its group, but here is {sorted(group)}")
    if "order_params" not in group and "params" not in group:
        raise errors.StructureError(f"{where}: params is missing, the list of the parameters of the group")
    if group.get("grad_centralization", False) is not False:
        raise errors.HyperparameterError(
            f"{where}: grad_centralization is {group['grad_centralization']!r}, which is not offered here; centralize "
            f"the gradients before the optimizer gets them"
        )


def _parameters(where: str, given: Any) -> list[Parameter]:
    listed = _listed(where, "params", given)
    for index, each in enumerate(listed):
        if not isinstance(each, Parameter):
            raise errors.StructureError(
                f"{where}: params[{index}] is a {kind(each)}, but must be a mindspore.Parameter"
            )
    return listed


def _ordered(where: str, layers: list[Layer], order: list[Any]) -> list[Layer]:
    places = {id(parameter): place for place, parameter in enumerate(order)}
    if places.keys() != {id(layer.parameter) for layer in layers} or len(order) != len(layers):
        raise errors.StructureError(f"{where}: order_params must have just the parameters of all groups, each once")
    return sorted(layers, key=lambda layer: places[id(layer.parameter)])


def _names(parameters: list[Parameter]) -> list[str]:
    """Return the names that parameters have or get: the release counts those that have none."""
    counts = count(1)
    return [f"Parameter${next(counts)}" if each.name is None else each.name for each in parameters]


def _check_names(where: str, parameters: list[Parameter]) -> None:
    names = _names(parameters)
    twice = [name for name in names if names.count(name) > 1]
    if len({id(parameter) for parameter in parameters}) < len(parameters):
        twice = twice or ["a parameter without name"]
    if twice:
        raise errors.StructureError(
            f"{where}: {twice[0]!r} comes twice; pass each parameter once, and give each a name of its own"
        )


def give_names(parameters: list[Parameter]) -> None:
    """Give a name to those that have none."""
    for parameter, name in zip(parameters, _names(parameters), strict=True):
        parameter.name = name


def without_decay(layer: Layer) -> Layer:
    """Return the layer that a wrapper leaves behind."""
    return replace(layer, decayed=False)
