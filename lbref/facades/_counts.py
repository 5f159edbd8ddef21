"""What facades calculate with plain numbers: counts, products of hyperparameters. No arrays."""

from __future__ import annotations

from typing import Any


def following(count: int, by: int = 1) -> int:
    """Return the count that follows a count, `by` further on."""
    return count + by


def product(*factors: Any) -> Any:
    """Return the product of numbers, formed in double precision."""
    result = 1.0
    for factor in factors:
        result = result * factor
    return result


def reciprocal(number: float) -> float:
    """Return 1 / number."""
    return 1.0 / number


def complement(share: float) -> float:
    """Return 1 − share."""
    return 1.0 - share
