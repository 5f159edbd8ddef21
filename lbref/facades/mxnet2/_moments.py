"""What LAMB and LANS of MXNet 2.0.0b1 share: moments in float32, and bounds of the weight's norm."""

from __future__ import annotations

from typing import Any

from .._mxnet.adaptation import check_bounds
from .._mxnet.states import Moments
from ._family import Family, Way, limit

_LARGEST_AGGREGATE = 45  # what the release's kernels take in one call


class MomentsFamily(Moments, Family):
    """An optimizer with two moments.

    Parameters
    ----------
    learning_rate
        The rate; the default of LAMB and LANS overwrites a scheduler's base.
    beta1, beta2, epsilon
        β₁, β₂ and ε of the formula.
    lower_bound, upper_bound
        Bounds of the weight's norm; None is no bound, and neither is 0 to `fused_step`.
    aggregate_num, use_fused_step, **kwargs
        As `Optimizer`; `aggregate_num` is at most 45.
    """

    moments_dtype = "float32"

    def __init__(
        self,
        learning_rate: float | None,
        beta1: float,
        beta2: float,
        epsilon: float,
        lower_bound: float | None,
        upper_bound: float | None,
        aggregate_num: float | None,
        use_fused_step: bool,
        **kwargs: Any,
    ) -> None:
        self.beta1 = self._number("beta1", beta1)
        self.beta2 = self._number("beta2", beta2)
        self.epsilon = self._number("epsilon", epsilon, "eps")
        self.lower_bound = self._number_or_none("lower_bound", lower_bound)
        self.upper_bound = self._number_or_none("upper_bound", upper_bound)
        super().__init__(
            learning_rate=learning_rate, aggregate_num=aggregate_num, use_fused_step=use_fused_step, **kwargs
        )

    def _check_together(self) -> None:
        no_bound = self.use_fused_step and not self.upper_bound  # to array code 0 is a bound
        check_bounds(self._where, self.lower_bound, None if no_bound else self.upper_bound)
        self._at_most("aggregate_num", self.aggregate_num, _LARGEST_AGGREGATE)

    def _all(self, way: Way, lr: float, wd: float) -> dict[str, float]:
        return self._common(
            way,
            lr,
            wd,
            beta1=self.beta1,
            beta2=self.beta2,
            eps=self.epsilon,
            lower_bound=self.lower_bound or 0.0,
            upper_bound=limit(self.upper_bound, way),
        )
