"""SGD and NAG of MXNet 2.0.0b1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ... import dialects, errors
from ...combine import velocity_negated
from .._memory import Pending
from .._mxnet.layers import Layer
from .._mxnet.states import Velocity
from ._base import Optimizer
from ._family import Family, Way

_SGD = velocity_negated(dialects.RULES["sgd@mxnet-1.9.1"])
_NAG = velocity_negated(dialects.RULES["nag@mxnet-2.0.0b1"])


@Optimizer.register
class SGD(Velocity, Family):
    """SGD with momentum and weight decay.

    For one parameter::

        c = clip(rescale_grad · g)
        v ← m v − γ (c + β w)        the state
        w ← w + v

    The rule is `lbref.rules.sgd`, the dialect ``sgd@mxnet-1.9.1``: 2.0.0b1 computes the same. Its state is v, or None
    without momentum. A `clip_gradient` of 0 is no limit to `fused_step`, and makes the gradient 0 in `step`.

    Parameters
    ----------
    learning_rate
        γ. Even the default overwrites a scheduler's `base_lr`: pass None to leave that alone.
    momentum
        m, a number >= 0.
    lazy_update
        Accepted as in the release, where it concerns sparse gradients only.
    **kwargs
        What all accept, see `Optimizer`: lr_scheduler, wd, rescale_grad, clip_gradient, param_idx2name,
        param_dict, sym, begin_num_update, multi_precision, aggregate_num, use_fused_step.
    """

    def __init__(
        self,
        learning_rate: float | None = 0.1,
        momentum: float = 0.0,
        lazy_update: bool = False,
        multi_precision: bool = False,
        use_fused_step: bool = True,
        aggregate_num: float | None = 1,
        **kwargs: Any,
    ) -> None:
        self.momentum = self._number("momentum", momentum)
        self.lazy_update = self._flag("lazy_update", lazy_update)
        super().__init__(
            learning_rate=learning_rate,
            multi_precision=multi_precision,
            use_fused_step=use_fused_step,
            aggregate_num=aggregate_num,
            **kwargs,
        )

    def _check_together(self) -> None:
        check_lazy(self._where, self.lazy_update, self.use_fused_step, self.multi_precision)

    def _update_one(self, pending: Pending, layer: Layer, lr: float, wd: float, way: Way) -> None:
        hyperparameters = self._common(way, lr, wd, momentum=self._number("momentum", self.momentum))
        rests = self._rests(way, self.momentum)
        self._move(pending, _SGD, layer, 1, hyperparameters, multi_precision=way.multi_precision, rests=rests)


@Optimizer.register
class NAG(Velocity, Family):
    """Nesterov's accelerated gradient.

    For one parameter::

        c = clip(rescale_grad · g)
        v ← m v − γ (c + β w)        the state
        w ← w + m v − γ (c + β w)

    The rule is `lbref.rules.nag`, the dialect ``nag@mxnet-2.0.0b1``. Its state is v, or None without momentum; the
    release's documentation has it with the opposite sign. A `clip_gradient` of 0 is no limit to `fused_step`, and makes
    the gradient 0 in `step`.

    Parameters
    ----------
    learning_rate
        γ. Even the default overwrites a scheduler's `base_lr`: pass None to leave that alone.
    momentum
        m, a number >= 0.
    **kwargs
        What all accept, see `Optimizer`: lr_scheduler, wd, rescale_grad, clip_gradient, param_idx2name,
        param_dict, sym, begin_num_update, multi_precision, aggregate_num, use_fused_step.
    """

    def __init__(
        self,
        learning_rate: float | None = 0.1,
        momentum: float = 0.9,
        multi_precision: bool = False,
        use_fused_step: bool = True,
        **kwargs: Any,
    ) -> None:
        self.momentum = self._number("momentum", momentum)
        super().__init__(
            learning_rate=learning_rate, multi_precision=multi_precision, use_fused_step=use_fused_step, **kwargs
        )

    def _rated(self, layers: list[Layer], way: Way) -> Iterator[tuple[Layer, float, float]]:
        for layer in layers:
            yield from super()._rated([layer], way)

    def _update_one(self, pending: Pending, layer: Layer, lr: float, wd: float, way: Way) -> None:
        hyperparameters = self._common(way, lr, wd, momentum=self._number("momentum", self.momentum))
        self._move(pending, _NAG, layer, 1, hyperparameters, multi_precision=way.multi_precision)


def check_lazy(where: str, lazy_update: bool, use_fused_step: bool, multi_precision: bool) -> None:
    """Refuse a lazy update together with what the release refuses."""
    if lazy_update and (multi_precision or not use_fused_step):
        raise errors.HyperparameterError(
            f"{where}: lazy_update is True, but goes neither with multi_precision nor without use_fused_step; leave it "
            f"False, it concerns sparse gradients only"
        )
