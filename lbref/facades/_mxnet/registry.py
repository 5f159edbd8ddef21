"""Optimizers by name."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from ... import errors
from .._warnings import warn_caller

Klass = TypeVar("Klass", bound=type)


class Registry:
    """Where the optimizers of one release are registered."""

    opt_registry: ClassVar[dict[str, type]] = {}

    @classmethod
    def register(cls, klass: Klass) -> Klass:
        """Register a class of optimizers under its name in lower case; it may replace another, with a warning."""
        if not isinstance(klass, type):
            raise errors.UnknownOptimizerError(f"register: {klass!r} is no class, but only classes can be registered")
        name = klass.__name__.lower()
        if name in cls.opt_registry:
            warn_caller(f"register: {klass!r} replaces {cls.opt_registry[name]!r} as {name!r}")
        cls.opt_registry[name] = klass
        return klass

    @classmethod
    def create_optimizer(cls, name: Any, **kwargs: Any) -> Any:
        """Return a new optimizer of the class registered under a name, in upper or lower case.

        Raises
        ------
        UnknownOptimizerError
            If no class is registered under the name.
        """
        klass = cls.opt_registry.get(name.lower()) if isinstance(name, str) else None
        if klass is None:
            raise errors.UnknownOptimizerError(
                f"create_optimizer: there is no optimizer {name!r}; pass one of the names "
                f"{', '.join(sorted(cls.opt_registry))}, or call the class itself"
            )
        return klass(**kwargs)
