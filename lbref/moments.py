"""First and second moments of the gradient, and the correction of their bias: LAMB's half of the axes.

*bias_correction* (moment, beta, step) -> moment is the axis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from ._types import Array, Number

BiasCorrection: TypeAlias = Callable[..., Any]


def mean(previous: Array, grad: Array, /, *, beta: Number) -> Any:
    """Return β m + (1 − β) g, the moving average of the gradient."""
    return beta * previous + (1 - beta) * grad


def mean_square(previous: Array, grad: Array, /, *, beta: Number) -> Any:
    """Return β s + (1 − β) g², the moving average of the squared gradient."""
    return beta * previous + (1 - beta) * (grad * grad)


def corrected(moment: Array, /, *, beta: Number, step: int) -> Any:
    """Return m / (1 − βᵗ): Algorithm 2 of LAMB (v4 and later); MXNet's default, optax, Apex, timm, Paddle."""
    # The factor follows from hyperparameters alone: formed in double, rounded once, as accurate as a division.
    return (1 / (1 - beta**step)) * moment  # type: ignore[operator]


def uncorrected(moment: Array, /, *, beta: Number, step: int) -> Any:
    """Return m as it is: LAMB v3; MXNet with bias_correction=False, pytorch-lamb, torch-optimizer."""
    del beta, step
    return moment
