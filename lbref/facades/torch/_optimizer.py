"""What all of them share: an optimizer of torch that counts, asks a rule, and writes when everything is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, ClassVar

import torch

from ... import errors
from ..._checks import check_stored
from ...combine import Bound, with_master_weight
from .._counts import following
from .._memory import check_writable
from ._options import check_names, rule_and_hyperparameters
from ._state import STEP, as_memory, as_state, is_half, loaded

RULE = "rule"
"""The option that names the rule, so that a state dict says whose it is."""


class NativeOptimizer(torch.optim.Optimizer):  # type: ignore[misc]
    """An optimizer of torch that steps with a rule of lbref, one parameter at a time.

    Raises
    ------
    LbrefError
        From every method, if a parameter, a gradient, an option or a state does not fit; nothing has changed then.
    """

    name: ClassVar[str]
    """The rule's, in `lbref.dialects.RULES` before the ``@``."""

    def __init__(self, params: Any, options: dict[str, Any]) -> None:
        rule_and_hyperparameters(type(self).__name__, self.name, options)
        super().__init__(params, {**options, RULE: self.name})

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters; options that it does not name are those of the constructor."""
        index = len(self.param_groups)
        super().add_param_group(param_group)
        try:
            group = self.param_groups[index]
            where = self._where(index)
            self._read(where, group)
            for place, weight in enumerate(group["params"]):
                if weight.requires_grad:
                    check_stored(where, **{f"params[{place}]": weight})
                    check_writable(where, **{f"params[{place}]": weight})
        except errors.LbrefError:
            del self.param_groups[-1]
            raise

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient.

        Parameters
        ----------
        closure
            Computes the gradients and returns the loss; called once.

        Returns
        -------
        Any
            What the closure returned, or None.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        with torch.no_grad():
            moves = list(chain.from_iterable(map(self._moves, range(len(self.param_groups)), self.param_groups)))
            for weight, moved, memory in moves:
                weight.copy_(moved)
                self.state[weight] = {**self.state[weight], **memory}
        return loss

    def load_state_dict(self, state_dict: Any) -> None:
        """Continue where another optimizer of the same class was when it made the state dict, bit for bit.

        Tensors keep their dtype: torch would round the float32 copy of a parameter in half precision to half. The
        options of the groups are loaded too, as torch does: also the dialect.
        """
        _check_keys(f"{type(self).__name__}.load_state_dict", state_dict, set())
        memories: dict[Any, Any] = {}
        before = self.register_load_state_dict_pre_hook(lambda _, given: memories.update(self._memories(given)))
        after = self.register_load_state_dict_post_hook(lambda _: self.state.update(memories), prepend=True)
        try:
            super().load_state_dict(state_dict)
        finally:
            before.remove()
            after.remove()

    def _where(self, index: int) -> str:
        return f"{type(self).__name__}.param_groups[{index}]"

    def _read(self, where: str, group: Mapping[str, Any]) -> tuple[Bound, dict[str, Any]]:
        """Return what a group steps with."""
        if group.get(RULE) != self.name:
            raise errors.StateError(f"{where}: the options are those of {group.get(RULE)!r}, not of {self.name!r}")
        check_names(where, group, self.defaults)
        return rule_and_hyperparameters(where, self.name, group)

    def _moves(self, index: int, group: Mapping[str, Any]) -> Iterator[tuple[Any, Any, dict[str, Any]]]:
        """Yield each parameter with a gradient, where it goes, and what to remember."""
        rule, hyperparameters = self._read(self._where(index), group)
        for place, weight in enumerate(group["params"]):
            if weight.grad is None:
                continue
            try:
                yield weight, *self._moved(rule, hyperparameters, weight)
            except errors.LbrefError as error:
                error.add_note(f"in {self._where(index)}['params'][{place}]")
                raise

    def _moved(self, rule: Bound, hyperparameters: dict[str, Any], weight: Any) -> tuple[Any, dict[str, Any]]:
        where = f"{type(self).__name__}.step"
        if weight.grad.layout is not torch.strided:
            raise errors.NotAnArrayError(f"{where}: the gradient is sparse, but must be dense: make it to_dense()")
        check_writable(where, parameter=weight)
        if is_half(weight):
            rule = with_master_weight(rule)
        memory = self.state.get(weight, {})
        state = as_state(where, self.name, weight, memory) if STEP in memory else rule.init(weight)
        step = following(memory.get(STEP, 0))
        moved, state = rule.update(weight, weight.grad, state, step, **hyperparameters)
        return moved, as_memory(state, step)

    def _memories(self, state_dict: Any) -> dict[Any, Any]:
        """Return what to remember of each parameter; how many there are in each group is for torch to ask."""
        where = f"{type(self).__name__}.load_state_dict"
        _check_keys(where, state_dict, {"state", "param_groups"})  # hooks have had their say
        _check_parts(where, state_dict)
        for index, group in enumerate(state_dict["param_groups"]):
            self._read(f"{where}: param_groups[{index}]", group)
        ids, own = (
            chain.from_iterable(group["params"] for group in groups)
            for groups in (state_dict["param_groups"], self.param_groups)
        )
        weights = dict(zip(ids, own, strict=False))
        found = {key: memory for key, memory in state_dict["state"].items() if key in weights and memory != {}}
        return {
            weights[key]: loaded(f"{where}: parameter {key}", self.name, weights[key], memory)
            for key, memory in found.items()
        }


def _check_keys(where: str, state_dict: Any, keys: set[str]) -> None:
    if not isinstance(state_dict, Mapping) or not keys <= state_dict.keys():
        raise errors.StateError(f"{where}: this is no state dict, which has 'state' and 'param_groups'")


def _check_parts(where: str, state_dict: Mapping[str, Any]) -> None:
    """Refuse a state dict whose parts are not what torch's are: dicts of dicts, and lists of dicts with params."""
    state, groups = state_dict["state"], state_dict["param_groups"]
    if not isinstance(state, Mapping) or not all(isinstance(memory, Mapping) for memory in state.values()):
        raise errors.StateError(
            f"{where}: 'state' must be a dict of parameters, and of each must be a dict of tensors and a step"
        )
    if not isinstance(groups, list | tuple) or not all(
        isinstance(group, Mapping) and isinstance(group.get("params"), list | tuple) for group in groups
    ):
        raise errors.StateError(f"{where}: 'param_groups' must be a list of dicts with a list of 'params' each")
