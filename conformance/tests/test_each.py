"""A rule for a model: each layer moves as if it were alone, wherever it stands."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import pytest

from lbref import hooks
from lbref.combine import bind, each
from lbref.rules import lamb, lans, lars, lbsgd, nag, sgd

RULES = {"sgd": sgd, "nag": nag, "lars": lars, "lamb": lamb, "lans": lans, "lbsgd": lbsgd}
HYPER = {"learning_rate": 0.1, "weight_decay": 0.05}
WEIGHT = np.asarray([[0.5, -1.25, 2.0], [0.375, -0.75, 4.0]], np.float32)


class Pair(NamedTuple):
    first: object
    second: object


LAYERS = {"a": WEIGHT, "b": WEIGHT[0] * 8, "c": WEIGHT[1, 1:2], "zero": np.zeros(2, np.float32)}
STRUCTURES = {
    "list": list(LAYERS.values()),
    "tuple": tuple(LAYERS.values()),
    "dict": LAYERS,
    "dict-upside-down": dict(reversed(LAYERS.items())),
    "named-tuple": Pair(WEIGHT, LAYERS["b"]),
    "nested": {"x": [WEIGHT, Pair(LAYERS["b"], (LAYERS["c"],))], "y": {}, "z": [[], [LAYERS["zero"]]]},
    "one": [WEIGHT],
    "none": [],
    "layer": WEIGHT,
}


def mapped(function, tree):
    if isinstance(tree, dict):
        return {key: mapped(function, value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        parts = [mapped(function, value) for value in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return function(tree)


def alike(one, other):
    if isinstance(other, dict):
        return isinstance(one, dict) and list(one) == list(other) and all(alike(one[key], other[key]) for key in other)
    if isinstance(other, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(alike, one, other))
    return one.dtype == other.dtype and np.array_equal(one, other)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("rule", RULES)
def test_each_layer_moves_as_if_it_were_alone_and_keeps_its_place(rule, structure):
    weights, whole = STRUCTURES[structure], each(bind(RULES[rule], **HYPER))
    states = whole.init(weights)
    assert alike(states, mapped(RULES[rule].init, weights))
    moved, states = whole.update(weights, mapped(np.sin, weights), states, 1)
    one = mapped(lambda w: RULES[rule].update(w, np.sin(w), RULES[rule].init(w), 1, **HYPER)[0], weights)
    state = mapped(lambda w: RULES[rule].update(w, np.sin(w), RULES[rule].init(w), 1, **HYPER)[1], weights)
    assert alike(moved, one)
    assert alike(states, state)


def test_dicts_are_matched_by_key_and_not_by_place():
    whole, upside_down = each(bind(sgd, **HYPER)), dict(reversed(LAYERS.items()))
    straight = whole.update(LAYERS, LAYERS, whole.init(LAYERS), 1)[0]
    assert alike(whole.update(LAYERS, upside_down, whole.init(upside_down), 1)[0], straight)


def test_model_hooks_see_all_gradients_in_order_the_first_hook_first():
    seen = []

    def reversing(grads):
        seen.append([grad.shape for grad in grads])
        return [grad * 2 for grad in grads]

    clip = partial(hooks.clip_global_norm, max_norm=1.0)
    whole = each(bind(sgd, learning_rate=1.0, momentum=0.0), reversing, clip)
    moved, _ = whole.update(LAYERS, LAYERS, whole.init(LAYERS), 1)
    assert seen == [[layer.shape for layer in LAYERS.values()]]
    size = np.sqrt(sum(np.sum(np.square(layer.astype(float) * 2)) for layer in LAYERS.values()))
    for name, layer in LAYERS.items():
        np.testing.assert_allclose(moved[name], layer - 2 * layer / size, rtol=1e-6)
