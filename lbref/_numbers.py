"""What is asked of steps and hyperparameters, as data, and the functions that ask it."""

from __future__ import annotations

import functools
import inspect
import math
import numbers
import operator
import sys
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec

from . import errors

P = ParamSpec("P")

_LARGEST = sys.float_info.max
_AT_LEAST_ZERO = ("a number >= 0", lambda x: 0 <= x <= _LARGEST or x == math.inf)
_FINITE = ("a finite number >= 0", lambda x: 0 <= x <= _LARGEST)
_BETA = ("a number in [0, 1)", lambda x: 0 <= x < 1)
_WHOLE = ("an integer >= 0", lambda x: 0 <= x <= _LARGEST and x % 1 == 0)
_POSITIVE_WHOLE = ("an integer >= 1", lambda x: 1 <= x <= _LARGEST and x % 1 == 0)

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
    "rescale_grad": ("a finite number", lambda x: -_LARGEST <= x <= _LARGEST),
    "batch_scale": _POSITIVE_WHOLE,
    "updates_per_epoch": _WHOLE,
    "warmup_epochs": _WHOLE,
    "begin_epoch": _WHOLE,
    "max_norm": ("a finite number > 0", lambda x: 0 < x <= _LARGEST),
    "updates": _WHOLE,
    "warmup_updates": _WHOLE,
    "period": _POSITIVE_WHOLE,
    "factor": _FINITE,
    "floor": _FINITE,
    "power": _FINITE,
    "begin": _FINITE,
    "start": _FINITE,
    "final": _FINITE,
    "final_learning_rate": _FINITE,
}
"""Hyperparameter -> what it must be, in words and as a test of a plain number."""

ORDERED = (("lower_bound", "upper_bound"),)
"""Pairs of hyperparameters of which the first must not be larger."""


def plain_step(where: str, step: Any) -> Any:
    """Return a step as a Python integer from 1 on; a traced step is taken on trust.

    Raises
    ------
    StepError
        If it is no integer, or less than 1.
    """
    try:
        count = operator.index(step)
    except TypeError:
        if is_array(step) and tuple(step.shape) == () and "int" in str(step.dtype):
            return step
        given = f"{kind(step)} of {step.dtype}" if is_array(step) else kind(step)
        raise errors.StepError(f"{where}: step is a {given}, but steps are integers from 1") from None
    if isinstance(step, bool) or count < 1:
        raise errors.StepError(f"{where}: step is {step!r}, but steps are integers from 1")
    return count


def plain_hyperparameters(where: str, signature: inspect.Signature, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hyperparameters, numbers as Python numbers; a traced 0-d array is taken on trust.

    A number of another library must not decide the dtype of the result: hyperparameters are rounded to it.

    Raises
    ------
    LbrefError
        If one is unknown, missing or outside its range.
    """
    check_names(where, signature, given, complete=True)
    check_axes(where, signature, given)
    plain = {name: plain_number(where, name, value) if name in RANGES else value for name, value in given.items()}
    _check_order(where, signature, plain)
    return plain


def check_axes(where: str, signature: inspect.Signature, given: Mapping[str, Any]) -> None:
    """Refuse what is no function where the signature's default is one: an axis is a function, not a flag or a name."""
    for name, value in given.items():
        default = signature.parameters[name].default
        if name not in RANGES and callable(default) and default is not inspect.Parameter.empty and not callable(value):
            raise errors.HyperparameterError(
                f"{where}: {name} is {value!r}, but must be a function like its default, "
                f"{getattr(default, '__name__', default)} of {default.__module__}"
            )


def _check_order(where: str, signature: inspect.Signature, given: Mapping[str, Any]) -> None:
    for low, high in ORDERED:
        if low in signature.parameters and high in signature.parameters:
            least, most = (given.get(name, signature.parameters[name].default) for name in (low, high))
            known = isinstance(least, numbers.Real) and isinstance(most, numbers.Real)  # neither traced nor scheduled
            if known and least > most:
                raise errors.HyperparameterError(
                    f"{where}: {low} is {least!r} and {high} is {most!r}, but {low} must be at most {high}"
                )


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


def plain_number(where: str, name: str, value: Any, *, range_of: str = "") -> Any:
    """Return one hyperparameter as a Python number of its range, or the 0-d array that is traced or differentiated.

    Its range is that of the hyperparameter `range_of`, where a framework has its own name for it.
    """
    words, holds = RANGES[range_of or name]
    number = operator.index(value) if isinstance(value, numbers.Integral) else value
    number = float(number) if isinstance(number, numbers.Real) and not isinstance(number, int) else number
    if isinstance(number, int | float) and not isinstance(value, bool) and holds(number):
        return number
    if not is_array(value) or isinstance(value, numbers.Real):
        raise errors.HyperparameterError(f"{where}: {name} is {value!r}, but must be {words}")
    if tuple(value.shape) != ():
        raise errors.HyperparameterError(
            f"{where}: {name} is an array of shape {tuple(value.shape)}, but must be a number or a 0-d array"
        )
    known = _value_of(value)
    if known is None:
        return value
    if "bool" in str(value.dtype) or not holds(known):
        raise errors.HyperparameterError(f"{where}: {name} is {value!r}, but must be {words}")
    return value if getattr(value, "requires_grad", False) else known


def untraced_number(where: str, name: str, value: Any, *, range_of: str = "") -> Any:
    """Return a hyperparameter as `plain_number`, but never an array: for facades, which calculate with numbers only.

    Raises
    ------
    HyperparameterError
        If it is outside its range, or a 0-d array that is traced or differentiated.
    """
    number = plain_number(where, name, value, range_of=range_of)
    if is_array(number):
        raise errors.HyperparameterError(
            f"{where}: {name} is {value!r}, traced or differentiated, but must be a plain number"
        )
    return number


def _value_of(array: Any) -> float | None:
    """Return the value of a 0-d array of real numbers, or None while it is being traced."""
    try:
        return operator.index(array) if "int" in str(array.dtype) else float(array)
    except Exception:  # noqa: BLE001  every library has its own way of saying that it cannot tell yet
        return None


def is_array(value: Any) -> bool:
    """Return whether a value looks like an array of some library."""
    return hasattr(value, "shape") and hasattr(value, "dtype")


def kind(value: Any) -> str:
    """Return what a value is, for messages."""
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")


def checked_schedule(schedule: Callable[P, float]) -> Callable[P, float]:
    """Make a warmup rule or schedule refuse counts and parameters that its formula says nothing about."""
    signature = inspect.signature(schedule)
    where = f"{schedule.__module__.rpartition('.')[2]}.{schedule.__name__}"

    @functools.wraps(schedule)
    def asked(*args: P.args, **kwargs: P.kwargs) -> float:
        count: Any = _count(*args)
        if count is None:
            raise errors.StepError(f"{where}: takes one count, an integer >= 0, and parameters by name, not {args!r}")
        plain: Any = plain_hyperparameters(where, signature, kwargs)
        return schedule(count, **plain)

    return asked


def _count(*args: Any) -> int | None:
    """Return the one count that was passed, an integer or a 0-d array of one, or None if it is something else."""
    try:
        count = operator.index(*args)
    except TypeError:
        return None
    return None if isinstance(args[0], bool) or count < 0 else count
