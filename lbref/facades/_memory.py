"""What facades do with the memory of arrays: look at it, and write it once everything has been computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import errors
from .._arrays import device, from_host, is_writable, namespace, on_host
from .._numbers import is_array, kind


def check_writable(where: str, **arrays: Any) -> None:
    """Refuse arrays that cannot be updated in place.

    Raises
    ------
    NotAnArrayError
        If one of them is no array.
    ImmutableArrayError
        If its library has no arrays that can be written, or this one is read-only.
    """
    for name, array in arrays.items():
        try:
            namespace(array)
        except TypeError:
            raise errors.NotAnArrayError(
                f"{where}: {name} is a {kind(array)}, not an array of a library that follows the array API standard"
            ) from None
        if not is_writable(array):
            raise errors.ImmutableArrayError(
                f"{where}: {name} is a {kind(array)} that cannot be written to, but a facade updates in place; use the "
                f"functional way, weight, state = rule.update(weight, grad, state, step, ...), with a rule of "
                f"lbref.rules or lbref.dialects"
            )


def untracked(array: Any) -> Any:
    """Return the array without the tape that records gradients, sharing its memory; most libraries have no tape."""
    return array.detach() if hasattr(array, "detach") else array


class Pending:
    """Writes that wait until all that can fail has been computed."""

    def __init__(self) -> None:
        self._writes: list[tuple[Any, Callable[[], Any]]] = []

    def put(self, target: Any, value: Any) -> None:
        """Remember to write `value` into `target`, an array of the same shape."""
        self._writes.append((target, lambda: value))

    def put_copy(self, target: Any, source: Any) -> None:
        """Remember to write into `target` what `source` holds by then, rounded to the dtype of `target`."""
        self._writes.append((target, lambda: namespace(source).astype(untracked(source), target.dtype)))

    def commit(self) -> None:
        """Write everything, in the order in which it was put."""
        for target, value in self._writes:
            untracked(target)[...] = value()
        self._writes.clear()


def brought_to(like: Any, array: Any) -> Any:
    """Return an array of the library and device of another: itself, or a copy after a checkpoint was loaded."""
    same = namespace(array) is namespace(like) and device(array) == device(like)
    return array if same else from_host(on_host(array), untracked(like))


def copied(tree: Any) -> Any:
    """Return a tree of dicts, lists, tuples, numbers and arrays, with copies of the arrays."""
    if isinstance(tree, dict):
        return {key: copied(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(copied(part) for part in tree)
    return namespace(tree).asarray(untracked(tree), copy=True) if is_array(tree) else tree
