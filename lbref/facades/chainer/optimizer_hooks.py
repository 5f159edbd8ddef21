"""Chainer's hooks: they change ``param.grad`` in place, of parameters of this facade or of Chainer itself."""

from __future__ import annotations

from typing import Any

from ... import errors, trust
from ...combine import hook_in_stored_precision
from ...dialects import HOOKS
from .._counts import product
from .._memory import check_writable, untracked
from .numbers import Checked

_lars = hook_in_stored_precision(HOOKS["gradient-lars@chainer-7.8.1"].rule)
_decay = hook_in_stored_precision(HOOKS["hook@decay"].rule)


class GradientLARS:
    """Scale every gradient to its weight: g ← λ (g + β w), λ = ‖w‖ / (ε + ‖g‖ + β ‖w‖), or 1 up to the threshold.

    Add it to an optimizer of this facade, or to one of Chainer itself.

    Parameters
    ----------
    threshold
        A weight whose norm is at most this gets λ = 1; its decay is added all the same. (Chainer's documentation
        spells it "threashold".)
    weight_decay
        β of the formula.
    eps
        ε of the formula.

    Raises
    ------
    HyperparameterError
        If one of them is out of range, now or when it is set later.
    UnknownHyperparameterError
        For any other keyword.
    """

    name = "GradientLARS"
    call_for_each_param = True
    timing = "pre"

    threshold = Checked("upper_bound")
    weight_decay = Checked("weight_decay")
    eps = Checked("eps")

    def __init__(self, threshold: float = 1e-2, weight_decay: float = 0.0, eps: float = 1e-9, **unknown: Any) -> None:
        for name in unknown:
            raise errors.UnknownHyperparameterError(
                f"chainer.GradientLARS: there is no argument {name!r}; there are threshold (which Chainer's "
                f"documentation misspells), weight_decay and eps"
            )
        self.threshold = threshold
        self.weight_decay = weight_decay
        self.eps = eps

    def __call__(self, rule: Any, param: Any) -> None:
        """Change the gradient of a parameter, if it has one."""
        del rule
        _change(
            self.name,
            param,
            _lars,
            weight_decay=self.weight_decay,
            eps=self.eps,
            zero_norm=trust.one_up_to(self.threshold),
        )


class WeightDecay:
    """Add the decay to every gradient: g ← g + β w.

    Parameters
    ----------
    rate
        β of the formula.

    Raises
    ------
    HyperparameterError
        If it is out of range, now or when it is set later.
    """

    name = "WeightDecay"
    call_for_each_param = True
    timing = "pre"

    rate = Checked("weight_decay")

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __call__(self, rule: Any, param: Any) -> None:
        """Change the gradient of a parameter, if it has one."""
        del rule
        loss_scale = getattr(param, "_loss_scale", None)  # Chainer's own parameters may have one
        rate = self.rate if loss_scale is None else product(self.rate, loss_scale)
        _change(self.name, param, _decay, weight_decay=rate)


def _change(name: str, param: Any, hook: Any, **hyperparameters: Any) -> None:
    if param.data is None or param.grad is None:
        return
    check_writable(f"chainer.{name}", grad=param.grad)
    grad = untracked(param.grad)
    grad[...] = hook(untracked(param.data), grad, **hyperparameters)


__all__ = ["GradientLARS", "WeightDecay"]
