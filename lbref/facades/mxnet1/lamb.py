"""LAMB of MXNet 1.9.1."""

from __future__ import annotations

import math
from typing import Any

from ... import dialects
from .._memory import Pending
from .._mxnet.adaptation import check_bounds, phi_of_copy
from .._mxnet.layers import Layer
from .._mxnet.rates import single
from .._mxnet.states import Moments
from ._base import Optimizer
from ._family import Family

_RULES = {True: dialects.RULES["lamb@mxnet-1.9.1"], False: dialects.RULES["lamb@mxnet-1.9.1-uncorrected"]}


@Optimizer.register
class LAMB(Moments, Family):
    """Layer-wise adaptive moments.

    For one parameter::

        c = clip(rescale_grad · g)
        m ← β₁ m + (1 − β₁) c,  s ← β₂ s + (1 − β₂) c²        the state
        u = (m / (1 − β₁ᵗ)) / (√(s / (1 − β₂ᵗ)) + ε) + λ w
        w ← w − γ r u,  r = min(max(‖w‖, lower_bound), upper_bound) / ‖u‖, or 1 where a norm is zero

    The rule is `lbref.rules.lamb`, the dialect ``lamb@mxnet-1.9.1``. Its state is a pair of mean and mean square. The
    bounds are of the weight's norm, not of the ratio; None and 0 are no bound. Of weights in half precision with a
    master copy, a call with lists takes the norm of the copy in half precision, a call with one index that of the
    master: as in the release, whose call with one index, however, never writes the master.

    Parameters
    ----------
    learning_rate
        γ. Even the default overwrites a scheduler's `base_lr`: pass None to leave that alone.
    beta1, beta2, epsilon
        β₁, β₂ and ε.
    lower_bound, upper_bound
        Bounds of the weight's norm, in units of the weight.
    bias_correction
        Whether the moments are corrected for their bias.
    **kwargs
        What all accept, see `Optimizer`: lr_scheduler, wd, rescale_grad, clip_gradient, param_idx2name,
        param_dict, sym, begin_num_update, multi_precision, aggregate_num.
    """

    aggregation = 45

    def __init__(
        self,
        learning_rate: float | None = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-6,
        lower_bound: float | None = None,
        upper_bound: float | None = None,
        bias_correction: bool = True,
        **kwargs: Any,
    ) -> None:
        self.beta1 = self._number("beta1", beta1)
        self.beta2 = self._number("beta2", beta2)
        self.epsilon = self._number("epsilon", epsilon, "eps")
        self.lower_bound = self._number_or_none("lower_bound", lower_bound)
        self.upper_bound = self._number_or_none("upper_bound", upper_bound)
        check_bounds(self._where, self.lower_bound, self.upper_bound or None)
        self.bias_correction = self._flag("bias_correction", bias_correction)
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.aggregate_num = max(1, min(self.aggregation, self.aggregate_num))

    def _counted_together(self, layers: list[Layer]) -> list[list[Layer]]:
        return [[layer] for layer in layers]

    def _update_one(
        self, pending: Pending, layer: Layer, lr: float, wd: float, *, in_list: bool, multi_precision: bool
    ) -> None:
        hyperparameters = self._hyperparameters(lr, wd) | {
            "beta1": single(self.beta1),
            "beta2": single(self.beta2),
            "eps": single(self.epsilon),
            "lower_bound": single(self.lower_bound or 0.0),
            "upper_bound": single(self.upper_bound or math.inf),
        }
        self._move(
            pending,
            _RULES[self.bias_correction],
            layer,
            self._index_update_count[layer.index],
            hyperparameters,
            multi_precision=multi_precision,
            copy_reader=phi_of_copy if in_list and self.aggregate_num > 1 else None,
        )
