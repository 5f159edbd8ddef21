"""LARS of MXNet 1.9.1."""

from __future__ import annotations

from typing import Any

from ... import dialects, trust
from ...combine import bind, velocity_negated
from .._memory import Pending
from .._mxnet.adaptation import is_adapted, measure_of_copy, refuse_signed_rescaling
from .._mxnet.layers import Layer
from .._mxnet.rates import corrected_momentum, single
from .._mxnet.states import Velocity
from ._base import Optimizer
from ._family import Family

_ADAPTED = velocity_negated(dialects.RULES["lars@mxnet-1.9.1"])
_RULES = {True: _ADAPTED, False: bind(_ADAPTED, zero_norm=trust.one_always)}


@Optimizer.register
class LARS(Velocity, Family):
    """Layer-wise adaptive rate scaling.

    For one parameter::

        λ = η ‖w‖ / (‖rescale_grad · g‖ + β ‖w‖ + ε), or 1 unless both norms are positive
        v ← m v − γ λ (clip(rescale_grad · g) + β w)        the state
        w ← w + v

    The rule is `lbref.rules.lars`, the dialect ``lars@mxnet-1.9.1``. Its state is v, or None without momentum.
    Parameters whose names end in gamma, beta or bias get no ratio. By default only parameters whose names end in
    _weight decay, once names are known.

    With `momentum_correction` the momentum is multiplied by the rate over the rate *of the call before*: of the
    step before only if a step is one call. The release does so, and an `Updater` makes a call per four parameters.

    Parameters
    ----------
    momentum
        m, a number >= 0.
    lazy_update
        Accepted as in the release, where it concerns sparse gradients only.
    eta, eps
        η and ε; the docstring of the release calls them lars_eta and lars_epsilon.
    momentum_correction
        Whether a change of the rate changes the momentum for one call.
    **kwargs
        What all accept, see `Optimizer`: learning_rate, lr_scheduler, wd, rescale_grad, clip_gradient, param_idx2name,
        param_dict, sym, begin_num_update, multi_precision, aggregate_num. `rescale_grad` must be > 0.
    """

    master_first = False
    aggregation = 4
    remembers = (*Family.remembers, "last_lr", "cur_lr")

    def __init__(
        self,
        momentum: float = 0.0,
        lazy_update: bool = True,
        eta: float = 0.001,
        eps: float = 0,
        momentum_correction: bool = True,
        **kwargs: Any,
    ) -> None:
        self.momentum = self._number("momentum", momentum)
        self.lazy_update = self._flag("lazy_update", lazy_update)
        self.eta = self._number("eta", eta, "trust_coefficient")
        self.eps = self._number("eps", eps)
        self.momentum_correction = self._flag("momentum_correction", momentum_correction)
        self.last_lr: float | None = None
        self.cur_lr: float | None = None
        super().__init__(**kwargs)

    def _check_together(self) -> None:
        refuse_signed_rescaling(self._where, self._number("rescale_grad", self.rescale_grad))

    def _decays(self, name: str) -> bool:
        return name.endswith("_weight")

    def _rate_of_call(self) -> float:
        """Return the global rate, and remember it and that of the call before."""
        rate = super()._rate_of_call()
        self.last_lr, self.cur_lr = (rate if self.cur_lr is None else self.cur_lr), rate
        return rate

    def _momentum(self) -> float:
        momentum: float = self._number("momentum", self.momentum)
        if not self.momentum_correction or self.cur_lr is None or self.last_lr is None:
            return momentum
        return corrected_momentum(momentum, self.cur_lr, self.last_lr)

    def _update_one(
        self, pending: Pending, layer: Layer, lr: float, wd: float, *, in_list: bool, multi_precision: bool
    ) -> None:
        del in_list
        refuse_signed_rescaling(
            self._where, self._number("rescale_grad", self.rescale_grad)
        )  # trainers set it anew at every step
        hyperparameters = self._hyperparameters(lr, wd) | {
            "momentum": single(self._momentum()),
            "trust_coefficient": single(self.eta),
            "eps": single(self.eps),
        }
        self._move(
            pending,
            _RULES[is_adapted(layer.index, self.idx2name)],
            layer,
            1,
            hyperparameters,
            multi_precision=multi_precision,
            copy_reader=measure_of_copy,
            rests=not self.momentum,  # the release then calls a kernel without velocities
        )
