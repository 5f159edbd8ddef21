"""LBSGD as an optimizer of torch."""

from __future__ import annotations

from typing import Any, ClassVar

from ._optimizer import NativeOptimizer


class LBSGD(NativeOptimizer):
    """LBSGD: MXNet's large-batch SGD, with gradient accumulation and a multiplier of the learning rate.

    There is no paper; the formula stands in `lbref.rules.lbsgd`. Call ``step`` after every micro-batch, and
    ``zero_grad`` before every backward pass: the optimizer itself sums the gradients of ``batch_scale`` micro-batches,
    and moves the parameters at the last of them.

    Parameters
    ----------
    params
        Parameters, named parameters or groups of them, as for every optimizer of torch.
    lr
        γ of the formula: a number >= 0, or a 0-d tensor, in units of the weight per unit of the gradient. The
        multiplier comes on top of it.
    momentum
        m, a number >= 0.
    weight_decay
        β, a number >= 0, in units of the gradient per unit of the weight.
    batch_scale
        B: how many micro-batches make one step, and the multiplier at which the warmup ends; an integer >= 1.
    warmup_epochs, updates_per_epoch
        Integers >= 0. Their product is the length of the warmup, in micro-batches.
    begin_epoch
        The epoch at which the count starts, an integer >= 0.
    warmup_strategy
        Where the multiplier comes from: ``"linear"``, ``"power2"`` or ``"sqrt"`` of the count, or ``"lars"``, a ratio
        of norms. None is the dialect's own, which of lbref's own rule is ``"linear"``.
    maximize
        Go uphill.
    dialect
        What stands behind ``lbsgd@`` in `lbref.dialects.RULES`, such as ``"mxnet-1.9.1-sqrt"``; None is lbref's own
        rule.

    Raises
    ------
    LbrefError
        If an option is out of range or unknown.

    Examples
    --------
    >>> import torch
    >>> from lbref.facades.torch import LBSGD
    >>> weight = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    >>> optimizer = LBSGD([weight], lr=0.5, batch_scale=2, warmup_epochs=0)
    >>> for grad in ([1.0, 0.0], [1.0, -1.0]):
    ...     weight.grad = torch.tensor(grad)
    ...     optimizer.step()
    ...     weight.tolist()  # the mean gradient is (1, -0.5), the multiplier 2
    [3.0, 4.0]
    [2.0, 4.5]
    """

    name: ClassVar[str] = "lbsgd"

    def __init__(
        self,
        params: Any,
        lr: Any,
        *,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        batch_scale: int = 1,
        warmup_epochs: int = 5,
        updates_per_epoch: int = 32,
        begin_epoch: int = 0,
        warmup_strategy: str | None = None,
        maximize: bool = False,
        dialect: str | None = None,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "batch_scale": batch_scale,
            "warmup_epochs": warmup_epochs,
            "updates_per_epoch": updates_per_epoch,
            "begin_epoch": begin_epoch,
            "warmup_strategy": warmup_strategy,
            "maximize": maximize,
            "dialect": dialect,
        }
        super().__init__(params, options)
