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
    """SGD with momentum and weight decay: `lbref.dialects`, sgd@mxnet-1.9.1.

    Its state is −v of the formula, or None without momentum. The docstring of the release clips before it rescales;
    the release, and this class, rescale, then clip, then decay.

    Parameters
    ----------
    momentum
        m of the formula, >= 0.
    lazy_update
        Accepted as in the release, where it concerns sparse gradients only.
    **kwargs
        As `Optimizer`.
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
        hyperparameters = self._hyperparameters(lr, wd) | {"momentum": single(self.momentum)}
        self._move(pending, _SGD, layer, 1, hyperparameters, multi_precision=multi_precision)


@Optimizer.register
class NAG(Velocity, Family):
    """Nesterov's accelerated gradient: `lbref.dialects`, nag@mxnet-1.9.1, which says how it differs.

    Its state is −v of the formula, or None without momentum, which is the default. It takes one parameter at a time.
    In the release the kernel writes the weight before the velocity, whose decay therefore reads the new weight.

    Parameters
    ----------
    momentum
        m of the formula, >= 0.
    **kwargs
        As `Optimizer`.
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
        hyperparameters = self._hyperparameters(lr, wd) | {"momentum": single(self.momentum)}
        self._move(pending, _NAG, layer, 1, hyperparameters, multi_precision=multi_precision)
