"""Numbers that are checked whenever they are set: attributes of hooks, and hyperparameters with a parent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import errors
from ..._numbers import untraced_number

RANGES: Mapping[str, str] = {
    "lr": "learning_rate",
    "momentum": "momentum",
    "alpha": "learning_rate",
    "beta1": "beta1",
    "beta2": "beta2",
    "eps": "eps",
    "eta": "learning_rate",
    "weight_decay_rate": "weight_decay",
}
"""Chainer's name of a hyperparameter -> the name whose range it shares."""


class Checked:
    """An attribute of a hook: a number of the range of some hyperparameter."""

    def __init__(self, range_of: str) -> None:
        self._range_of = range_of
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, holder: Any, owner: type | None = None) -> Any:
        return self if holder is None else holder.__dict__[self._name]

    def __set__(self, holder: Any, value: Any) -> None:
        where = f"chainer.{type(holder).__name__}"
        holder.__dict__[self._name] = untraced_number(where, self._name, value, range_of=self._range_of)


class Hyperparameter:
    """Numbers by name; one that is not set here is read from the parent, so that a parameter can have its own.

    Parameters
    ----------
    where
        Whose they are, for messages.
    parent
        What is read where nothing is set here; None for the numbers of the optimizer itself.
    **numbers
        Without parent: all that there are.
    """

    def __init__(self, where: str, parent: Hyperparameter | None = None, **numbers: Any) -> None:
        names = tuple(numbers) if parent is None else parent.names
        self.__dict__.update(_where=where, _parent=parent, _names=names, _own={})
        for name, value in numbers.items():
            setattr(self, name, value)

    @property
    def names(self) -> tuple[str, ...]:
        """All that can be set here."""
        names: tuple[str, ...] = self.__dict__["_names"]
        return names

    @property
    def parent(self) -> Hyperparameter | None:
        """What is read where nothing is set here."""
        parent: Hyperparameter | None = self.__dict__["_parent"]
        return parent

    def get_dict(self) -> dict[str, Any]:
        """Return all that can be read here."""
        inherited = {} if self.parent is None else self.parent.get_dict()
        return inherited | self.own()

    def own(self) -> dict[str, Any]:
        """Return what is set here."""
        return dict(self.__dict__["_own"])

    def checked(self, name: str, value: Any) -> Any:
        """Return what `name` would be after it was set to a value, which is not done."""
        if name not in self.names:
            raise errors.UnknownHyperparameterError(
                f"{self.__dict__['_where']}: there is no hyperparameter {name!r}; there are {', '.join(self.names)}"
            )
        return untraced_number(self.__dict__["_where"], name, value, range_of=RANGES[name])

    def replace(self, own: Mapping[str, Any]) -> None:
        """Set just these here."""
        self.__dict__["_own"] = dict(own)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__["_own"][name] = self.checked(name, value)

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__.get("_own", {})
        if name in own:
            return own[name]
        parent = self.__dict__.get("_parent")
        if parent is None:
            raise AttributeError(f"there is no hyperparameter {name!r}")
        return getattr(parent, name)

    def __repr__(self) -> str:
        return f"Hyperparameter({', '.join(f'{name}={value}' for name, value in sorted(self.get_dict().items()))})"


class Proxy:
    """An attribute of an optimizer that stands for one of its hyperparameters."""

    def __init__(self) -> None:
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, optimizer: Any, owner: type | None = None) -> Any:
        return self if optimizer is None else getattr(optimizer.hyperparam, self._name)

    def __set__(self, optimizer: Any, value: Any) -> None:
        setattr(optimizer.hyperparam, self._name, value)
