"""What `Momentum` and `SGD` share: parameters, schedules, loss scale, and a call with a tuple of gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ... import errors
from ..._arrays import namespace
from ..._checks import check_same, check_stored
from ..._numbers import kind, untraced_number
from ..._types import Rule
from .. import _saved
from .._counts import following, product, reciprocal
from .._memory import Pending, check_writable, copied, untracked
from .groups import Layer, give_names, layers_of


class Optimizer:
    """A rule with a velocity, for all parameters.

    The decay is added to the gradient, times the loss scale; then the gradient is divided by the loss scale. Without
    groups, parameters with ``beta`` or ``gamma`` in their names have no decay.

    Attributes
    ----------
    global_step : int
        The number of steps so far, which schedules are asked with.
    parameters : tuple of Parameter
        In the order of the gradients.
    """

    kept: ClassVar[str]  # the release's name of the velocities
    decay_may_change: ClassVar[bool] = True

    def __init__(self, learning_rate: Any, params: Any, weight_decay: Any, loss_scale: Any, momentum: Any) -> None:
        self.where = f"mindspore.{type(self).__name__}"
        self.loss_scale = untraced_number(self.where, "loss_scale", loss_scale, range_of="max_norm")
        self.momentum = untraced_number(self.where, "momentum", momentum)
        found = layers_of(self.where, params, learning_rate, weight_decay)
        if found.dynamic_weight_decay and not self.decay_may_change:
            raise errors.HyperparameterError(
                f"{self.where}: weight_decay is a function, but must be a number here; Momentum takes functions"
            )
        self.layers = found.layers
        self.is_group = found.is_group
        self.is_group_lr = found.is_group_lr
        self.dynamic_lr = found.dynamic_lr
        self.dynamic_weight_decay = found.dynamic_weight_decay
        self.reciprocal_scale = reciprocal(self.loss_scale)
        self.global_step = 0
        self.parameters = tuple(layer.parameter for layer in self.layers)
        give_names(list(self.parameters))
        self.velocities = tuple(_zeros(parameter.data) for parameter in self.parameters)

    def __call__(self, gradients: Any) -> tuple[bool, ...]:
        """Move all parameters by one step.

        Parameters
        ----------
        gradients
            A tuple or list of arrays, one like each parameter, in the order of `parameters`; they are left unchanged.

        Returns
        -------
        tuple of bool
            True for each parameter.

        Raises
        ------
        LbrefError
            If they do not fit, or a schedule has no value for this step; nothing has been changed then.
        """
        grads = self.checked(self.where, gradients)
        pending = Pending()
        for layer, velocity, grad in zip(self.layers, self.velocities, grads, strict=True):
            self._prepare(layer, velocity, grad, pending)
        pending.commit()
        self.global_step = following(self.global_step)
        return tuple(True for _ in self.layers)

    def checked(self, where: str, gradients: Any) -> list[Any]:
        """Return the gradients off the tape, if each fits its parameter."""
        if not isinstance(gradients, list | tuple):
            raise errors.StructureError(
                f"{where}: gradients is a {kind(gradients)}, but must be a tuple, one gradient per parameter"
            )
        if len(gradients) != len(self.layers):
            raise errors.StructureError(
                f"{where}: there are {len(gradients)} gradients for {len(self.layers)} parameters, but there must be "
                f"one for each"
            )
        for layer, grad in zip(self.layers, gradients, strict=True):
            at, data = f"{where}: {layer.parameter.name}", layer.parameter.data
            check_writable(at, data=data)
            check_stored(at, gradient=grad)
            check_same(at, "the parameter", data, "gradient", grad)
        return [untracked(grad) for grad in gradients]

    def _prepare(self, layer: Layer, velocity: Any, grad: Any, pending: Pending) -> None:
        weight = untracked(layer.parameter.data)
        decay = layer.weight_decay.at(self.global_step) if layer.decayed else 0.0
        rule = self._rule()
        state = rule.init(weight)._replace(velocity=velocity)
        moved, state = rule.update(
            weight,
            grad,
            state,
            1,  # the formulas are the same at every step
            learning_rate=layer.learning_rate.at(self.global_step),
            momentum=self.momentum,
            weight_decay=product(decay, self.loss_scale),
            rescale_grad=self._factor(),
        )
        pending.put(weight, moved)
        if self._remembers():
            pending.put(velocity, state.velocity)

    def _rule(self) -> Rule:
        """Return the rule behind decay and scale."""
        raise NotImplementedError

    def _factor(self) -> float:
        """Return what the gradient is multiplied by, after the decay was added."""
        return self.reciprocal_scale

    def _remembers(self) -> bool:
        """Return whether the velocity is stored."""
        return True

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` continues from, as copies: the count and the velocities, no parameters."""
        pairs = zip(self.parameters, self.velocities, strict=True)
        return {
            "optimizer": type(self).__name__,
            "global_step": self.global_step,
            self.kept: {parameter.name: copied(velocity) for parameter, velocity in pairs},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` returned; parameters are restored by whoever saved them.

        Parameters
        ----------
        state
            Of an optimizer of the same class for parameters of the same names, shapes and dtypes. Its arrays may be of
            another library, as `lbref.facades.checkpoint` loads them.

        Raises
        ------
        CheckpointError
            If it is anything else; nothing has been changed then.
        """
        where = f"{self.where}.load_state_dict"
        _saved.check_owner(where, state, type(self).__name__)
        _saved.check_keys(where, "the state", state, ("optimizer", "global_step", self.kept))
        _saved.check_keys(where, self.kept, state[self.kept], [str(each.name) for each in self.parameters])
        count = _saved.count(where, "global_step", state["global_step"])
        pending = Pending()
        for parameter, velocity in zip(self.parameters, self.velocities, strict=True):
            name = f"{self.kept}.{parameter.name}"
            pending.put(velocity, _saved.fitting(where, name, state[self.kept][parameter.name], velocity))
        pending.commit()
        self.global_step = count


def _zeros(data: Any) -> Any:
    data = untracked(data)
    return namespace(data).zeros_like(data)
