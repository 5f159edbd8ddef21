"""What a dialect is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Dialect:
    """One named way in which the world computes a rule: a binding of functions and constants, with its source."""

    rule: Any
    """The bound rule, gradient hook or schedule."""

    source: str
    """Where it is written: ``repository@tag:path`` and the class, or the paper and its equation."""

    differs: str
    """How it differs from the published formula, in one sentence."""
