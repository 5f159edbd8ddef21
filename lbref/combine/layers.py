"""A rule for one layer -> a rule for a model: lists, tuples and dicts of layers, nested at will."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from .. import errors
from .._types import Rule
from .binding import Bound, name_of

ModelHook = Callable[[list[Any]], list[Any]]


def each(rule: Rule, /, *model_hooks: ModelHook) -> Bound:
    """Return the rule for containers of layers; every layer has its own norms and its own state.

    Parameters
    ----------
    rule
        Any rule for one layer.
    *model_hooks
        Functions of the list of all gradients, such as a partial of `lbref.hooks.clip_global_norm`, the first first.

    Returns
    -------
    Bound
        ``init(weights)`` -> states and ``update(weights, grads, states, step, ...)`` -> (weights, states). Weights,
        grads and states are lists, tuples, named tuples or dicts of layers, of one structure, nested at will.

    Raises
    ------
    StructureError
        From ``update``, if grads or states are not structured like the weights.
    """
    where = f"each({name_of(rule)})"

    def init(weights: Any, /) -> Any:
        return _rebuild(weights, (rule.init(weight) for weight in _leaves(where, weights)))

    def update(weights: Any, grads: Any, states: Any, step: int, /, **hyperparameters: Any) -> tuple[Any, Any]:
        flat_weights = list(_leaves(where, weights))
        flat_grads = list(_matching(where, "grads", grads, weights))
        flat_states = list(_matching(where, "states", states, weights))
        for hook in model_hooks:
            flat_grads = hook(flat_grads)
        if len(flat_grads) != len(flat_weights):
            raise errors.StructureError(
                f"{where}: the model hooks returned {len(flat_grads)} gradients for {len(flat_weights)} layers"
            )
        moved = [
            _moved(rule, path, layer, step, hyperparameters)
            for path, *layer in zip(_paths(weights), flat_weights, flat_grads, flat_states, strict=True)
        ]
        return _rebuild(weights, (weight for weight, _ in moved)), _rebuild(weights, (state for _, state in moved))

    update.__signature__ = inspect.signature(rule.update)  # type: ignore[attr-defined]
    return Bound(init, update)


def _moved(rule: Rule, path: str, layer: list[Any], step: int, hyperparameters: dict[str, Any]) -> tuple[Any, Any]:
    try:
        return rule.update(*layer, step, **hyperparameters)
    except errors.LbrefError as error:
        error.add_note(f"in the layer weights{path}")
        raise


def _paths(tree: Any, path: str = "") -> Iterator[str]:
    if not isinstance(tree, dict | list | tuple):
        yield path
        return
    for key in tree if isinstance(tree, dict) else range(len(tree)):
        yield from _paths(tree[key], f"{path}[{key!r}]")


def _leaves(where: str, tree: Any) -> Iterator[Any]:
    return _matching(where, "weights", tree, tree)


def _matching(where: str, name: str, tree: Any, like: Any) -> Iterator[Any]:
    """Yield what stands in `tree` wherever `like` has a layer; a state is itself a tuple, so `like` leads."""
    if not isinstance(like, dict | list | tuple):
        yield tree
        return
    if not _same_shape(tree, like):
        raise errors.StructureError(
            f"{where}: {name} has {_describe(tree)} where weights has {_describe(like)}; their structures must agree"
        )
    for key in like if isinstance(like, dict) else range(len(like)):
        yield from _matching(where, name, tree[key], like[key])


def _same_shape(tree: Any, like: Any) -> bool:
    if isinstance(like, dict):
        return isinstance(tree, dict) and tree.keys() == like.keys()
    return isinstance(tree, list | tuple) and type(tree) is type(like) and len(tree) == len(like)


def _describe(tree: Any) -> str:
    if isinstance(tree, dict):
        return f"a dict of {sorted(map(str, tree))}"
    return f"a {type(tree).__name__} of {len(tree)}" if isinstance(tree, list | tuple) else f"a {type(tree).__name__}"


def _rebuild(like: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(like, dict):
        return {key: _rebuild(value, leaves) for key, value in like.items()}
    if isinstance(like, list | tuple):
        parts = [_rebuild(value, leaves) for value in like]
        return type(like)(*parts) if hasattr(like, "_fields") else type(like)(parts)
    return next(leaves)
