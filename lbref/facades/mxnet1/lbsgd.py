"""LBSGD of MXNet 1.9.1."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ... import dialects, warmup
from ..._arrays import namespace
from ...combine import velocity_negated
from .._counts import following
from .._memory import Pending, brought_to
from .._mxnet.layers import Layer, check_weight, one_layer
from .._mxnet.moving import move, move_master
from .._mxnet.rates import init_updates, is_complete, micro_batch, multiplied, single
from .._mxnet.states import Velocity
from ._base import Optimizer

_WARMED = velocity_negated(dialects.RULES["lbsgd@mxnet-1.9.1-linear"])
_LARS = velocity_negated(dialects.RULES["lbsgd@mxnet-1.9.1-lars"])
_MULTIPLIERS = {"linear": warmup.lbsgd_linear, "power2": warmup.lbsgd_power2, "sqrt": warmup.lbsgd_sqrt}


def _whole_rate(
    multiplier: Callable[..., float],
    lr: float,
    weight: Any,
    grad: Any,
    count: int,
    /,
    *,
    updates: int,
    batch_scale: int,
    weight_decay: Any,
) -> float:
    """Return the rate times its multiplier, in single precision: the release rounds the product, not its factors."""
    del weight, grad, weight_decay
    return single(multiplied(lr, multiplier(count, updates=updates, batch_scale=batch_scale)))


@Optimizer.register
class LBSGD(Velocity, Optimizer):
    """Large-batch SGD, which sums the gradients of B micro-batches, then makes one step with their mean.

    For one parameter, with the mean ḡ::

        v ← m v − γ r (clip(rescale_grad · ḡ) + β w)        the state
        w ← w + v

    n counts micro-batches, N = warmup_epochs · updates_per_epoch; the multiplier r of the rate is, by strategy, until
    n = N and B from then on:

        'linear'  1 + (B − 1) n / N          'sqrt'  1 + (B − 1) √(n / N)
        'power2'  1 + (B − 1) (n / N)²       any other string  1

    or with ``'lars'``, at every n, √(‖w‖² / (‖ḡ‖² + β ‖w‖² + 1e-18)) within [0.01, 100]: there is no trust coefficient,
    so it wants a rate that is smaller, often ten times. The rule is `lbref.rules.lbsgd`, the dialects are
    ``lbsgd@mxnet-1.9.1-linear``, ``-power2``, ``-sqrt`` and ``-lars``. It takes one parameter at a time. Its state is
    v, or None without momentum; the sums are in `cumgrads`.

    As in the release: the scheduler's clock counts micro-batches from 0; the first gradient of a parameter is held by
    reference, so that a buffer that is written again before the second changes it; if `batch_scale` does not divide
    begin_epoch · updates_per_epoch, the first step comes early and still divides by `batch_scale`; NaN and infinities
    poison a weight in a waiting micro-batch; any other strategy multiplies by 1 and jumps at the end of the warmup.

    Parameters
    ----------
    momentum
        m, a number >= 0.
    multi_precision
        Whether weights in half precision get a float32 master copy.
    warmup_strategy
        ``'linear'``, ``'power2'``, ``'sqrt'``, ``'lars'``, or any other string.
    warmup_epochs, updates_per_epoch
        Their product is the length of the warmup, in micro-batches.
    batch_scale
        B: how many micro-batches make a step, and the multiplier after the warmup.
    begin_epoch
        The epoch at which the count starts.
    num_epochs
        Kept, and never read, as in the release.
    **kwargs
        What all accept, see `Optimizer`: learning_rate, lr_scheduler, wd, rescale_grad, clip_gradient, param_idx2name,
        param_dict, sym, begin_num_update, aggregate_num.
    """

    remembers = (*Optimizer.remembers, "cumgrads")
    one_at_a_time = True

    def __init__(
        self,
        momentum: float = 0.0,
        multi_precision: bool = False,
        warmup_strategy: str = "linear",
        warmup_epochs: int = 5,
        batch_scale: int = 1,
        updates_per_epoch: int = 32,
        begin_epoch: int = 0,
        num_epochs: int = 60,
        **kwargs: Any,
    ) -> None:
        self.momentum = self._number("momentum", momentum)
        self.warmup_strategy = self._text("warmup_strategy", warmup_strategy)
        self.warmup_epochs = self._whole("warmup_epochs", warmup_epochs)
        self.batch_scale = self._whole("batch_scale", batch_scale)
        self.updates_per_epoch = self._whole("updates_per_epoch", updates_per_epoch)
        self.begin_epoch = self._whole("begin_epoch", begin_epoch)
        self.init_updates = init_updates(self.begin_epoch, self.updates_per_epoch)
        self.num_epochs = self._whole("num_epochs", num_epochs, "updates")
        self.cumgrads: dict[int | str, dict[str, Any]] = {}
        super().__init__(multi_precision=multi_precision, **kwargs)

    def create_state(self, index: int | str, weight: Any) -> Any:
        """Return zeros shaped like the weight, or None without momentum.

        Of a weight in half precision with `multi_precision`: the pair of that, in float32, and a float32 master copy.
        `create_state_multi_precision` returns a pair the other way round, which `update_multi_precision` takes.

        Parameters and errors as `Optimizer.create_state`.
        """
        check_weight(self._where, weight)
        if not self._needs_master(weight):
            return super().create_state(index, weight)
        master, state = super().create_state_multi_precision(index, weight)
        return state, master

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Take one micro-batch; see `Optimizer.update`."""
        (layer,) = one_layer(self._where, index, weight, grad, state)
        with self._all_or_nothing() as pending:
            hyperparameters = self._all(self._get_lr(layer.index), self._get_wd(layer.index))
            self._update_count(layer.index)
            self._take(pending, layer, hyperparameters)

    def _take(self, pending: Pending, layer: Layer, hyperparameters: dict[str, Any]) -> None:
        """Run the rule on a micro-batch, and remember the sum of the gradients."""
        before = self.cumgrads.get(layer.index, {"cum_grad": None, "num_cums": self.init_updates})
        count = following(before["num_cums"])
        step = micro_batch(count, self.init_updates)
        rule = _LARS if self.warmup_strategy == "lars" else _WARMED
        held = {} if before["cum_grad"] is None else {"grad_sum": self._held(layer.weight, before["cum_grad"])}
        if self._needs_master(layer.weight):
            state, master = self._pair(layer, turned=True)
            kept = self._arrays(layer, state)
            moved = move_master(pending, rule, layer, master, kept, step, hyperparameters, held)
        else:
            moved = move(pending, rule, layer, self._arrays(layer, layer.state), step, hyperparameters, held)
        complete = is_complete(count, self.batch_scale)
        by_reference = step == 1 and not complete
        cum_grad = None if complete else (layer.grad if by_reference else moved.grad_sum)
        self.cumgrads[layer.index] = {"cum_grad": cum_grad, "num_cums": count}

    def _held(self, weight: Any, cum_grad: Any) -> Any:
        """Return the sum so far where the weight is, in float32 if there is a master copy."""
        here, xp = brought_to(weight, cum_grad), namespace(weight)
        return xp.astype(here, xp.float32) if self._needs_master(weight) else here

    def _all(self, lr: float, wd: float) -> dict[str, Any]:
        lr = self._number("learning_rate", lr)
        multiplier = _MULTIPLIERS.get(self.warmup_strategy, warmup.lbsgd_none)
        rate = {"learning_rate": 1.0, "warmup_strategy": partial(_whole_rate, multiplier, lr)}
        return (
            self._hyperparameters(lr, wd)
            | ({} if self.warmup_strategy == "lars" else rate)
            | {
                "momentum": single(self._number("momentum", self.momentum)),
                "batch_scale": self.batch_scale,
                "warmup_epochs": self.warmup_epochs,
                "updates_per_epoch": self.updates_per_epoch,
                "begin_epoch": self.begin_epoch,
            }
        )
