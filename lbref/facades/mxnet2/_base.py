"""The base class of MXNet 2.0.0b1's optimizers."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from ..._arrays import namespace
from .._mxnet import base
from .._mxnet.layers import Layer, checked_layers


class Optimizer(base.Optimizer):
    """The base class of MXNet 2.0.0b1's optimizers; one of your own says how it makes a `step`, and registers itself.

    Parameters
    ----------
    rescale_grad
        Every gradient is multiplied by it first: often 1 / batch size.
    param_idx2name
        The names of the parameters, by index. By them `set_lr_mult` and `set_wd_mult` find parameters. All decay,
        biases too, until `set_wd_mult` says otherwise. LARS gives names that end in gamma, beta or bias no ratio.
    wd
        The weight decay.
    clip_gradient
        Limit of a rescaled gradient's elements, before the decay; None is no limit.
    learning_rate
        The rate; it overwrites the scheduler's `base_lr`. None is the scheduler's, or 0.01 without a scheduler.
    lr_scheduler
        A function of the count of updates; with a `base_lr` if there is a learning rate to overwrite it.
    sym
        An object with ``attr_dict()`` and ``list_arguments()``, whose arguments carry multipliers.
    begin_num_update
        The count at which every parameter starts.
    multi_precision
        Whether weights in half precision get a float32 master copy.
    param_dict
        Parameters by index, each with its own `lr_mult` and `wd_mult`, which then decide.
    aggregate_num
        How many parameters an `Updater` hands over in one call; None is 1.
    use_fused_step
        Whether `update` is `fused_step`, which does as the release's kernels, or `step`, which does as its array code.

    Raises
    ------
    HyperparameterError
        If an argument is outside its range.
    UnknownHyperparameterError
        If there is no such argument.
    """

    release = "mxnet2"
    opt_registry: ClassVar[dict[str, type]] = {}
    aggregates_from: ClassVar[int] = 2
    takes_lists_only: ClassVar[bool] = True

    def __init__(
        self, *args: Any, aggregate_num: float | None = None, use_fused_step: bool | None = None, **kwargs: Any
    ) -> None:
        self.aggregate_num = 1 if aggregate_num is None else self._aggregation(aggregate_num)
        self.use_fused_step = use_fused_step is not None and self._flag("use_fused_step", use_fused_step)
        super().__init__(*args, **kwargs)

    def _aggregation(self, aggregate_num: Any) -> float:
        """Return how many parameters go together; infinity is all of them, as the release has it."""
        unlimited = isinstance(aggregate_num, float) and aggregate_num == math.inf
        return aggregate_num if unlimited else self._whole("aggregate_num", aggregate_num, "updates")

    def _set_current_device(self, device_id: int) -> None:
        """Count for one of several devices that share this optimizer: 2.0's name of `_set_current_context`."""
        self._set_current_context(device_id)

    def update(self, indices: Any, weights: Any, grads: Any, states: Any) -> None:
        """Update parameters in place, by `fused_step` or by `step`.

        Parameters
        ----------
        indices
            A list of the parameters' indices or names, by which multipliers and counts are found.
        weights
            The arrays to be updated.
        grads
            Their gradients, each of its weight's shape, dtype and library; they are left as they are.
        states
            What `create_state` returned for each; updated in place.

        Raises
        ------
        LbrefError
            One of `lbref.errors`; nothing has then been changed.
        """
        (self.fused_step if self.use_fused_step else self.step)(indices, weights, grads, states)

    def step(self, indices: Any, weights: Any, grads: Any, states: Any) -> None:
        """Update parameters in place, as the release's array code does; parameters and errors as `update`."""
        raise NotImplementedError("an optimizer must say how it makes a step")

    def fused_step(self, indices: Any, weights: Any, grads: Any, states: Any) -> None:
        """Update parameters in place, as the release's kernels do; parameters and errors as `update`."""
        raise NotImplementedError("an optimizer must say how it makes a fused step")

    def update_multi_precision(self, indices: Any, weights: Any, grads: Any, states: Any) -> None:
        """Update parameters in place, those in half precision by way of their master copies if they have them.

        Parameters and errors as `update`; `states` are what `create_state_multi_precision` returned.
        """
        layers = checked_layers(self._where, indices, weights, grads, states)
        plain = [self._unpaired(layer) for layer in layers]
        with self._all_or_nothing() as pending:
            self.update(indices, *([part[at] for part in plain] for at in range(3)))
            for layer, (master, _, _) in zip(layers, plain, strict=True):
                pending.put_copy(layer.weight, master)

    def _unpaired(self, layer: Layer) -> tuple[Any, Any, Any]:
        """Return weight, gradient and state of a layer: of its master copy, if it has one."""
        if not self._needs_master(layer.weight):
            return layer.weight, layer.grad, layer.state
        state, master = self._pair(layer)
        xp = namespace(layer.grad)
        return master, xp.astype(layer.grad, xp.float32), state
