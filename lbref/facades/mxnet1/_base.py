"""The base class of MXNet 1.9.1's optimizers."""

from __future__ import annotations

import math
import os
from typing import Any, ClassVar

from ... import errors
from ..._arrays import namespace
from .._mxnet import base
from .._mxnet.layers import Layer, checked_layers, is_list, one_layer
from .._mxnet.rates import single


class Optimizer(base.Optimizer):
    """The base class of MXNet 1.9.1's optimizers; a class of your own derives from it and registers itself.

    Parameters
    ----------
    rescale_grad
        Every gradient is multiplied by it first: often 1 / batch size.
    param_idx2name
        The names of the parameters, by index. By them `set_lr_mult` and `set_wd_mult` find parameters. Once names are
        given, only parameters whose names end in ``_weight`` or ``_gamma`` decay (of LARS: in ``_weight``), until
        `set_wd_mult` says otherwise: ``fc_weight`` does, ``fc.weight`` does not. LARS gives names that end in gamma,
        beta or bias no ratio.
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
        How many parameters an `Updater` hands over in one call; 0 is one at a time without a list. By default what
        the release reads from the environment variable ``MXNET_OPTIMIZER_AGGREGATION_SIZE``.

    Raises
    ------
    HyperparameterError
        If an argument is outside its range.
    UnknownHyperparameterError
        If there is no such argument.
    """

    release = "mxnet1"
    opt_registry: ClassVar[dict[str, type]] = {}
    aggregates_from: ClassVar[int] = 1
    takes_lists_only: ClassVar[bool] = False
    aggregation: ClassVar[int] = 0
    """The default of `aggregate_num`, before the environment is asked; 0: always one at a time."""
    one_at_a_time: ClassVar[bool] = False
    """Whether `update` takes no lists."""

    def __init__(self, *args: Any, aggregate_num: int | None = None, **kwargs: Any) -> None:
        self.aggregate_num = (
            self._aggregation() if aggregate_num is None else self._whole("aggregate_num", aggregate_num, "updates")
        )
        super().__init__(*args, **kwargs)

    def _check_together(self) -> None:
        if self.one_at_a_time and self.aggregate_num:
            raise errors.HyperparameterError(
                f"{self._where}: aggregate_num is {self.aggregate_num!r}, but this optimizer takes one parameter at a "
                f"time; leave it out"
            )

    def _aggregation(self) -> int:
        if not self.aggregation:
            return 0
        name = "MXNET_OPTIMIZER_AGGREGATION_SIZE"
        size = os.environ.get(name, str(self.aggregation))
        if not size.isdecimal():
            raise errors.HyperparameterError(f"{self._where}: {name} is {size!r}, but must be an integer >= 0")
        return int(size)

    def _decays(self, name: str) -> bool:
        """Return whether a parameter of this name decays by default."""
        return name.endswith(("_weight", "_gamma"))

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Update a parameter in place.

        Parameters
        ----------
        index
            The parameter's index or name, by which its multipliers and its count are found. SGD, LARS and LAMB also
            take lists of everything.
        weight
            The array to be updated.
        grad
            Its gradient, of the same shape, dtype and library; it is left as it is.
        state
            What `create_state` returned for it; updated in place.

        Raises
        ------
        LbrefError
            One of `lbref.errors`; nothing has then been changed.
        """
        raise NotImplementedError("an optimizer must say how it updates")

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Update a parameter in place, by way of its master copy if it is in half precision with `multi_precision`.

        Parameters and errors as `update`; `state` is what `create_state_multi_precision` returned.
        """
        if is_list(index):
            self.update(index, weight, grad, state)
            return
        (layer,) = one_layer(self._where, index, weight, grad, state)
        if not self._needs_master(weight):
            self.update(index, weight, grad, state)
            return
        inner, master = self._pair(layer)
        xp = namespace(weight)
        with self._all_or_nothing() as pending:
            self.update(index, master, xp.astype(layer.grad, xp.float32), inner)
            pending.put_copy(weight, master)

    def _layers(self, index: Any, weight: Any, grad: Any, state: Any) -> list[Layer]:
        """Return the layers of a call with a scalar index or with lists."""
        make = checked_layers if is_list(index) else one_layer
        return make(self._where, index, weight, grad, state)

    def _hyperparameters(self, lr: float, wd: float) -> dict[str, float]:
        """Return what reaches the kernels: in single precision; a limit of 0 is none."""
        return {
            "learning_rate": single(lr),
            "weight_decay": single(wd),
            "rescale_grad": single(self._number("rescale_grad", self.rescale_grad)),
            "clip_gradient": single(self._number_or_none("clip_gradient", self.clip_gradient) or math.inf),
        }
