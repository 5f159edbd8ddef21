"""SGD as a transformation of optax."""

from __future__ import annotations

from typing import Any

import optax

from .._native import rule_of
from ._transformation import transformation
from ._trees import Mask


def sgd(
    learning_rate: Any,
    *,
    momentum: Any = 0.9,
    weight_decay: Any = 0.0,
    weight_decay_mask: Mask = True,
    dialect: str | None = None,
) -> optax.GradientTransformation:
    """SGD with momentum.

    Sutskever et al. 2013, equations 1 and 2; the formula stands in `lbref.rules.sgd`. The velocity carries the learning
    rate; with ``dialect="goyal-2017"`` it does not.

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
        What stands behind ``sgd@`` in `lbref.dialects.RULES`, such as ``"goyal-2017"``; None is lbref's own rule.

    Raises
    ------
    LbrefError
        If a number is out of range, there is no such dialect, or a mask is none.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import optax
    >>> from lbref.facades.optax import sgd
    >>> params = {"w": jnp.array([3.0, 4.0])}
    >>> transformation = sgd(0.5, weight_decay=0.1)
    >>> state = transformation.init(params)
    >>> updates, state = transformation.update({"w": jnp.array([0.0, 0.5])}, state, params)
    >>> params = optax.apply_updates(params, updates)
    >>> [round(element, 4) for element in params["w"].tolist()]
    [2.85, 3.55]
    """
    hyperparameters = {"learning_rate": learning_rate, "momentum": momentum, "weight_decay": weight_decay}
    rules = {True: rule_of("optax.sgd", "sgd", dialect=dialect)}
    return transformation("sgd", rules, hyperparameters, weight_decay_mask=weight_decay_mask)
