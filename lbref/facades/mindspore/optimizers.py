"""The optimizers that LARS wraps."""

from __future__ import annotations

from typing import Any

from ... import errors
from ..._numbers import untraced_number
from ..._types import Rule
from ...combine import Bound, bind, hooked, in_stored_precision
from ...dialects import HOOKS, RULES
from .._counts import complement, product
from .optimizer import Optimizer
from .timed import flag


def _behind_decay_and_scale(rule: Rule) -> Bound:
    hooks = HOOKS["hook@decay"].rule, HOOKS["hook@rescale"].rule
    return in_stored_precision(hooked(bind(rule, weight_decay=0.0), *hooks))


_MOMENTUM = _behind_decay_and_scale(RULES["sgd@goyal-2017"])
_NESTEROV = _behind_decay_and_scale(RULES["nag@torch-2.13.0"])


class Momentum(Optimizer):
    """v ← m v + g, w ← w − γ v; with Nesterov w ← w − γ (g + m v).

    On a CPU the release ignores `use_nesterov`; this is what it documents, and does on Ascend.

    Attributes
    ----------
    moments : tuple of arrays
        The velocities v.

    Parameters
    ----------
    params
        A list of `Parameter`, or of groups: dicts of ``params``, and ``lr`` and ``weight_decay`` if they are their own.
        A group ``{"order_params": parameters}`` gives the order of the gradients.
    learning_rate
        γ: a number, a list of one number per step, or a function of the global step.
    momentum
        m of the formula.
    weight_decay
        β of g + β w: a number, or a function of the global step.
    loss_scale
        What the gradients were multiplied by, > 0.
    use_nesterov
        Which of the formulas.

    Raises
    ------
    LbrefError
        If an argument is out of range.
    """

    kept = "moments"

    def __init__(
        self,
        params: Any,
        learning_rate: Any,
        momentum: float,
        weight_decay: Any = 0.0,
        loss_scale: float = 1.0,
        use_nesterov: bool = False,
    ) -> None:
        self.use_nesterov = flag("mindspore.Momentum", "use_nesterov", use_nesterov)
        super().__init__(learning_rate, params, weight_decay, loss_scale, momentum)

    @property
    def moments(self) -> tuple[Any, ...]:
        """The velocities, one per parameter."""
        return self.velocities

    def _rule(self) -> Rule:
        return _NESTEROV if self.use_nesterov else _MOMENTUM


class SGD(Optimizer):
    """v ← m v + (1 − d) g, but v ← g in the first step; w ← w − γ v; with Nesterov w ← w − γ (g + m v).

    Without momentum there is no velocity and no dampening: w ← w − γ g, as in the release.

    Attributes
    ----------
    accum : tuple of arrays
        The velocities v.

    Parameters
    ----------
    params, learning_rate, momentum, loss_scale
        As for `Momentum`.
    dampening
        d of the formula, >= 0.
    weight_decay
        β of g + β w: a number, as the release has no function here.
    nesterov
        Which of the formulas; needs a momentum and no dampening.

    Raises
    ------
    LbrefError
        If an argument is out of range.
    """

    kept = "accum"
    decay_may_change = False

    def __init__(
        self,
        params: Any,
        learning_rate: Any = 0.1,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: Any = 0.0,
        nesterov: bool = False,
        loss_scale: float = 1.0,
    ) -> None:
        where = "mindspore.SGD"
        self.nesterov = flag(where, "nesterov", nesterov)
        self.dampening = untraced_number(where, "dampening", dampening, range_of="momentum")
        plain_momentum = untraced_number(where, "momentum", momentum)
        if self.nesterov and not (plain_momentum > 0 and self.dampening == 0):
            raise errors.HyperparameterError(
                f"{where}: nesterov is True with momentum {plain_momentum} and dampening {self.dampening}, but needs a "
                f"momentum > 0 and no dampening"
            )
        super().__init__(learning_rate, params, weight_decay, loss_scale, momentum)

    @property
    def accum(self) -> tuple[Any, ...]:
        """The velocities, one per parameter."""
        return self.velocities

    def _rule(self) -> Rule:
        return _NESTEROV if self.nesterov else _MOMENTUM

    def _remembers(self) -> bool:
        return bool(self.momentum > 0)

    def _factor(self) -> float:
        dampened = self._remembers() and self.global_step > 0
        share: float = product(self.reciprocal_scale, complement(self.dampening)) if dampened else self.reciprocal_scale
        return share
