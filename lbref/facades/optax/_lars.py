"""LARS as a transformation of optax."""

from __future__ import annotations

from typing import Any

import optax

from ._transformation import adaptive_or_not, transformation
from ._trees import Mask


def lars(
    learning_rate: Any,
    *,
    momentum: Any = 0.9,
    weight_decay: Any = 0.0,
    trust_coefficient: Any = None,
    eps: Any = None,
    adaptive: Mask = True,
    weight_decay_mask: Mask = True,
    dialect: str | None = None,
) -> optax.GradientTransformation:
    """LARS: layer-wise adaptive rate scaling.

    You, Gitman and Ginsburg 2017, arXiv:1708.03888, Algorithm 1 and equation 6; the formula stands in
    `lbref.rules.lars`. A layer whose weight or gradient is zero takes the local rate 1, without trust coefficient.

    Parameters
    ----------
    learning_rate
        γ of the formula: a number >= 0 or a schedule. Without unit where the layer is adapted.
    momentum
        m, a number >= 0 or a schedule.
    weight_decay
        β, a number >= 0 or a schedule, in units of the gradient per unit of the weight.
    trust_coefficient
        η, a number >= 0 or a schedule; None is the rule's own: 0.001, unless a dialect fixes another.
    eps
        Added to the denominator of the local rate, in units of the gradient: a number >= 0 or a schedule; None is the
        rule's own: 0, unless a dialect fixes another.
    adaptive
        Which leaves are adapted: True, a tree of bools like the params or a prefix of it, or a function of the params
        that returns one. The ratio of the others (biases, gains) is 1: that is SGD with
        momentum.
    weight_decay_mask
        Which leaves decay; as `adaptive`.
    dialect
        What stands behind ``lars@`` in `lbref.dialects.RULES`, such as ``"optax-0.2.8"`` or
        ``"published"``; None is lbref's own rule.

    Raises
    ------
    LbrefError
        If a number is out of range, there is no such dialect, or a mask is none.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import optax
    >>> from lbref.facades.optax import lars
    >>> params = {"w": jnp.array([3.0, 4.0])}
    >>> transformation = lars(1.0, trust_coefficient=0.5, weight_decay=0.1)
    >>> state = transformation.init(params)
    >>> updates, state = transformation.update({"w": jnp.array([0.0, 0.5])}, state, params)
    >>> params = optax.apply_updates(params, updates)
    >>> [round(element, 4) for element in params["w"].tolist()]  # the rate is 0.5 · 5 / (0.5 + 0.1 · 5) = 2.5
    [2.25, 1.75]
    """
    hyperparameters = {
        "learning_rate": learning_rate,
        "momentum": momentum,
        "weight_decay": weight_decay,
        "trust_coefficient": trust_coefficient,
        "eps": eps,
    }
    rules = adaptive_or_not("lars", dialect)
    return transformation("lars", rules, hyperparameters, adaptive=adaptive, weight_decay_mask=weight_decay_mask)
