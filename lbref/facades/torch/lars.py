"""LARS as an optimizer of torch."""

from __future__ import annotations

from typing import Any, ClassVar

from ._optimizer import NativeOptimizer


class LARS(NativeOptimizer):
    """LARS: layer-wise adaptive rate scaling.

    You, Gitman and Ginsburg 2017, arXiv:1708.03888, Algorithm 1 and equation 6; the formula stands in
    `lbref.rules.lars`. A layer whose weight or gradient is zero takes the local rate 1, without trust coefficient.

    Parameters
    ----------
    params
        Parameters, named parameters or groups of them, as for every optimizer of torch.
    lr
        γ of the formula: a number >= 0, or a 0-d tensor. A group that is not adapted takes it as it is, the others
        times their local rate, which the trust coefficient makes small: give such a group a rate of its own.
    momentum
        m, a number >= 0.
    weight_decay
        β, a number >= 0, in units of the gradient per unit of the weight.
    trust_coefficient
        η, a number >= 0; None is the rule's own: 0.001, unless a dialect fixes another.
    eps
        Added to the denominator of the local rate, in units of the gradient; None is the rule's own: 0, unless a
        dialect fixes another.
    adaptive
        False for a group of layers that are not adapted (biases, gains): there it is SGD with momentum.
    maximize
        Go uphill.
    dialect
        What stands behind ``lars@`` in `lbref.dialects.RULES`, such as ``"timm-1.0.31"`` or ``"published"``; None is
        lbref's own rule.

    Raises
    ------
    LbrefError
        If an option is out of range or unknown.

    Examples
    --------
    >>> import torch
    >>> from lbref.facades.torch import LARS
    >>> weight = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    >>> optimizer = LARS([weight], lr=1.0, trust_coefficient=0.5, weight_decay=0.1)
    >>> weight.grad = torch.tensor([0.0, 0.5])
    >>> optimizer.step()
    >>> [round(element, 4) for element in weight.tolist()]  # the rate is 0.5 · 5 / (0.5 + 0.1 · 5) = 2.5
    [2.25, 1.75]
    """

    name: ClassVar[str] = "lars"

    def __init__(
        self,
        params: Any,
        lr: Any,
        *,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        trust_coefficient: float | None = None,
        eps: float | None = None,
        adaptive: bool = True,
        maximize: bool = False,
        dialect: str | None = None,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "trust_coefficient": trust_coefficient,
            "eps": eps,
            "adaptive": adaptive,
            "maximize": maximize,
            "dialect": dialect,
        }
        super().__init__(params, options)
