"""LAMB of MXNet 2.0.0b1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ... import dialects, moments
from ..._types import Rule
from ...combine import bind
from .._memory import Pending
from .._mxnet.layers import Layer
from ._base import Optimizer
from ._family import Way
from ._moments import MomentsFamily

_FUSED, _STEP = dialects.RULES["lamb@mxnet-1.9.1"], dialects.RULES["lamb@mxnet-2.0.0b1-step"]
_RULES: dict[tuple[bool, bool], Rule] = {  # by whether it is fused, and whether bias is corrected
    (True, True): _FUSED,
    (True, False): bind(_FUSED, bias_correction=moments.uncorrected),
    (False, True): _STEP,
    (False, False): bind(_STEP, bias_correction=moments.uncorrected),
}


@Optimizer.register
class LAMB(MomentsFamily):
    """Layer-wise adaptive moments.

    For one parameter::

        c = clip(rescale_grad · g)
        m ← β₁ m + (1 − β₁) c,  s ← β₂ s + (1 − β₂) c²        the state
        u = (m / (1 − β₁ᵗ)) / (√(s / (1 − β₂ᵗ)) + ε) + λ w
        w ← w − γ r u,  r = min(max(‖w‖, lower_bound), upper_bound) / ‖u‖, or 1 where a norm is zero

    The rule is `lbref.rules.lamb`, the dialects are ``lamb@mxnet-1.9.1`` fused and ``lamb@mxnet-2.0.0b1-step`` else.
    Its state is a pair of mean and mean square, in float32. As in the release, with `aggregate_num` 1 `fused_step`
    counts every update twice: the corrections of the bias, and a scheduler, see 2, 4, 6. The scheduler is asked about
    1, 3, 5 as well, for nothing, which one that remembers notices.

    Parameters
    ----------
    learning_rate
        γ. Even the default overwrites a scheduler's `base_lr`: pass None to leave that alone.
    beta1, beta2, epsilon
        β₁, β₂ and ε.
    lower_bound, upper_bound
        Bounds of the weight's norm; None is no bound, and neither is 0 to `fused_step`.
    bias_correction
        Whether the moments are corrected for their bias.
    **kwargs
        What all accept, see `Optimizer`: lr_scheduler, wd, rescale_grad, clip_gradient, param_idx2name,
        param_dict, sym, begin_num_update, multi_precision, aggregate_num, use_fused_step. `aggregate_num` is
        at most 45.
    """

    def __init__(
        self,
        learning_rate: float | None = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-6,
        lower_bound: float | None = None,
        upper_bound: float | None = None,
        bias_correction: bool = True,
        aggregate_num: float | None = 4,
        use_fused_step: bool = True,
        **kwargs: Any,
    ) -> None:
        self.bias_correction = self._flag("bias_correction", bias_correction)
        super().__init__(
            learning_rate, beta1, beta2, epsilon, lower_bound, upper_bound, aggregate_num, use_fused_step, **kwargs
        )

    def _rated(self, layers: list[Layer], way: Way) -> Iterator[tuple[Layer, float, float]]:
        if not way.fused or self.aggregate_num > 1:
            yield from super()._rated(layers, way)
            return
        indices = [layer.index for layer in layers]
        self._update_count(indices)
        self._get_lrs(indices)  # the release does not use them, but a scheduler remembers what it was asked
        for layer in layers:
            yield from super()._rated([layer], way)

    def _update_one(self, pending: Pending, layer: Layer, lr: float, wd: float, way: Way) -> None:
        rule, count = _RULES[way.fused, self.bias_correction], self._index_update_count[layer.index]
        hyperparameters = self._all(way, lr, wd)
        self._move(pending, rule, layer, count, hyperparameters, multi_precision=way.multi_precision)
