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
    """LAMB with a normalised gradient: `lbref.dialects`, lans@mxnet-2.0.0b1 fused and lans@mxnet-2.0.0b1-step else.

    Its state is a pair of mean and mean square, in float32. A gradient of zeros makes everything NaN, as in the
    release. Of weights in half precision with a master copy, `fused_step` takes the norm of the copy in half precision.

    Parameters
    ----------
    learning_rate, beta1, beta2, epsilon, lower_bound, upper_bound, aggregate_num, use_fused_step, **kwargs
        As `MomentsFamily`.
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
