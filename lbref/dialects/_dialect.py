"""What a dialect is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._types import Array, State


@dataclass(frozen=True)
class Dialect:
    """One named way in which the world computes a rule: a binding of functions and constants, with its source.

    A dialect fixes the formula and the constants in it. The defaults of the other hyperparameters are those of
    lbref's rule, not of the framework (MXNet's momentum, say, is 0 unless it is passed): pass what you mean.
    A dialect of a rule is itself a rule, with `init` and `update`.
    """

    rule: Any
    """The bound rule, gradient hook or schedule."""

    source: str
    """Where it is written: ``repository@tag:path`` and the class, or the paper and its equation."""

    differs: str
    """How it differs from the published formula, in one sentence."""

    @property
    def init(self) -> Callable[..., State]:
        """``init(weight)`` of a dialect of a rule."""
        init: Callable[..., State] = self.rule.init
        return init

    @property
    def update(self) -> Callable[..., tuple[Array, State]]:
        """``update(weight, grad, state, step, **hyperparameters)`` of a dialect of a rule."""
        update: Callable[..., tuple[Array, State]] = self.rule.update
        return update
