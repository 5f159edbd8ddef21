"""NAG as an optimizer of torch."""

from __future__ import annotations

from typing import ClassVar

from ._families import WithMomentum


class NAG(WithMomentum):
    """NAG: Nesterov's accelerated gradient, with the learning rate inside the velocity.

    Sutskever et al. 2013, equations 3 and 4; the formula stands in `lbref.rules.nag`. torch's ``SGD(nesterov=True)``
    has the rate outside: that is ``dialect="torch-2.13.0"``. They differ where the rate changes.

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
        What stands behind ``nag@`` in `lbref.dialects.RULES`, such as ``"torch-2.13.0"``; None is lbref's own rule.

    Raises
    ------
    LbrefError
        If an option is out of range or unknown.

    Examples
    --------
    >>> import torch
    >>> from lbref.facades.torch import NAG
    >>> weight = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    >>> optimizer = NAG([weight], lr=0.5, momentum=0.5)
    >>> weight.grad = torch.tensor([1.0, -1.0])
    >>> optimizer.step()
    >>> weight.tolist()  # a step of 0.5 · 1, and half of it ahead
    [2.25, 4.75]
    """

    name: ClassVar[str] = "nag"
