"""What all of them share: a transformation that counts, asks a rule for every leaf, and returns the differences."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax

from ... import errors
from ..._numbers import plain_hyperparameters, plain_number
from ...combine import Bound, as_difference, with_master_weight
from .._native import rule_of
from ._state import RuleState, packed, unpacked
from ._trees import Mask, as_array, check_mask, flags, matching

WORDS = {"b1": "beta1", "b2": "beta2"}
"""optax's name -> lbref's, where they differ."""

CONSTANTS = ("eps", "trust_coefficient")
"""What a dialect may fix: None leaves it to the rule."""

_NO_DECAY = {"weight_decay": 0.0}


def transformation(
    name: str,
    rules: Mapping[bool, Bound],
    hyperparameters: Mapping[str, Any],
    /,
    *,
    adaptive: Mask = True,
    weight_decay_mask: Mask = True,
) -> optax.GradientTransformation:
    """Return the transformation that steps with a rule.

    Parameters
    ----------
    name
        Of the rule, in `lbref.dialects.RULES` before the ``@``.
    rules
        The rule of a leaf for which `adaptive` is True, and that of one for which it is False.
    hyperparameters
        Numbers and schedules, by optax's names.
    adaptive, weight_decay_mask
        Which leaves are adapted, and which decay.

    Raises
    ------
    LbrefError
        If a number is out of range or a mask is none.
    """
    where = f"optax.{name}"
    known = {
        word: value if callable(value) else plain_number(where, word, value, range_of=WORDS.get(word, word))
        for word, value in hyperparameters.items()
        if value is not None or word not in CONSTANTS
    }
    numbers = {WORDS.get(word, word): value for word, value in known.items() if not callable(value)}
    plain_hyperparameters(where, inspect.signature(rules[True].update), {"learning_rate": 0.0, **numbers})
    check_mask(where, "adaptive", adaptive)
    check_mask(where, "weight_decay_mask", weight_decay_mask)
    whole = Transformation(where, name, rules, known, adaptive, weight_decay_mask)
    return optax.GradientTransformation(whole.init, whole.update)


def adaptive_or_not(name: str, dialect: str | None) -> Mapping[bool, Bound]:
    """Return a rule with a trust ratio, for leaves that are adapted and for those that are not."""
    return {flag: rule_of(f"optax.{name}", name, dialect=dialect, adaptive=flag) for flag in (True, False)}


@dataclass(frozen=True)
class Transformation:
    """A rule for trees, with numbers and schedules."""

    where: str
    name: str
    rules: Mapping[bool, Bound]
    hyperparameters: Mapping[str, Any]
    adaptive: Mask
    weight_decay_mask: Mask

    def init(self, params: Any) -> RuleState:
        """Return the state before the first update."""
        paths, weights, tree = _flattened(params)
        states = [
            self._told(path, self._rule(weight, adaptive=True).init, weight)
            for path, weight in zip(paths, weights, strict=True)
        ]
        return RuleState(jnp.asarray(0, dtype=jnp.int32), packed(self.name, tree, states))

    def update(self, updates: Any, state: RuleState, params: Any = None) -> tuple[Any, RuleState]:
        """Return what is to be added to the params, and the state after this update."""
        if params is None:
            raise errors.StructureError(
                f"{self.where}: params is None, but the rule measures the weights; call update(updates, state, params)"
            )
        paths, weights, tree = _flattened(params)
        grads = map(as_array, matching(self.where, "updates", tree, updates, errors.StructureError))
        states = unpacked(self.where, self.name, tree, state)
        steps = self._steps(weights, params, state.count)
        count = optax.safe_increment(state.count)
        moved = [
            self._told(path, step, weight, grad, before, count)
            for path, step, weight, grad, before in zip(paths, steps, weights, grads, states, strict=True)
        ]
        memory = packed(self.name, tree, [after for _, after in moved])
        return tree.unflatten([difference for difference, _ in moved]), RuleState(count, memory)

    def _steps(self, weights: list[Any], params: Any, count: Any) -> list[Callable[..., Any]]:
        """Return what moves each leaf, its numbers bound."""
        adaptive = flags(self.where, "adaptive", self.adaptive, params)
        decays = flags(self.where, "weight_decay_mask", self.weight_decay_mask, params)
        numbers = self._numbers(count)
        return [
            partial(self._rule(weight, adaptive=adapted).update, **(numbers if decay else numbers | _NO_DECAY))
            for weight, adapted, decay in zip(weights, adaptive, decays, strict=True)
        ]

    def _numbers(self, count: Any) -> dict[str, Any]:
        """Return the hyperparameters of one update by lbref's names."""
        found = {word: value(count) if callable(value) else value for word, value in self.hyperparameters.items()}
        return {
            WORDS.get(word, word): plain_number(self.where, word, value, range_of=WORDS.get(word, word))
            for word, value in found.items()
        }

    def _rule(self, weight: Any, *, adaptive: bool) -> Bound:
        rule = self.rules[adaptive]
        wide = getattr(weight, "dtype", None) in (jnp.float32, jnp.float64)
        return as_difference(rule if wide else with_master_weight(rule))

    def _told(self, path: Any, function: Callable[..., Any], *given: Any) -> Any:
        try:
            return function(*given)
        except errors.LbrefError as error:
            error.add_note(f"in {self.where}, at params{jax.tree_util.keystr(path)}")
            raise


def _flattened(params: Any) -> tuple[list[Any], list[Any], Any]:
    leaves, tree = jax.tree_util.tree_flatten_with_path(params)
    return [path for path, _ in leaves], [as_array(weight) for _, weight in leaves], tree
