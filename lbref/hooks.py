"""Gradient hooks: what happens to a gradient before a rule gets to see it.

A hook takes (weight, grad) and returns a gradient. `lbref.combine.hooked` puts hooks before a rule; their
hyperparameters then join the rule's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import trust
from ._arrays import namespace, norm
from ._checks import check_arrays, checked_hook, like
from ._numbers import plain_number
from ._types import Array, Number


def unchanged(weight: Array, grad: Array, /) -> Any:
    """Return the gradient as it is."""
    del weight
    return grad


@checked_hook
def rescale(weight: Array, grad: Array, /, *, rescale_grad: Number = 1.0) -> Any:
    """Return s g: MXNet's rescale_grad, the division by the batch size or by the loss scale.

    Parameters
    ----------
    weight, grad
        Arrays of one shape and dtype.
    rescale_grad
        The factor s; any finite number.
    """
    del weight
    return rescale_grad * grad


@checked_hook
def clip(weight: Array, grad: Array, /, *, clip_gradient: Number = float("inf")) -> Any:
    """Return min(max(g, −c), c), element by element; NaN stays NaN: MXNet's clip_gradient.

    Parameters
    ----------
    weight, grad
        Arrays of one shape and dtype.
    clip_gradient
        The limit c >= 0 of a gradient's magnitude. 0 makes every gradient zero, as MXNet's operators and its step() do;
        its Python classes with fused kernels (LARS of 2.0.0b1 excepted) and all of 1.9.1 take 0, like None, as no
        limit, which is inf here.
    """
    del weight
    return namespace(grad).clip(grad, -clip_gradient, clip_gradient)  # type: ignore[operator]


@checked_hook
def decay(weight: Array, grad: Array, /, *, weight_decay: Number = 0.0) -> Any:
    """Return g + β w: Chainer's WeightDecay; before another hook it lets that hook see the decay."""
    return grad + weight_decay * weight


@checked_hook
def gradient_lars(
    weight: Array,
    grad: Array,
    /,
    *,
    learning_rate: Number = 1.0,
    trust_coefficient: Number = 1.0,
    weight_decay: Number = 0.0,
    eps: Number = 0.0,
    zero_norm: trust.ZeroNorm = trust.as_published,
    bound: trust.RateBound = trust.unbounded,
) -> Any:
    """Return λ (g + β w) with the local rate λ = η ‖w‖ / (‖g‖ + β ‖w‖ + ε): LARS as a gradient transformation.

    Chainer's GradientLARS (η = 1: its learning rate stands for γ η) and MindSpore's LARS (η is its coefficient).

    Parameters
    ----------
    weight, grad
        Arrays of one shape and dtype.
    learning_rate
        γ, used by `bound` only.
    trust_coefficient, weight_decay, eps
        η, β and ε of the formula.
    zero_norm
        What the local rate is where a norm is zero, from `lbref.trust`.
    bound
        How the local rate is bounded, from `lbref.trust`.
    """
    norms = trust.sum_of_norms(weight, grad, weight_decay=weight_decay, eps=eps)
    local_rate = zero_norm(norms, trust_coefficient * trust.quotient(norms))
    return bound(local_rate, learning_rate=learning_rate) * (grad + weight_decay * weight)


def clip_global_norm(grads: Sequence[Array], /, *, max_norm: float) -> list[Any]:
    """Return all gradients divided by max(G / max_norm, 1), G the norm of all of them together.

    For the gradients of a whole model: see `lbref.combine.each`. Apex FusedLAMB, timm Lamb.

    Parameters
    ----------
    grads
        One array per layer, all of one library.
    max_norm
        The largest norm that the gradients may have together, > 0.
    """
    where = "hooks.clip_global_norm"
    max_norm = plain_number(where, "max_norm", max_norm)
    if not grads:
        return []
    check_arrays(where, may_differ_in=("has shape",), **{f"grads[{index}]": grad for index, grad in enumerate(grads)})
    max_norm = like(where, "max_norm", max_norm, grads[0])
    xp = namespace(*grads)
    total = norm(xp.stack([norm(grad) for grad in grads]))
    excess = xp.maximum(total / max_norm, 1.0)
    return [grad / excess for grad in grads]
