"""What SGD, NAG, LARS, LAMB and LANS of MXNet 2.0.0b1 share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from .._memory import Pending
from .._mxnet.layers import Layer, checked_layers
from .._mxnet.rates import single
from ._base import Optimizer


class Way(NamedTuple):
    """How a call updates."""

    fused: bool  # as the kernels, or as the array code
    multi_precision: bool  # by way of master copies


class Family(Optimizer):
    """An optimizer with a kernel and array code for one formula."""

    def step(self, indices: Any, weights: Any, grads: Any, states: Any) -> None:
        """Update parameters in place, as the release's array code does.

        The gradients are left as they are, while that code writes them. Parameters and errors as `Optimizer.update`.
        """
        self._run(indices, weights, grads, states, Way(fused=False, multi_precision=False))

    def fused_step(self, indices: Any, weights: Any, grads: Any, states: Any) -> None:
        """Update parameters in place, as the release's kernels do; parameters and errors as `Optimizer.update`."""
        self._run(indices, weights, grads, states, Way(fused=True, multi_precision=self.multi_precision))

    def update_multi_precision(self, indices: Any, weights: Any, grads: Any, states: Any) -> None:
        """Update parameters in place, those in half precision by way of their master copies if they have them.

        Parameters and errors as `Optimizer.update_multi_precision`.
        """
        self._run(indices, weights, grads, states, Way(self.use_fused_step, self.multi_precision))

    def _run(self, indices: Any, weights: Any, grads: Any, states: Any, way: Way) -> None:
        layers = checked_layers(self._where, indices, weights, grads, states)
        with self._all_or_nothing() as pending:
            for layer, lr, wd in self._rated(layers, way):
                self._update_one(pending, layer, lr, wd, way)

    def _rated(self, layers: list[Layer], way: Way) -> Iterator[tuple[Layer, float, float]]:
        """Yield layers with rate and decay, counted: by a kernel all first, by array code one after the other."""
        for group in [layers] if way.fused else [[layer] for layer in layers]:
            indices = [layer.index for layer in group]
            self._update_count(indices)
            yield from zip(group, self._get_lrs(indices), self._get_wds(indices), strict=True)

    def _update_one(self, pending: Pending, layer: Layer, lr: float, wd: float, way: Way) -> None:
        raise NotImplementedError("an optimizer must say how it updates one parameter")

    def _rests(self, way: Way, momentum: float) -> bool:
        """Return whether a velocity is left as it is: the kernels for lists are others where there is no momentum."""
        return way.fused and self.aggregate_num > 1 and not momentum

    def _numbers(self, way: Way, **numbers: float) -> dict[str, float]:
        """Return hyperparameters as they reach a kernel, in single precision, or array code, as they are."""
        return {name: single(value) for name, value in numbers.items()} if way.fused else numbers

    def _common(self, way: Way, lr: float, wd: float, **more: float) -> dict[str, float]:
        return self._numbers(
            way,
            learning_rate=lr,
            weight_decay=wd,
            rescale_grad=self._number("rescale_grad", self.rescale_grad),
            **more,
        ) | {
            "clip_gradient": single(limit(self._number_or_none("clip_gradient", self.clip_gradient), way))
        }  # array code clips by a kernel too


def limit(value: float | None, way: Way) -> float:
    """Return an upper limit: None is none, and 0 is none to most kernels but not to array code."""
    return math.inf if value is None or (way.fused and not value) else value
