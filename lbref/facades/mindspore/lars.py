"""LARS around another optimizer: it scales and decays the gradients that the other one gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ... import errors
from ..._numbers import kind, untraced_number
from ...combine import hook_in_stored_precision
from ...dialects import HOOKS
from .. import _saved
from .._counts import following
from .._memory import untracked
from .groups import Layer, without_decay
from .optimizer import Optimizer
from .timed import flag

_unscale = hook_in_stored_precision(HOOKS["hook@rescale"].rule)
_adapt = hook_in_stored_precision(HOOKS["gradient-lars@mindspore-2.10.0"].rule)
_adapt_clipped = hook_in_stored_precision(HOOKS["gradient-lars@mindspore-2.10.0-clip"].rule)


class LARS:
    """g ← λ (g + β w) with the local rate λ = η ‖w‖ / (‖g‖ + β ‖w‖ + ε), before the wrapped optimizer gets g.

    It takes the decay β and the loss scale over from the wrapped optimizer, which has neither from then on. So a
    parameter that the filter leaves out is **not decayed** either. Gradients are divided by the loss scale first.

    As in the release, the global step counts twice at each step if the decay is a function and the learning rate is
    not: the decay is asked for with 0, 2, 4.

    Attributes
    ----------
    opt : Optimizer
        The wrapped optimizer.
    lars_flag : tuple of bool
        Which parameters are adapted.

    Parameters
    ----------
    optimizer
        A `Momentum` or `SGD`.
    epsilon
        ε of the formula.
    coefficient
        η of the formula.
    use_clip
        Whether λ is divided by the learning rate and then clamped to [0, 1].
    lars_filter
        A function of a `Parameter`: whether it is adapted.

    Raises
    ------
    LbrefError
        If an argument is out of range; the optimizer is as it was then.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        epsilon: float = 1e-05,
        coefficient: float = 0.001,
        use_clip: bool = False,
        lars_filter: Callable[[Any], bool] = lambda x: "LayerNorm" not in x.name and "bias" not in x.name,
    ) -> None:
        where = "mindspore.LARS"
        if not isinstance(optimizer, Optimizer):
            raise errors.HyperparameterError(
                f"{where}: optimizer is a {kind(optimizer)}, but must be a Momentum or SGD of lbref.facades.mindspore"
            )
        self.epsilon = untraced_number(where, "epsilon", epsilon, range_of="eps")
        self.coefficient = untraced_number(where, "coefficient", coefficient, range_of="trust_coefficient")
        self.use_clip = flag(where, "use_clip", use_clip)
        self.lars_flag = tuple(_asked(where, lars_filter, each) for each in optimizer.parameters)
        if use_clip and optimizer.is_group_lr and optimizer.dynamic_lr:
            raise errors.HyperparameterError(
                f"{where}: use_clip is True, but learning rates of groups and ones that change cannot both be clipped; "
                f"give all groups one rate, or none a list or function"
            )
        self.opt = optimizer
        self._layers = optimizer.layers
        self._reciprocal_scale = optimizer.reciprocal_scale
        self._counts_twice = optimizer.dynamic_weight_decay and not optimizer.dynamic_lr
        _strip(optimizer)

    @property
    def parameters(self) -> tuple[Any, ...]:
        """The parameters, in the order of the gradients."""
        return self.opt.parameters

    @property
    def global_step(self) -> int:
        """What schedules are asked with next."""
        return self.opt.global_step

    def __call__(self, gradients: Any) -> tuple[bool, ...]:
        """Move all parameters by one step; parameters, return value and errors as of the wrapped optimizer."""
        grads = self.opt.checked("mindspore.LARS", gradients)
        adapted = [self._changed(*each) for each in zip(self._layers, self.lars_flag, grads, strict=True)]
        success = self.opt(adapted)
        if self._counts_twice:
            self.opt.global_step = following(self.opt.global_step)
        return success

    def _changed(self, layer: Layer, is_adapted: bool, grad: Any) -> Any:
        weight, step = untracked(layer.parameter.data), self.global_step
        grad = _unscale(weight, grad, rescale_grad=self._reciprocal_scale)
        if not is_adapted:
            return grad
        hyperparameters = {
            "trust_coefficient": self.coefficient,
            "eps": self.epsilon,
            "weight_decay": layer.weight_decay.at(step) if layer.decayed else 0.0,
        }
        if self.use_clip:
            return _adapt_clipped(weight, grad, learning_rate=layer.learning_rate.at(step), **hyperparameters)
        return _adapt(weight, grad, **hyperparameters)

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` continues from: the state of the wrapped optimizer."""
        return {"optimizer": type(self).__name__, "wrapped": self.opt.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` returned; parameters and errors as of the wrapped optimizer."""
        where = "mindspore.LARS.load_state_dict"
        _saved.check_owner(where, state, type(self).__name__)
        _saved.check_keys(where, "the state", state, ("optimizer", "wrapped"))
        self.opt.load_state_dict(state["wrapped"])


def _asked(where: str, lars_filter: Any, parameter: Any) -> bool:
    if not callable(lars_filter):
        raise errors.HyperparameterError(
            f"{where}: lars_filter is {lars_filter!r}, but must be a function of a parameter"
        )
    return flag(where, f"lars_filter of {parameter.name!r}", lars_filter(parameter))


def _strip(optimizer: Optimizer) -> None:
    """Take decay and loss scale from the optimizer: the wrapper has them now."""
    optimizer.layers = [without_decay(layer) for layer in optimizer.layers]
    optimizer.dynamic_weight_decay = False
    optimizer.reciprocal_scale = 1.0
