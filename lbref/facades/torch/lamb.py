"""LAMB as an optimizer of torch."""

from __future__ import annotations

from typing import ClassVar

from ._families import WithMoments


class LAMB(WithMoments):
    """LAMB: layer-wise adaptive moments for batch training.

    You et al. 2020, arXiv:1904.00962v5, Algorithm 2; the formula stands in `lbref.rules.lamb`. A layer whose weight or
    direction is zero takes the ratio 1.

    Parameters
    ----------
    params
        Parameters, named parameters or groups of them, as for every optimizer of torch.
    lr
        η of the formula: a number >= 0, or a 0-d tensor. How far a layer may move, relative to its norm.
    betas
        β₁ and β₂, numbers in [0, 1).
    eps
        ε, a number >= 0, in units of the gradient; None is the rule's own.
    weight_decay
        λ, a number >= 0, per unit of the weight; decoupled from the moments.
    lower_bound, upper_bound
        Bounds of the weight's norm (not of the ratio), in units of the weight.
    adaptive
        False for a group of layers that are not adapted (biases, gains): there it is Adam with decoupled decay.
    maximize
        Go uphill.
    dialect
        What stands behind ``lamb@`` in `lbref.dialects.RULES`, such as ``"mxnet-1.9.1"`` or ``"published"``; None is
        lbref's own rule.

    Raises
    ------
    LbrefError
        If an option is out of range or unknown.

    Examples
    --------
    >>> import torch
    >>> from lbref.facades.torch import LAMB
    >>> weight = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    >>> optimizer = LAMB([weight], lr=0.1, betas=(0.9, 0.99))
    >>> weight.grad = torch.tensor([2.0, -2.0])
    >>> optimizer.step()
    >>> [round(element, 4) for element in weight.tolist()]  # 0.1 of its norm, 5, along (1, -1)
    [2.6464, 4.3536]
    """

    name: ClassVar[str] = "lamb"
