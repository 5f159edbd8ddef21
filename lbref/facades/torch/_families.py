"""Constructors that two optimizers share."""

from __future__ import annotations

import math
from typing import Any

from ._optimizer import NativeOptimizer


class WithMoments(NativeOptimizer):
    """LAMB and LANS."""

    def __init__(
        self,
        params: Any,
        lr: Any,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float | None = 1e-6,
        weight_decay: float = 0.0,
        lower_bound: float = 0.0,
        upper_bound: float = math.inf,
        adaptive: bool = True,
        maximize: bool = False,
        dialect: str | None = None,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "lower_bound": lower_bound,
            "upper_bound": upper_bound,
            "adaptive": adaptive,
            "maximize": maximize,
            "dialect": dialect,
        }
        super().__init__(params, options)


class WithMomentum(NativeOptimizer):
    """NAG and SGD."""

    def __init__(
        self,
        params: Any,
        lr: Any,
        *,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        maximize: bool = False,
        dialect: str | None = None,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "dialect": dialect,
        }
        super().__init__(params, options)
