"""LARS of MXNet 2.0.0b1."""

from __future__ import annotations

from typing import Any

from ... import dialects, trust
from ..._types import Rule
from ...combine import bind, velocity_negated
from .._memory import Pending
from .._mxnet.adaptation import is_adapted, measure_of_copy, refuse_signed_rescaling
from .._mxnet.layers import Layer
from .._mxnet.rates import single
from .._mxnet.states import Velocity
from ._base import Optimizer
from ._family import Family, Way
from .sgd import check_lazy

_ADAPTED = velocity_negated(dialects.RULES["lars@mxnet-2.0.0b1"])
_IN_LISTS = bind(_ADAPTED, zero_norm=trust.one_unless_both_positive)  # its kernel does not look for infinite norms
_NOT_ADAPTED = bind(_ADAPTED, zero_norm=trust.one_always)


@Optimizer.register
class LARS(Velocity, Family):
    """Layer-wise adaptive rate scaling.

    For one parameter::

        λ = η ‖w‖ / (‖rescale_grad · g‖ + β ‖w‖ + ε), or 1 unless both norms are positive
        v ← m v − γ λ (clip(rescale_grad · g) + β w)        the state
        w ← w + v

    The rule is `lbref.rules.lars`, the dialect ``lars@mxnet-2.0.0b1``. Its state is v, or None without momentum.
    Parameters whose names end in gamma, beta or bias get no ratio; all decay. A `clip_gradient` of 0 makes the gradient
    0. Of weights in half precision with a master copy, `fused_step` takes the norm of the copy in half precision.

    Parameters
    ----------
    learning_rate
        γ. Even the default overwrites a scheduler's `base_lr`: pass None to leave that alone.
    momentum
        m, a number >= 0.
    eta, epsilon
        η and ε.
    lazy_update
        Accepted as in the release, where it concerns sparse gradients only.
    **kwargs
        What all accept, see `Optimizer`: lr_scheduler, wd, rescale_grad, clip_gradient, param_idx2name,
        param_dict, sym, begin_num_update, multi_precision, aggregate_num, use_fused_step. `rescale_grad` must be
        > 0.
    """

    def __init__(
        self,
        learning_rate: float | None = 0.1,
        momentum: float = 0.0,
        eta: float = 0.001,
        epsilon: float = 1e-8,
        lazy_update: bool = False,
        use_fused_step: bool = True,
        aggregate_num: float | None = 1,
        **kwargs: Any,
    ) -> None:
        self.momentum = self._number("momentum", momentum)
        self.eta = self._number("eta", eta, "trust_coefficient")
        self.epsilon = self._number("epsilon", epsilon, "eps")
        self.lazy_update = self._flag("lazy_update", lazy_update)
        super().__init__(
            learning_rate=learning_rate, use_fused_step=use_fused_step, aggregate_num=aggregate_num, **kwargs
        )

    def _check_together(self) -> None:
        check_lazy(self._where, self.lazy_update, self.use_fused_step, self.multi_precision)
        refuse_signed_rescaling(self._where, self._number("rescale_grad", self.rescale_grad))

    def _update_one(self, pending: Pending, layer: Layer, lr: float, wd: float, way: Way) -> None:
        refuse_signed_rescaling(
            self._where, self._number("rescale_grad", self.rescale_grad)
        )  # trainers set it anew at every step
        hyperparameters = self._common(
            way, lr, wd, momentum=self._number("momentum", self.momentum), trust_coefficient=self.eta, eps=self.epsilon
        )
        hyperparameters |= {} if self.clip_gradient is None else {"clip_gradient": single(self.clip_gradient)}
        self._move(
            pending,
            self._rule(layer, way),
            layer,
            1,
            hyperparameters,
            multi_precision=way.multi_precision,
            copy_reader=measure_of_copy if way.fused else None,
            rests=self._rests(way, self.momentum),
        )

    def _rule(self, layer: Layer, way: Way) -> Rule:
        if not is_adapted(layer.index, self.idx2name):
            return _NOT_ADAPTED
        return _IN_LISTS if way.fused and self.aggregate_num > 1 else _ADAPTED
