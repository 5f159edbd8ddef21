"""Hooks by name, before and after an update, and what is put back when one of them fails."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from ... import errors
from ..._arrays import is_writable
from .._memory import copied, untracked

TIMINGS = ("pre", "post")


class Hooks:
    """The hooks of an optimizer or of an update rule, in the order in which they were added.

    Parameters
    ----------
    where
        Whose they are, for messages.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._by_timing: dict[str, dict[str, Callable[..., Any]]] = {timing: {} for timing in TIMINGS}

    def add(self, hook: Any, name: str | None, timing: str) -> None:
        """Add a hook, see `GradientMethod.add_hook`."""
        where = f"{self._where}.add_hook"
        if not callable(hook):
            raise errors.HyperparameterError(f"{where}: hook is {hook!r}, but must be a function of (rule, parameter)")
        if timing not in (*TIMINGS, "auto"):
            raise errors.HyperparameterError(f"{where}: timing is {timing!r}, but must be 'pre', 'post' or 'auto'")
        name = _name_of(where, hook) if name is None else name
        if any(name in hooks for hooks in self._by_timing.values()):
            raise errors.HookError(
                f"{where}: there is a hook {name!r} already; remove it with remove_hook({name!r}), or pass another name"
            )
        self._by_timing[_timing_of(where, hook) if timing == "auto" else timing][name] = hook

    def remove(self, name: str) -> None:
        """Remove a hook by its name."""
        for hooks in self._by_timing.values():
            if name in hooks:
                del hooks[name]
                return
        there = [name for hooks in self._by_timing.values() for name in hooks]
        raise errors.HookError(
            f"{self._where}.remove_hook: there is no hook {name!r}; there are {', '.join(map(repr, there)) or 'none'}"
        )

    def __bool__(self) -> bool:
        return any(self._by_timing.values())

    def at(self, timing: str) -> list[Callable[..., Any]]:
        """Return the hooks of a timing."""
        if timing not in TIMINGS:
            raise errors.HyperparameterError(
                f"{self._where}.call_hooks: timing is {timing!r}, but must be 'pre' or 'post'"
            )
        return list(self._by_timing[timing].values())


def _name_of(where: str, hook: Any) -> str:
    name = getattr(hook, "name", getattr(hook, "__name__", None))
    if name is None:
        raise errors.HyperparameterError(f"{where}: hook has neither name nor __name__; pass name=")
    return str(name)


def _timing_of(where: str, hook: Any) -> str:
    timing = getattr(hook, "timing", "pre")
    if timing in TIMINGS:
        return str(timing)
    warnings.warn(
        f"{where}: the hook's timing is {timing!r}, neither 'pre' nor 'post'; it is taken as 'pre'", stacklevel=4
    )
    return "pre"


class Attempt:
    """Puts gradients, counts and states back if what is done within fails: hooks change gradients in place.

    Parameters
    ----------
    parameters
        Whose gradients are to be kept.
    rules
        Whose counts and states are to be kept.
    *counting
        What else counts in ``t``.
    hooked
        Whether there are hooks, so that the gradients' values have to be kept too.
    """

    def __init__(self, parameters: Sequence[Any], rules: Sequence[Any], *counting: Any, hooked: bool) -> None:
        self._counts = [(each, each.t) for each in (*rules, *counting)]
        self._states = [(rule, rule.state) for rule in rules]
        self._grads = [(each, each.grad, _kept(each.grad) if hooked else None) for each in parameters]

    def __enter__(self) -> None:
        pass

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None:
            return
        for each, count in self._counts:
            each.t = count
        for rule, state in self._states:
            rule.state = state
        for parameter, grad, values in self._grads:
            if values is not None:
                untracked(grad)[...] = values
            parameter.grad = grad


def _kept(grad: Any) -> Any:
    return copied(grad) if grad is not None and is_writable(grad) else None
