"""What is asked of the arguments of rules and hooks, and the decorators that ask it before a formula runs."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from . import errors
from ._arrays import device, namespace
from ._numbers import RANGES, is_array, kind, plain_hyperparameters, plain_step

P = ParamSpec("P")
R = TypeVar("R")


def checked(state_type: type[tuple[Any, ...]]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make an ``update`` refuse arguments that its formula says nothing about.

    Raises
    ------
    LbrefError
        One of `lbref.errors`, before anything is computed.
    """

    def decorate(update: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(update)
        where = update.__module__.rpartition(".")[2] + ".update"

        @functools.wraps(update)
        def asked(*args: P.args, **kwargs: P.kwargs) -> R:
            weight, grad, state, step = positional(where, args, "weight, grad, state, step")
            if not isinstance(state, state_type):
                raise errors.StateError(
                    f"{where}: state is a {kind(state)}, not the State that {where.removesuffix('.update')}.init "
                    f"returns for this weight"
                )
            check_arrays(where, weight=weight, grad=grad, **dict(zip(state_type._fields, state, strict=True)))  # type: ignore[attr-defined]
            plain: Any = plain_step(where, step), hyperparameters_of(where, signature, kwargs, weight)
            return update(weight, grad, state, plain[0], **plain[1])  # type: ignore[arg-type]

        return asked

    return decorate


def checked_init(init: Callable[P, R]) -> Callable[P, R]:
    """Make an ``init`` refuse a weight that no rule computes with."""
    where = init.__module__.rpartition(".")[2] + ".init"

    @functools.wraps(init)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        (weight,) = positional(where, args, "weight")
        check_arrays(where, weight=weight)
        return init(*args, **kwargs)

    return asked


def checked_hook(hook: Callable[P, R]) -> Callable[P, R]:
    """Make a gradient hook refuse arguments that its formula says nothing about."""
    signature = inspect.signature(hook)
    where = "hooks." + hook.__name__

    @functools.wraps(hook)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        weight, grad = positional(where, args, "weight, grad")
        check_arrays(where, weight=weight, grad=grad)
        plain: Any = hyperparameters_of(where, signature, kwargs, weight)
        return hook(*args, **plain)

    return asked


_ASPECTS: Mapping[str, tuple[Callable[[Any], Any], type[errors.LbrefError]]] = {
    "belongs to": (lambda x: _library(namespace(x)), errors.NamespaceError),
    "lies on device": (device, errors.DeviceError),
    "has dtype": (lambda x: x.dtype, errors.DtypeError),
    "has shape": (lambda x: tuple(x.shape), errors.ShapeError),
}


def _library(xp: Any) -> str:
    """Return what users call an array library: of the wrapped ones, not the wrapper's name."""
    return str(getattr(xp, "__name__", xp)).removeprefix("array_api_compat.")


def hyperparameters_of(
    where: str, signature: inspect.Signature, given: Mapping[str, Any], weight: Any
) -> dict[str, Any]:
    """Return the hyperparameters as the formula takes them: Python numbers, or 0-d arrays like the weight."""
    plain = plain_hyperparameters(where, signature, given)
    return {name: like(where, name, value, weight) if name in RANGES else value for name, value in plain.items()}


def like(where: str, name: str, value: Any, weight: Any) -> Any:
    """Return a plain number as it is, and a 0-d array of the weight's library in the weight's dtype."""
    if not is_array(value):
        return value
    if not _namespace(where, name, value).isdtype(value.dtype, ("real floating", "integral")):
        raise errors.DtypeError(f"{where}: {name} is a 0-d array of {value.dtype}, but must be a real number")
    check_same(where, "weight", weight, name, value, may_differ_in=("lies on device", "has dtype", "has shape"))
    return namespace(weight).astype(value, weight.dtype)


def check_arrays(where: str, /, *, may_differ_in: tuple[str, ...] = (), **arrays: Any) -> None:
    """Refuse arrays that do not describe one layer: of one library, device, real floating dtype and shape."""
    first = next(iter(arrays))
    for name, array in arrays.items():
        xp = _namespace(where, name, array)
        if array.dtype not in (xp.float32, xp.float64):
            raise errors.DtypeError(
                f"{where}: {name} is {array.dtype}, but rules compute in float32 or float64; weights in half "
                f"precision (no integers, no complex numbers) need lbref.combine.with_master_weight around the rule, "
                f"outside of all hooks"
            )
        check_same(where, first, arrays[first], name, array, may_differ_in=may_differ_in)


def check_stored(where: str, /, **arrays: Any) -> None:
    """Refuse what a master weight cannot stand for: anything but arrays of real floating dtype."""
    for name, array in arrays.items():
        if not _namespace(where, name, array).isdtype(array.dtype, "real floating"):
            raise errors.DtypeError(f"{where}: {name} is {array.dtype}, but must be a real floating dtype")


def _namespace(where: str, name: str, array: Any) -> Any:
    try:
        return namespace(array)
    except TypeError:
        raise errors.NotAnArrayError(
            f"{where}: {name} is a {kind(array)}, not an array of a library that follows the array API standard"
        ) from None


def check_same(
    where: str, first: str, expected: Any, name: str, array: Any, *, may_differ_in: tuple[str, ...] = ()
) -> None:
    """Refuse an array that differs from another in library, device, dtype or shape."""
    for verb, (aspect, error) in _ASPECTS.items():
        here, there = aspect(array), aspect(expected)
        known = here is not None and there is not None  # a traced array has no device
        if known and verb not in may_differ_in and here != there:
            raise error(f"{where}: {name} {verb} {here}, but {first} {verb} {there}; they must agree")


def positional(where: str, args: tuple[Any, ...], names: str) -> tuple[Any, ...]:
    """Return what was passed by place, if it is what the names say."""
    count = names.count(",") + 1
    if len(args) != count:
        raise errors.UnknownHyperparameterError(
            f"{where}: takes {count} positional argument{'s' * (count > 1)} ({names}) and hyperparameters by name, "
            f"but got {len(args)}"
        )
    return args
