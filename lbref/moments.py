"""First and second moments of the gradient, and the correction of their bias: LAMB's half of the axes.

*bias_correction* (moment, beta, step) -> moment is the axis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from ._arrays import complement_of_power
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
    return (1 / complement_of_power(beta, step, like=moment)) * moment


def uncorrected(moment: Array, /, *, beta: Number, step: int) -> Any:
    """Return m as it is: LAMB v3; MXNet with bias_correction=False, pytorch-lamb, torch-optimizer."""
    del beta, step
    return moment


def rate_for_uncorrected(learning_rate: Number, /, *, beta1: Number, beta2: Number, step: int) -> Any:
    """Return γ √(1 − β₂ᵗ) / (1 − β₁ᵗ): a rate that makes up for moments which are left uncorrected.

    Kingma and Ba 2015, arXiv:1412.6980, end of section 2; ε then stands beside the uncorrected root. Chainer's Adam,
    DeepSpeed, torch-optimizer with debias, bitsandbytes. It follows from hyperparameters alone and knows no array.

    Parameters
    ----------
    learning_rate
        γ of the formula.
    beta1, beta2
        β₁ and β₂ of the formula, in [0, 1).
    step
        t of the formula, from 1.
    """
    return learning_rate * (1 - beta2**step) ** 0.5 / (1 - beta1**step)  # type: ignore[operator]
