"""One call of update as a list of layers, checked before anything is computed."""

from __future__ import annotations

import numbers
import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ... import errors
from ..._arrays import namespace
from ..._checks import check_same, check_stored
from ..._numbers import is_array, kind
from .._memory import check_writable, untracked


@dataclass(frozen=True)
class Layer:
    """A parameter in one call of update."""

    index: Any  # an integer or a name
    weight: Any
    grad: Any
    state: Any  # as `create_state` or `create_state_multi_precision` made it


def is_list(index: Any) -> bool:
    """Return whether a call of update is for a list of parameters."""
    return isinstance(index, list | tuple)


def one_layer(where: str, index: Any, weight: Any, grad: Any, state: Any) -> list[Layer]:
    """Return the layer of a call with a scalar index."""
    if is_list(index):
        raise errors.StructureError(
            f"{where}: index is a {kind(index)}, but this optimizer takes one index, weight, gradient and state at a "
            f"time; call it once per parameter, or use get_updater"
        )
    return checked_layers(where, [index], [weight], [grad], [state])


def checked_layers(where: str, indices: Any, weights: Any, grads: Any, states: Any) -> list[Layer]:
    """Return the layers of a call with lists.

    Raises
    ------
    StructureError
        If they are no lists, or lists of different lengths.
    LbrefError
        If a weight cannot be written to, or a gradient does not fit its weight.
    """
    given = {"indices": indices, "weights": weights, "grads": grads, "states": states}
    for name, values in given.items():
        if not isinstance(values, list | tuple):
            raise errors.StructureError(f"{where}: {name} is a {kind(values)}, but must be a list, one per parameter")
        if len(values) != len(indices):
            raise errors.StructureError(
                f"{where}: there are {len(values)} {name} for {len(indices)} indices, but there must be one for each"
            )
    layers = [Layer(_index(where, index), *parts) for index, *parts in zip(*given.values(), strict=True)]
    for layer in layers:
        _check(where, layer)
    _check_distinct(where, layers)
    return [replace(layer, grad=untracked(layer.grad)) for layer in layers]


def _index(where: str, index: Any) -> int | str:
    """Return the index as it is counted and saved: a name, or a Python integer."""
    if isinstance(index, str):
        return index
    if isinstance(index, bool) or not isinstance(index, numbers.Integral):
        raise errors.UnknownParameterError(f"{where}: index is {index!r}, but must be an integer or a name")
    return operator.index(index)


def _check_distinct(where: str, layers: list[Layer]) -> None:
    """Refuse a parameter that is twice in one call: it is computed from what was there before, and one step lost."""
    for name, keys in (("index", [x.index for x in layers]), ("weight", [id(x.weight) for x in layers])):
        for place, key in enumerate(keys):
            if key in keys[:place]:
                raise errors.StructureError(
                    f"{where}: {name} {place} of the list is that of place {keys.index(key)} too, but a call takes "
                    f"each parameter once; make a call for each"
                )


def _check(where: str, layer: Layer) -> None:
    at = f"{where}, index {layer.index!r}"
    check_weight(at, layer.weight)
    check_stored(at, grad=layer.grad)
    check_same(at, "weight", layer.weight, "grad", layer.grad)


def check_weight(where: str, weight: Any) -> None:
    """Refuse what cannot be updated in place, and what no rule moves.

    Raises
    ------
    LbrefError
        If the weight is no array, cannot be written to, or is not of a real floating dtype.
    """
    check_writable(where, weight=weight)
    check_stored(where, weight=weight)


def is_half(array: Any) -> bool:
    """Return whether an array is stored in 16 bits."""
    xp = namespace(array)
    return bool(xp.finfo(array.dtype).bits < xp.finfo(xp.float32).bits)


def arrays_of(where: str, layer: Layer, state: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return the arrays of a state by name; one named array stands alone, as MXNet has it.

    Raises
    ------
    StateError
        If the state is of another optimizer.
    """
    parts: Any = (state,) if len(names) == 1 and is_array(state) else state
    if not isinstance(parts, list | tuple) or len(parts) != len(names) or not all(is_array(part) for part in parts):
        raise errors.StateError(
            f"{where}, index {layer.index!r}: the state is a {described(state)}, but must be {' and '.join(names)} as "
            f"create_state or create_state_multi_precision of this optimizer returns for this weight"
        )
    named = dict(zip(names, parts, strict=True))
    at = f"{where}, index {layer.index!r}"
    for name, array in named.items():
        check_beside(at, layer.weight, name, array)
    return named


def check_beside(where: str, weight: Any, name: str, array: Any) -> None:
    """Refuse what cannot be updated in place together with a weight; it may be of another real floating dtype.

    Raises
    ------
    LbrefError
        If it is no array, cannot be written to, or does not lie beside the weight.
    """
    check_writable(where, **{name: array})
    check_stored(where, **{name: array})
    check_same(where, "weight", weight, name, array, may_differ_in=("has dtype",))


def described(state: Any) -> str:
    """Return what a state is made of, for messages."""
    if isinstance(state, list | tuple):
        return f"{type(state).__name__} of {', '.join(map(described, state))}"
    return kind(state)
