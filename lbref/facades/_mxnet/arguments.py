"""How constructors look at their arguments."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

from ... import errors
from ..._numbers import untraced_number

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "lr": ("learning_rate",),
    "weight_decay": ("wd",),
    "lars_eta": ("eta",),
    "trust_coefficient": ("eta",),
    "lars_epsilon": ("eps", "epsilon"),
    "eps": ("epsilon",),
    "epsilon": ("eps",),
    "betas": ("beta1",),
    "clip": ("clip_gradient",),
    "scheduler": ("lr_scheduler",),
}
"""What an argument is called in a documentation or by others -> what it may be called here."""


class Arguments:
    """Constructor arguments as plain values of their ranges, or a typed error with the class and the argument in it."""

    release: ClassVar[str] = ""

    @property
    def _where(self) -> str:
        return f"{self.release}.{type(self).__name__}"

    def _refuse_unknown(self, unknown: Mapping[str, Any]) -> None:
        """Refuse arguments that no class up to the base class has, and say what they may be called here."""
        for name in unknown:
            known = self._known_arguments()
            meant = [word for word in _SYNONYMS.get(name, ()) if word in known]
            hint = f"did you mean {meant[0]}? There" if meant else "there"
            raise errors.UnknownHyperparameterError(
                f"{self._where}: there is no argument {name!r}; {hint} are {', '.join(known)}"
            )

    @classmethod
    def _known_arguments(cls) -> list[str]:
        found: dict[str, None] = {}
        for base in cls.__mro__:
            if "__init__" in vars(base) and base is not object:
                parameters = list(inspect.signature(base.__init__).parameters.values())[1:]  # type: ignore[misc]
                found |= {p.name: None for p in parameters if p.kind not in {p.VAR_KEYWORD, p.VAR_POSITIONAL}}
        return list(found)

    def _number(self, name: str, value: Any, range_of: str = "") -> Any:
        return untraced_number(self._where, name, value, range_of=range_of or name)

    def _whole(self, name: str, value: Any, range_of: str = "") -> int:
        """Return a number of a range of integers as an integer, also where it came as 3.0."""
        return int(self._number(name, value, range_of))

    def _number_or_none(self, name: str, value: Any) -> Any:
        return None if value is None else self._number(name, value)

    def _flag(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool | int) or value not in (0, 1):
            raise errors.HyperparameterError(f"{self._where}: {name} is {value!r}, but must be True or False")
        return bool(value)

    def _mapping(self, name: str, value: Any) -> dict[Any, Any]:
        if value is not None and not isinstance(value, Mapping):
            raise errors.HyperparameterError(
                f"{self._where}: {name} is {value!r}, but must be a dict by index, or None"
            )
        return dict(value or {})

    def _names(self, name: str, value: Any) -> dict[Any, str]:
        names = self._mapping(name, value)
        return {index: self._text(f"{name}[{index!r}]", each) for index, each in names.items()}

    def _text(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise errors.HyperparameterError(f"{self._where}: {name} is {value!r}, but must be a string")
        return value

    def _at_most(self, name: str, value: float, most: float) -> None:
        if value > most:
            raise errors.HyperparameterError(f"{self._where}: {name} is {value!r}, but must be at most {most}")
