"""SGD, LARS and LAMB of MXNet 1.9.1: one call for one parameter or a list of them."""

from __future__ import annotations

from typing import Any

from .._memory import Pending
from .._mxnet.layers import Layer, is_list
from ._base import Optimizer


class Family(Optimizer):
    """An optimizer whose `update` differs from `update_multi_precision` only by the master copies."""

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Update parameters in place, without master copies; see `Optimizer.update`."""
        layers = self._layers(index, weight, grad, state)
        self._update(layers, in_list=is_list(index), multi_precision=False)

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Update parameters in place, those in half precision by way of their master copies if they have them.

        Parameters and errors as `update`; `state` is what `create_state_multi_precision` returned.
        """
        layers = self._layers(index, weight, grad, state)
        self._update(layers, in_list=is_list(index), multi_precision=self.multi_precision)

    def _update(self, layers: list[Layer], *, in_list: bool, multi_precision: bool) -> None:
        with self._all_or_nothing() as pending:
            for group in self._counted_together(layers):
                indices = [layer.index for layer in group]
                self._update_count(indices)
                for layer, lr, wd in zip(group, self._get_lrs(indices), self._get_wds(indices), strict=True):
                    self._update_one(pending, layer, lr, wd, in_list=in_list, multi_precision=multi_precision)

    def _counted_together(self, layers: list[Layer]) -> list[list[Layer]]:
        """Return the layers in the groups in which they are counted before their rates are looked up."""
        return [layers]

    def _update_one(
        self, pending: Pending, layer: Layer, lr: float, wd: float, *, in_list: bool, multi_precision: bool
    ) -> None:
        raise NotImplementedError("an optimizer must say how it updates one parameter")
