"""Trees of leaves: the params, and what has to be structured like them."""

from __future__ import annotations

from typing import Any, TypeAlias

import jax
import jax.numpy as jnp

from ... import errors

Mask: TypeAlias = Any
"""A bool for all leaves, a tree of bools like the params or a prefix of it, or a function of the params to one."""


def as_array(leaf: Any) -> Any:
    """Return what JAX takes for an array as one: NumPy's arrays and Python's numbers; anything else as it is."""
    return jnp.asarray(leaf) if isinstance(leaf, jax.typing.ArrayLike) else leaf


def matching(where: str, name: str, tree: Any, other: Any, error: type[errors.LbrefError]) -> list[Any]:
    """Return what stands in another tree wherever the params have a leaf.

    Raises
    ------
    LbrefError
        The given one, if the other tree is not structured like the params.
    """
    try:
        return list(tree.flatten_up_to(other))
    except ValueError as raised:
        raise error(f"{where}: {name} must be structured like the params, but is not: {raised}") from raised


def flags(where: str, name: str, mask: Mask, params: Any) -> list[bool]:
    """Return what a mask says of every leaf.

    Raises
    ------
    StructureError
        If it is no prefix of the params.
    HyperparameterError
        If there is something else than bools in it.
    """
    whole = mask(params) if _is_function(mask) else mask
    try:
        spread = jax.tree.map(lambda flag, part: jax.tree.map(lambda _: flag, part), whole, params)
    except ValueError as raised:
        raise errors.StructureError(f"{where}: {name} must be a prefix of the params, but is not: {raised}") from raised
    return [_flag(where, name, flag) for flag in jax.tree.structure(params).flatten_up_to(spread)]


def check_mask(where: str, name: str, mask: Mask) -> None:
    """Refuse what cannot be a mask for any params.

    Raises
    ------
    HyperparameterError
        If there is something else than bools in it.
    """
    if not _is_function(mask):
        for flag in jax.tree.leaves(mask, is_leaf=lambda part: part is None):
            _flag(where, name, flag)


def _is_function(mask: Mask) -> bool:
    return callable(mask) and jax.tree_util.treedef_is_leaf(jax.tree.structure(mask))


def _flag(where: str, name: str, flag: Any) -> bool:
    static = not isinstance(flag, jax.core.Tracer) and getattr(flag, "shape", ()) == ()
    if not (isinstance(flag, bool) or (static and str(getattr(flag, "dtype", "")) == "bool")):
        raise errors.HyperparameterError(
            f"{where}: {name} has {flag!r}, but must be True or False, a tree of them like the params, or a function "
            f"of the params that returns one"
        )
    return bool(flag)
