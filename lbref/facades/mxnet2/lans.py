"""LANS of MXNet 2.0.0b1."""

from __future__ import annotations

from typing import Any

from ... import dialects
from .._memory import Pending
from .._mxnet.adaptation import phi_of_copy
from .._mxnet.layers import Layer
from ._base import Optimizer
from ._family import Way
from ._moments import MomentsFamily

_RULES = {True: dialects.RULES["lans@mxnet-2.0.0b1"], False: dialects.RULES["lans@mxnet-2.0.0b1-step"]}


@Optimizer.register
class LANS(MomentsFamily):
    """LAMB with a normalised gradient and Nesterov's momentum.

    For one parameter::

        c = clip(rescale_grad · g / ‖rescale_grad · g‖)
        m ← β₁ m + (1 − β₁) c,  s ← β₂ s + (1 − β₂) c²        the state
        q = √(s / (1 − β₂ᵗ)) + ε
        a = (m / (1 − β₁ᵗ)) / q + λ w,  b = c / q + λ w
        w ← w − γ φ (β₁ a / ‖a‖ + (1 − β₁) b / ‖b‖),  φ = min(max(‖w‖, lower_bound), upper_bound)

    The rule is `lbref.rules.lans`, the dialects are ``lans@mxnet-2.0.0b1`` fused and ``lans@mxnet-2.0.0b1-step`` else.
    Its state is a pair of mean and mean square, in float32. A gradient of zeros makes everything NaN, as in the
    release. Of weights in half precision with a master copy, `fused_step` takes the norm of the copy in half precision.

    Parameters
    ----------
    learning_rate
        γ. Even the default overwrites a scheduler's `base_lr`: pass None to leave that alone.
    beta1, beta2, epsilon
        β₁, β₂ and ε.
    lower_bound, upper_bound
        Bounds of the weight's norm; None is no bound, and neither is 0 to `fused_step`.
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
        aggregate_num: float | None = 4,
        use_fused_step: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate, beta1, beta2, epsilon, lower_bound, upper_bound, aggregate_num, use_fused_step, **kwargs
        )

    def _update_one(self, pending: Pending, layer: Layer, lr: float, wd: float, way: Way) -> None:
        self._move(
            pending,
            _RULES[way.fused],
            layer,
            self._index_update_count[layer.index],
            self._all(way, lr, wd),
            multi_precision=way.multi_precision,
            copy_reader=phi_of_copy if way.fused else None,
        )
