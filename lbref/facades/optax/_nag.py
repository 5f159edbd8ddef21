"""NAG as a transformation of optax."""

from __future__ import annotations

from typing import Any

import optax

from .._native import rule_of
from ._transformation import transformation
from ._trees import Mask


def nag(
    learning_rate: Any,
    *,
    momentum: Any = 0.9,
    weight_decay: Any = 0.0,
    weight_decay_mask: Mask = True,
    dialect: str | None = None,
) -> optax.GradientTransformation:
    """NAG: Nesterov's accelerated gradient.

    Sutskever et al. 2013, equations 3 and 4; the formula stands in `lbref.rules.nag`. The velocity carries the learning
    rate; with ``dialect="torch-2.13.0"`` it does not.

    Parameters
    ----------
    learning_rate
        γ of the formula: a number >= 0 or a schedule, in units of the weight per unit of the gradient.
    momentum
        m, a number >= 0 or a schedule.
    weight_decay
        β, a number >= 0 or a schedule, in units of the gradient per unit of the weight.
    weight_decay_mask
        Which leaves decay: True, a tree of bools like the params or a prefix of it, or a function of the params that
        returns one.
    dialect
        What stands behind ``nag@`` in `lbref.dialects.RULES`, such as ``"torch-2.13.0"``; None is lbref's own rule.

    Raises
    ------
    LbrefError
        If a number is out of range, there is no such dialect, or a mask is none.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import optax
    >>> from lbref.facades.optax import nag
    >>> params = {"w": jnp.array([3.0, 4.0])}
    >>> transformation = nag(0.5, weight_decay=0.1)
    >>> state = transformation.init(params)
    >>> updates, state = transformation.update({"w": jnp.array([0.0, 0.5])}, state, params)
    >>> params = optax.apply_updates(params, updates)
    >>> [round(element, 4) for element in params["w"].tolist()]
    [2.715, 3.145]
    """
    hyperparameters = {"learning_rate": learning_rate, "momentum": momentum, "weight_decay": weight_decay}
    rules = {True: rule_of("optax.nag", "nag", dialect=dialect)}
    return transformation("nag", rules, hyperparameters, weight_decay_mask=weight_decay_mask)
