"""What is asked of the arguments, as data, and the decorators that ask it before a formula runs."""

from __future__ import annotations

import functools
import inspect
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from . import errors
from ._arrays import device, namespace

P = ParamSpec("P")
R = TypeVar("R")

_AT_LEAST_ZERO = ("a number >= 0", lambda x: x >= 0)
_FINITE = ("a finite number >= 0", lambda x: 0 <= x < math.inf)
_BETA = ("a number in [0, 1)", lambda x: 0 <= x < 1)
_WHOLE = ("an integer >= 0", lambda x: x >= 0 and x == int(x))
_POSITIVE_WHOLE = ("an integer >= 1", lambda x: x >= 1 and x == int(x))

RANGES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "learning_rate": _FINITE,
    "momentum": _FINITE,
    "weight_decay": _FINITE,
    "eps": _FINITE,
    "trust_coefficient": _FINITE,
    "beta1": _BETA,
    "beta2": _BETA,
    "lower_bound": _FINITE,
    "upper_bound": _AT_LEAST_ZERO,
    "clip_gradient": _AT_LEAST_ZERO,
    "rescale_grad": ("a finite number", math.isfinite),
    "batch_scale": _POSITIVE_WHOLE,
    "updates_per_epoch": _WHOLE,
    "warmup_epochs": _WHOLE,
    "begin_epoch": _WHOLE,
}
"""Hyperparameter -> what it must be, in words and as a test of a plain number."""


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
            weight, grad, state, step = _positional(where, args, 4, "weight, grad, state, step")
            if not isinstance(state, state_type):
                raise errors.StateError(
                    f"{where}: state is a {_kind(state)}, not the State that {where.removesuffix('.update')}.init "
                    f"returns for this weight"
                )
            check_arrays(where, weight=weight, grad=grad, **dict(zip(state_type._fields, state, strict=True)))  # type: ignore[attr-defined]
            check_step(where, step)
            check_hyperparameters(where, signature, kwargs)
            return update(*args, **kwargs)

        return asked

    return decorate


def checked_init(init: Callable[P, R]) -> Callable[P, R]:
    """Make an ``init`` refuse a weight that no rule computes with."""
    where = init.__module__.rpartition(".")[2] + ".init"

    @functools.wraps(init)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        (weight,) = _positional(where, args, 1, "weight")
        check_arrays(where, weight=weight)
        return init(*args, **kwargs)

    return asked


def checked_hook(hook: Callable[P, R]) -> Callable[P, R]:
    """Make a gradient hook refuse arguments that its formula says nothing about."""
    signature = inspect.signature(hook)
    where = "hooks." + hook.__name__

    @functools.wraps(hook)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        weight, grad = _positional(where, args, 2, "weight, grad")
        check_arrays(where, weight=weight, grad=grad)
        check_hyperparameters(where, signature, kwargs)
        return hook(*args, **kwargs)

    return asked


def check_arrays(where: str, /, **arrays: Any) -> None:
    """Refuse arrays that do not describe one layer: of one library, device, real floating dtype and shape."""
    first = next(iter(arrays))
    for name, array in arrays.items():
        xp = _namespace(where, name, array)
        if array.dtype not in (xp.float32, xp.float64):
            raise errors.DtypeError(
                f"{where}: {name} is {array.dtype}, but rules compute in float32 or float64; for half precision "
                f"wrap the rule in lbref.combine.with_master_weight"
            )
        _same(where, first, arrays[first], name, array)


def _namespace(where: str, name: str, array: Any) -> Any:
    try:
        return namespace(array)
    except TypeError:
        raise errors.NotAnArrayError(
            f"{where}: {name} is a {_kind(array)}, not an array of a library that follows the array API standard"
        ) from None


def _same(where: str, first: str, expected: Any, name: str, array: Any) -> None:
    aspects: tuple[tuple[str, Callable[[Any], Any], type[errors.LbrefError]], ...] = (
        ("belongs to", lambda x: getattr(namespace(x), "__name__", namespace(x)), errors.NamespaceError),
        ("lies on device", device, errors.DeviceError),
        ("has dtype", lambda x: x.dtype, errors.DtypeError),
        ("has shape", lambda x: tuple(x.shape), errors.ShapeError),
    )
    for verb, aspect, error in aspects:
        if aspect(array) != aspect(expected):
            raise error(
                f"{where}: {name} {verb} {aspect(array)}, but {first} {verb} {aspect(expected)}; they must agree"
            )


def check_step(where: str, step: Any) -> None:
    """Refuse a step that is not an integer from 1 on; a traced step is taken on trust."""
    if _is_array(step):
        return
    try:
        count = operator.index(step)
    except TypeError:
        raise errors.StepError(f"{where}: step is a {_kind(step)}, but steps are integers from 1") from None
    if isinstance(step, bool) or count < 1:
        raise errors.StepError(f"{where}: step is {step!r}, but steps are integers from 1")


def check_hyperparameters(where: str, signature: inspect.Signature, given: Mapping[str, Any]) -> None:
    """Refuse hyperparameters that are unknown, missing or outside their range; a 0-d array is taken on trust."""
    check_names(where, signature, given, complete=True)
    for name, value in given.items():
        if name in RANGES:
            check_hyperparameter(where, name, value)


def check_names(where: str, signature: inspect.Signature, given: Mapping[str, Any], *, complete: bool) -> None:
    """Refuse hyperparameters that the signature does not name and, if `complete`, the lack of one without default."""
    known = {name: p for name, p in signature.parameters.items() if p.kind is p.KEYWORD_ONLY}
    for name in given:
        if name not in known:
            raise errors.UnknownHyperparameterError(
                f"{where}: there is no hyperparameter {name!r}; there are {', '.join(known)}"
            )
    missing = [name for name, p in known.items() if p.default is p.empty and name not in given]
    if complete and missing:
        raise errors.UnknownHyperparameterError(f"{where}: hyperparameter {missing[0]!r} is missing and has no default")


def check_hyperparameter(where: str, name: str, value: Any) -> None:
    """Refuse a number outside its range; a 0-d array is taken on trust."""
    words, holds = RANGES[name]
    if _is_array(value):
        if tuple(value.shape) != ():
            raise errors.HyperparameterError(
                f"{where}: {name} is an array of shape {tuple(value.shape)}, but must be a number or a 0-d array"
            )
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not holds(value):
        raise errors.HyperparameterError(f"{where}: {name} is {value!r}, but must be {words}")


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype") and not isinstance(value, float)


def _positional(where: str, args: tuple[Any, ...], count: int, names: str) -> tuple[Any, ...]:
    if len(args) != count:
        raise errors.UnknownHyperparameterError(
            f"{where}: takes {count} positional arguments ({names}) and hyperparameters by name, "
            f"but got {len(args)} positional arguments"
        )
    return args


def _kind(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
