"""LBSGD as a transformation of optax."""

from __future__ import annotations

from typing import Any

import optax

from ...combine import bind, traceable
from .._native import rule_of
from ._transformation import transformation
from ._trees import Mask


def lbsgd(
    learning_rate: Any,
    *,
    momentum: Any = 0.0,
    weight_decay: Any = 0.0,
    batch_scale: int = 1,
    warmup_epochs: int = 5,
    updates_per_epoch: int = 32,
    begin_epoch: int = 0,
    warmup_strategy: str | None = None,
    weight_decay_mask: Mask = True,
    dialect: str | None = None,
) -> optax.GradientTransformation:
    """LBSGD: MXNet's large-batch SGD, with gradient accumulation and a multiplier of the learning rate.

    There is no paper; the formula stands in `lbref.rules.lbsgd`. Call ``update`` after every micro-batch: the
    transformation itself sums the gradients of ``batch_scale`` micro-batches, and its update is zero but at the last of
    them. Under ``jax.jit``, where the count is traced, both are computed every time and one is chosen; there
    ``optax.MultiSteps`` around `lbref.facades.optax.sgd` with a schedule costs less, for strategies that take no norm.

    Parameters
    ----------
    learning_rate
        γ of the formula: a number >= 0 or a schedule of the count of micro-batches, in units of the weight per unit of
        the gradient. The multiplier comes on top of it.
    momentum
        m, a number >= 0 or a schedule.
    weight_decay
        β, a number >= 0 or a schedule, in units of the gradient per unit of the weight.
    batch_scale
        B: how many micro-batches make one step, and the multiplier at which the warmup ends; an integer >= 1.
    warmup_epochs, updates_per_epoch
        Integers >= 0. Their product is the length of the warmup, in micro-batches.
    begin_epoch
        The epoch at which the count starts, an integer >= 0.
    warmup_strategy
        Where the multiplier comes from: ``"linear"``, ``"power2"`` or ``"sqrt"`` of the count, or ``"lars"``, a ratio
        of norms. None is the dialect's own, which of lbref's own rule is ``"linear"``.
    weight_decay_mask
        Which leaves decay: True, a tree of bools like the params or a prefix of it, or a function of the params that
        returns one.
    dialect
        What stands behind ``lbsgd@`` in `lbref.dialects.RULES`, such as ``"mxnet-1.9.1-sqrt"``; None is lbref's own
        rule.

    Raises
    ------
    LbrefError
        If a number is out of range, there is no such dialect, or a mask is none.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from lbref.facades.optax import lbsgd
    >>> params = jnp.array([3.0, 4.0])
    >>> transformation = lbsgd(0.5, batch_scale=2, warmup_epochs=0)
    >>> state = transformation.init(params)
    >>> for grad in ([1.0, 0.0], [1.0, -1.0]):
    ...     updates, state = transformation.update(jnp.array(grad), state, params)
    ...     updates.tolist()  # the mean gradient is (1, -0.5), the multiplier 2
    [0.0, 0.0]
    [-1.0, 0.5]
    """
    hyperparameters = {"learning_rate": learning_rate, "momentum": momentum, "weight_decay": weight_decay}
    rule = rule_of("optax.lbsgd", "lbsgd", dialect=dialect, warmup_strategy=warmup_strategy)
    counted = bind(
        rule,
        batch_scale=batch_scale,
        warmup_epochs=warmup_epochs,
        updates_per_epoch=updates_per_epoch,
        begin_epoch=begin_epoch,
    )
    return transformation("lbsgd", {True: traceable(counted)}, hyperparameters, weight_decay_mask=weight_decay_mask)
