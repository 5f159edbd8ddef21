"""LAMB as a transformation of optax."""

from __future__ import annotations

import math
from typing import Any

import optax

from ._transformation import adaptive_or_not, transformation
from ._trees import Mask


def lamb(
    learning_rate: Any,
    *,
    b1: Any = 0.9,
    b2: Any = 0.999,
    eps: Any = None,
    weight_decay: Any = 0.0,
    lower_bound: Any = 0.0,
    upper_bound: Any = math.inf,
    adaptive: Mask = True,
    weight_decay_mask: Mask = True,
    dialect: str | None = None,
) -> optax.GradientTransformation:
    """LAMB: layer-wise adaptive moments for batch training.

    You et al. 2020, arXiv:1904.00962v5, Algorithm 2; the formula stands in `lbref.rules.lamb`. A layer whose weight or
    direction is zero takes the ratio 1.

    Parameters
    ----------
    learning_rate
        η of the formula: a number >= 0 or a schedule. How far a layer may move, relative to its norm.
    b1, b2
        β₁ and β₂, numbers in [0, 1) or schedules.
    eps
        ε, a number >= 0 or a schedule, in units of the gradient; None is the rule's own.
    weight_decay
        λ, a number >= 0 or a schedule, per unit of the weight; decoupled from the moments.
    lower_bound, upper_bound
        Bounds of the weight's norm (not of the ratio), in units of the weight; numbers >= 0 or schedules.
    adaptive
        Which leaves are adapted: True, a tree of bools like the params or a prefix of it, or a function of the params
        that returns one. The ratio of the others (biases, gains) is 1: that is Adam with
        decoupled decay.
    weight_decay_mask
        Which leaves decay; as `adaptive`.
    dialect
        What stands behind ``lamb@`` in `lbref.dialects.RULES`, such as ``"optax-0.2.8"`` or
        ``"published"``; None is lbref's own rule.

    Raises
    ------
    LbrefError
        If a number is out of range, there is no such dialect, or a mask is none.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import optax
    >>> from lbref.facades.optax import lamb
    >>> params = {"w": jnp.array([3.0, 4.0])}
    >>> transformation = lamb(0.1, b2=0.99)
    >>> state = transformation.init(params)
    >>> updates, state = transformation.update({"w": jnp.array([2.0, -2.0])}, state, params)
    >>> params = optax.apply_updates(params, updates)
    >>> [round(element, 4) for element in params["w"].tolist()]  # 0.1 of its norm, 5, along (1, -1)
    [2.6464, 4.3536]
    """
    hyperparameters = {
        "learning_rate": learning_rate,
        "b1": b1,
        "b2": b2,
        "eps": eps,
        "weight_decay": weight_decay,
        "lower_bound": lower_bound,
        "upper_bound": upper_bound,
    }
    rules = adaptive_or_not("lamb", dialect)
    return transformation("lamb", rules, hyperparameters, adaptive=adaptive, weight_decay_mask=weight_decay_mask)
