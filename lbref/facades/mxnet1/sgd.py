"""SGD and NAG of MXNet 1.9.1."""

from __future__ import annotations

from typing import Any

from ... import dialects
from ...combine import velocity_negated
from .._memory import Pending
from .._mxnet.layers import Layer, one_layer
from .._mxnet.rates import single
from .._mxnet.states import Velocity
from ._base import Optimizer
from ._family import Family

_SGD = velocity_negated(dialects.RULES["sgd@mxnet-1.9.1"])
_NAG = velocity_negated(dialects.RULES["nag@mxnet-1.9.1"])


@Optimizer.register
class SGD(Velocity, Family):
    """SGD with momentum and weight decay.

    For one parameter::

        c = clip(rescale_grad · g)
        v ← m v − γ (c + β w)        the state
        w ← w + v

    The rule is `lbref.rules.sgd`, the dialect ``sgd@mxnet-1.9.1``. Its state is v, or None without momentum; if
    `momentum` is set to 0 later, it is left as it is. The docstring of the release clips before it rescales; the
    release, and this class, rescale, then clip, then decay.

    Parameters
    ----------
    momentum
        m, a number >= 0.
    lazy_update
        Accepted as in the release, where it concerns sparse gradients only.
    **kwargs
        What all accept, see `Optimizer`: learning_rate, lr_scheduler, wd, rescale_grad, clip_gradient, param_idx2name,
        param_dict, sym, begin_num_update, multi_precision, aggregate_num.
    """

    master_first = False
    aggregation = 4

    def __init__(self, momentum: float = 0.0, lazy_update: bool = True, **kwargs: Any) -> None:
        self.momentum = self._number("momentum", momentum)
        self.lazy_update = self._flag("lazy_update", lazy_update)
        super().__init__(**kwargs)

    def _update_one(
        self, pending: Pending, layer: Layer, lr: float, wd: float, *, in_list: bool, multi_precision: bool
    ) -> None:
        del in_list
        hyperparameters = self._hyperparameters(lr, wd) | {"momentum": single(self._number("momentum", self.momentum))}
        rests = not self.momentum  # the release then calls a kernel without velocities
        self._move(pending, _SGD, layer, 1, hyperparameters, multi_precision=multi_precision, rests=rests)


@Optimizer.register
class NAG(Velocity, Family):
    """Nesterov's accelerated gradient.

    For one parameter::

        c = clip(rescale_grad · g)
        w ← w + m (m v − γ (c + β w)) − γ (c + β w)
        v ← m v − γ (c + β w)        the state, with the new w

    The rule is `lbref.rules.nag`, the dialect ``nag@mxnet-1.9.1``. Its state is v, or None without momentum, which is
    the default. It takes one parameter at a time. In the release the kernel writes the weight before the velocity,
    whose decay therefore reads the new weight.

    Parameters
    ----------
    momentum
        m, a number >= 0.
    **kwargs
        What all accept, see `Optimizer`: learning_rate, lr_scheduler, wd, rescale_grad, clip_gradient, param_idx2name,
        param_dict, sym, begin_num_update, multi_precision, aggregate_num.
    """

    master_first = False
    one_at_a_time = True

    def __init__(self, momentum: float = 0.0, **kwargs: Any) -> None:
        self.momentum = self._number("momentum", momentum)
        super().__init__(**kwargs)

    def _layers(self, index: Any, weight: Any, grad: Any, state: Any) -> list[Layer]:
        return one_layer(self._where, index, weight, grad, state)

    def _update_one(
        self, pending: Pending, layer: Layer, lr: float, wd: float, *, in_list: bool, multi_precision: bool
    ) -> None:
        del in_list
        hyperparameters = self._hyperparameters(lr, wd) | {"momentum": single(self._number("momentum", self.momentum))}
        self._move(pending, _NAG, layer, 1, hyperparameters, multi_precision=multi_precision)
