"""SGD with momentum as an optimizer of torch, to compare the others with."""

from __future__ import annotations

from typing import ClassVar

from ._families import WithMomentum


class SGD(WithMomentum):
    """SGD with momentum, with the learning rate inside the velocity.

    Sutskever et al. 2013, equations 1 and 2; the formula stands in `lbref.rules.sgd`. ``torch.optim.SGD`` has the rate
    outside: that is ``dialect="goyal-2017"``. They differ where the rate changes.

    Parameters
    ----------
    params
        Parameters, named parameters or groups of them, as for every optimizer of torch.
    lr
        γ of the formula: a number >= 0, or a 0-d tensor, in units of the weight per unit of the gradient.
    momentum
        m, a number >= 0.
    weight_decay
        β, a number >= 0, in units of the gradient per unit of the weight.
    maximize
        Go uphill.
    dialect
        What stands behind ``sgd@`` in `lbref.dialects.RULES`, such as ``"goyal-2017"``; None is lbref's own rule.

    Raises
    ------
    LbrefError
        If an option is out of range or unknown.

    Examples
    --------
    >>> import torch
    >>> from lbref.facades.torch import SGD
    >>> weight = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    >>> optimizer = SGD([weight], lr=0.5, momentum=0.5)
    >>> weight.grad = torch.tensor([1.0, -1.0])
    >>> optimizer.step()
    >>> weight.tolist()
    [2.5, 4.5]
    """

    name: ClassVar[str] = "sgd"
