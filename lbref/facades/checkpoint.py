"""Save and load what a facade remembers, without pickle: an ``.npz`` file of arrays and one JSON text.

A tree is made of dicts (of str or int keys), lists, tuples, arrays of any library, str, int, float, bool and None.
Named tuples, as in the states of rules and of optax, come back as tuples, or as what they were with ``like=``.
"""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import errors
from .._arrays import bits_on_host, from_bits, on_host
from .._numbers import is_array, kind
from ._memory import untracked

_STRUCTURE = "structure"
_LACKING = "bfloat16"
"""The one dtype of weights that NumPy does not have: its bits are stored."""


def dumps(tree: Any, /) -> bytes:
    """Return the tree as bytes; arrays are copied to the host.

    Raises
    ------
    CheckpointError
        If the tree holds something that is none of the above, or an array of a dtype that NumPy does not have.
    """
    arrays: dict[str, Any] = {}
    structure = json.dumps(_packed("tree", tree, arrays), allow_nan=False)
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **{_STRUCTURE: np.array(structure)}, **arrays)
    return stream.getvalue()


def loads(data: bytes, /, asarray: Callable[[Any], Any] = np.asarray, like: Any = None) -> Any:
    """Return the tree that `dumps` made the bytes of.

    Parameters
    ----------
    data
        What `dumps` returned.
    asarray
        What makes an array of the wanted library from a NumPy array, such as ``torch.asarray``.
    like
        A tree of the same structure, such as a state before its first step, whose named tuples the result takes.

    Raises
    ------
    CheckpointError
        If the bytes are no checkpoint, or the tree in them is not structured like `like`.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = dict(stored)
        tree = _unpacked(json.loads(str(arrays.pop(_STRUCTURE))), arrays, asarray)
    except errors.CheckpointError:
        raise
    except (ValueError, KeyError, TypeError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise errors.CheckpointError(
            "checkpoint: the data are no checkpoint of lbref; pass what dumps returned or save wrote (pickles, such as "
            "torch.save and MXNet write them, are not read)"
        ) from error
    return tree if like is None else _shaped("tree", tree, like)


def save(path: str | os.PathLike[str], tree: Any, /) -> None:
    """Write the tree to a file; the file is there only when it is complete."""
    data = dumps(tree)
    unfinished = f"{os.fspath(path)}.unfinished"
    with open(unfinished, "wb") as file:  # noqa: PTH123  a path may be a string
        file.write(data)
    os.replace(unfinished, path)  # noqa: PTH105


def load(path: str | os.PathLike[str], /, asarray: Callable[[Any], Any] = np.asarray, like: Any = None) -> Any:
    """Return the tree that `save` wrote to a file; parameters and errors as `loads`."""
    with open(path, "rb") as file:  # noqa: PTH123
        return loads(file.read(), asarray, like)


def _packed(where: str, tree: Any, arrays: dict[str, Any]) -> Any:
    """Return the tree as JSON has it; a dict becomes pairs, since its keys may be integers."""
    if tree is None or isinstance(tree, bool | int | str):
        return tree
    if isinstance(tree, float):
        return tree if math.isfinite(tree) else {"float": repr(float(tree))}
    if isinstance(tree, dict):
        return {"dict": [[_key(where, key), _packed(f"{where}[{key!r}]", tree[key], arrays)] for key in tree]}
    if isinstance(tree, list | tuple):
        parts = [_packed(f"{where}[{index}]", part, arrays) for index, part in enumerate(tree)]
        return {"list" if isinstance(tree, list) else "tuple": parts}
    return _stored(where, tree, arrays)


def _key(where: str, key: Any) -> Any:
    if isinstance(key, str | int) and not isinstance(key, bool):
        return key
    raise errors.CheckpointError(f"checkpoint: {where} has the key {key!r}, but keys must be str or int")


def _stored(where: str, array: Any, arrays: dict[str, Any]) -> dict[str, str]:
    if not is_array(array):
        raise errors.CheckpointError(
            f"checkpoint: {where} is a {kind(array)}, but must be an array, a number, a string, None, or a dict, list "
            f"or tuple of those"
        )
    name = f"array{len(arrays)}"
    if str(array.dtype).endswith(_LACKING):  # torch.bfloat16, or bfloat16 of another library
        arrays[name] = bits_on_host(untracked(array))
        return {_LACKING: name}
    try:
        values = on_host(untracked(array))
    except (TypeError, RuntimeError) as error:
        raise errors.CheckpointError(
            f"checkpoint: {where} is an array of {array.dtype} that cannot be copied to NumPy ({error}); pass it as "
            f"float32 or float64, on the host"
        ) from error
    if values.dtype.hasobject or values.dtype.kind == "V":
        raise errors.CheckpointError(f"checkpoint: {where} is an array of {values.dtype}; it must hold plain numbers")
    arrays[name] = values
    return {"array": name}


def _unpacked(tree: Any, arrays: dict[str, Any], asarray: Callable[[Any], Any]) -> Any:
    if not isinstance(tree, dict):
        return tree
    ((what, content),) = tree.items()
    if what == "array":
        return asarray(arrays[content])
    if what == _LACKING:
        return _from_bits(asarray(arrays[content]))
    if what == "float":
        return float(content)
    if what == "dict":
        return {key: _unpacked(value, arrays, asarray) for key, value in content}
    return {"list": list, "tuple": tuple}[what](_unpacked(part, arrays, asarray) for part in content)


def _from_bits(bits: Any) -> Any:
    try:
        return from_bits(bits, _LACKING)
    except AttributeError:
        raise errors.CheckpointError(
            f"checkpoint: there is an array of {_LACKING}, which NumPy does not have; pass asarray of a library that "
            f"has it, such as torch.asarray"
        ) from None


def _shaped(where: str, tree: Any, like: Any) -> Any:
    """Return the tree with the named tuples of another of its structure."""
    if isinstance(like, dict) and isinstance(tree, dict) and tree.keys() == like.keys():
        return {key: _shaped(f"{where}[{key!r}]", tree[key], like[key]) for key in tree}
    both = isinstance(like, list | tuple) and isinstance(tree, list | tuple)
    if both and isinstance(like, list) == isinstance(tree, list) and len(tree) == len(like):
        parts = [_shaped(f"{where}[{index}]", *pair) for index, pair in enumerate(zip(tree, like, strict=True))]
        return type(like)(*parts) if hasattr(like, "_fields") else type(like)(parts)
    if isinstance(like, dict | list | tuple) or isinstance(tree, dict | list | tuple):
        raise errors.CheckpointError(
            f"checkpoint: {where} is a {_described(tree)}, but a {_described(like)} in what is passed as like; pass a "
            f"tree of the same structure"
        )
    return tree


def _described(tree: Any) -> str:
    if isinstance(tree, dict):
        return f"dict of {', '.join(map(str, tree))}"
    return f"{type(tree).__name__} of {len(tree)}" if isinstance(tree, list | tuple) else kind(tree)
