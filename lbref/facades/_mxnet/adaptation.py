"""Which parameters of MXNet's LARS and LAMB are adapted, and whose norms count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import errors, trust

_NOT_ADAPTED = ("gamma", "beta", "bias")


def is_adapted(index: int | str, names: Mapping[Any, str]) -> bool:
    """Return whether LARS gives a parameter a ratio: not if its name ends in gamma, beta or bias."""
    return not names.get(index, str(index)).endswith(_NOT_ADAPTED)


def measure_of_copy(copy: Any) -> dict[str, Any]:
    """Return the measure of LARS that takes the norm of the half-precision copy, not of the master."""
    return {"measure": trust.measured_on(copy, trust.sum_of_norms)}


def phi_of_copy(copy: Any) -> dict[str, Any]:
    """Return the φ of LAMB and LANS that takes the norm of the half-precision copy, not of the master."""
    return {"phi": trust.phi_on(copy, trust.clamped)}


def refuse_signed_rescaling(where: str, rescale_grad: float) -> None:
    """Refuse a rescaling for which the release's paths for dense and sparse gradients disagree."""
    if rescale_grad <= 0:
        raise errors.HyperparameterError(
            f"{where}: rescale_grad is {rescale_grad!r}, but must be a number > 0: the release divides by a norm with "
            f"its sign; change the sign of the gradients instead"
        )


def check_bounds(where: str, lower_bound: float | None, upper_bound: float | None) -> None:
    """Refuse bounds of the weight's norm that exclude every norm."""
    if lower_bound and upper_bound is not None and lower_bound > upper_bound:
        raise errors.HyperparameterError(
            f"{where}: lower_bound is {lower_bound!r} and upper_bound is {upper_bound!r}, but lower_bound must be at "
            f"most upper_bound"
        )
