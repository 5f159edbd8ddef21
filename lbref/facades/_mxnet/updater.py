"""Updater: an optimizer together with the states of all parameters, as a key-value store or a trainer calls it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ... import errors
from .. import checkpoint
from .._memory import brought_to
from .counting import Counting
from .layers import Layer, checked_layers, is_list
from .rates import chunk
from .remembered import check_states


class Updater:
    """Keeps a state per parameter and updates parameters, several in one call where the release does.

    Parameters
    ----------
    optimizer
        An optimizer of either release, one of your own classes too.

    Raises
    ------
    UnknownOptimizerError
        If it is no optimizer.
    """

    def __init__(self, optimizer: Any) -> None:
        if not isinstance(optimizer, Counting):
            raise errors.UnknownOptimizerError(
                f"Updater: {optimizer!r} is no optimizer; pass one, such as create('sgd', learning_rate=0.1)"
            )
        self.optimizer: Any = optimizer
        self.states: dict[int | str, Any] = {}
        self.states_synced: dict[int | str, bool] = {}

    @property
    def aggregate_updates(self) -> bool:
        """Whether several parameters go into one call of the optimizer."""
        return bool(self.optimizer.aggregate_num >= self.optimizer.aggregates_from)

    def __call__(self, index: Any, grad: Any, weight: Any) -> None:
        """Update one parameter, or a list of them; note the order of gradient and weight.

        Parameters
        ----------
        index
            The parameter's index, or a list.
        grad, weight
            Its arrays, or lists of them.
        """
        indices, weights, grads = (index, weight, grad) if is_list(index) else ([index], [weight], [grad])
        names = [each.decode() if isinstance(each, bytes) else each for each in indices]
        layers = checked_layers("Updater", names, weights, grads, [None for _ in names])
        before = dict(self.states), dict(self.states_synced)
        try:
            with self.optimizer._all_or_nothing():  # noqa: SLF001  across all the calls that this one makes
                self._update_all(layers)
        except BaseException:
            self.states, self.states_synced = before
            raise

    def _update_all(self, layers: list[Layer]) -> None:
        if layers:
            self.optimizer._set_current_context(self.optimizer._device_id(layers[0].weight))  # noqa: SLF001  the release's protocol
        layers = [replace(layer, state=self._state(layer.index, layer.weight)) for layer in layers]
        for group in self._groups(layers):
            self._update(group)

    def _state(self, index: int | str, weight: Any) -> Any:
        if index not in self.states:
            self.states[index] = self.optimizer.create_state_multi_precision(index, weight)
        elif not self.states_synced[index]:
            self.states[index] = _brought(self.states[index], weight)
        self.states_synced[index] = True
        return self.states[index]

    def _groups(self, layers: list[Layer]) -> list[list[Layer]]:
        """Return which parameters go into one call: those of one dtype, at most `aggregate_num`."""
        if not self.aggregate_updates:
            return [[layer] for layer in layers]
        by_dtype: dict[str, list[Layer]] = {}
        for layer in layers:
            by_dtype.setdefault(str(layer.weight.dtype), []).append(layer)
        size = int(min(self.optimizer.aggregate_num, max(len(layers), 1)))
        return [same[chunk(start, size)] for same in by_dtype.values() for start in range(0, len(same), size)]

    def _update(self, group: list[Layer]) -> None:
        columns = [[getattr(layer, name) for layer in group] for name in ("index", "weight", "grad", "state")]
        if self.aggregate_updates or self.optimizer.takes_lists_only:
            self.optimizer.update_multi_precision(*columns)
        else:
            self.optimizer.update_multi_precision(*(column[0] for column in columns))

    def get_states(self, dump_optimizer: bool = False) -> bytes:
        """Return the states of all parameters as bytes, without pickle.

        Parameters
        ----------
        dump_optimizer
            Whether what the optimizer counts goes with them. Without it, as in the release, a loaded LAMB begins to
            count at 1 again.
        """
        counts = self.optimizer.state_dict() if dump_optimizer else None
        return checkpoint.dumps({"of": self._of, "states": self.states, "optimizer": counts})

    @property
    def _of(self) -> str:
        return f"{self.optimizer.release}.{type(self.optimizer).__name__}"

    def set_states(self, states: bytes, asarray: Callable[[Any], Any] = np.asarray) -> None:
        """Load what `get_states` returned; arrays go to the library and device of their weight at the next call.

        Parameters
        ----------
        states
            What `get_states` returned.
        asarray
            As in `lbref.facades.checkpoint.loads`; only states in bfloat16 need another than NumPy's.

        Raises
        ------
        CheckpointError
            If the bytes are no checkpoint, or that of another class of optimizer.
        """
        tree = checkpoint.loads(states, asarray)
        if not isinstance(tree, dict) or tree.keys() != {"of", "states", "optimizer"}:
            raise errors.CheckpointError("Updater.set_states: these bytes are not what get_states returned")
        if tree["of"] != self._of:
            raise errors.CheckpointError(
                f"Updater.set_states: these are the states of {tree['of']!r}, but must be of {self._of}"
            )
        check_states("Updater.set_states", tree["states"])
        if tree["optimizer"] is not None:
            self.optimizer.load_state_dict(tree["optimizer"])
        self.states = tree["states"]
        self.states_synced = dict.fromkeys(self.states, False)


def get_updater(optimizer: Any) -> Updater:
    """Return an `Updater` of an optimizer."""
    return Updater(optimizer)


def _brought(state: Any, weight: Any) -> Any:
    if isinstance(state, list | tuple):
        return type(state)(_brought(part, weight) for part in state)
    return None if state is None else brought_to(weight, state)
