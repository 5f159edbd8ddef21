"""The transformations of optax: equal to lbref's rules by hand, leaf by leaf, and to what optax computes."""

from __future__ import annotations

import inspect
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lbref import combine, dialects, rules, trust
from lbref.facades import optax as facade
from lbref.rules import lbsgd

STEPS = 5
HALF_ULP = 2.0**-24


def rising(count):
    return 0.125 * (1 + count)


def at_first(count):
    """Return 0.5 for the first two updates, a schedule for a traced count too."""
    return jnp.where(count < 2, 0.5, 0.25)


# name -> the reference rule, what it is given, and how the facade is told the same
NO_NORM = {"zero_norm": trust.one_if_either_vanishes}
CASES = {
    "lars": (combine.bind(rules.lars, **NO_NORM), {"momentum": at_first, "weight_decay": 0.1, "eps": 1e-3}),
    "lars of timm": (
        dialects.RULES["lars@timm-1.0.31"],
        {"trust_coefficient": 0.5, "weight_decay": rising, "dialect": "timm-1.0.31"},
    ),
    "lamb": (combine.bind(rules.lamb, **NO_NORM), {"b1": 0.8, "b2": at_first, "weight_decay": 0.1, "upper_bound": 2.0}),
    "lamb as published": (rules.lamb, {"eps": 1e-2, "lower_bound": rising, "dialect": "published"}),
    "lans": (combine.bind(rules.lans, **NO_NORM), {"b2": 0.9, "weight_decay": 0.1}),
    "nag": (rules.nag, {"momentum": at_first, "weight_decay": 0.1}),
    "sgd": (rules.sgd, {"momentum": 0.5, "weight_decay": rising}),
    "sgd without momentum": (rules.sgd, {"momentum": 0.0}),
    "lbsgd": (rules.lbsgd, {"batch_scale": 2, "warmup_epochs": 1, "updates_per_epoch": 3, "momentum": 0.5}),
    "lbsgd from the middle of a batch": (
        combine.bind(rules.lbsgd, warmup_strategy=lbsgd.power2),
        {"batch_scale": 2, "updates_per_epoch": 3, "begin_epoch": 1, "warmup_strategy": "power2"},
    ),
    "lbsgd as released": (dialects.RULES["lbsgd@mxnet-1.9.1-sqrt"], {"batch_scale": 3, "dialect": "mxnet-1.9.1-sqrt"}),
}
WORDS = {"b1": "beta1", "b2": "beta2"}


class Model(NamedTuple):
    """Parameters of several shapes, nested; one starts at zero, as biases do."""

    layers: list[dict[str, jax.Array]]
    scale: jax.Array


@pytest.fixture
def draw():
    random = np.random.default_rng(0)

    def draw(bias=1.0, dtype=np.float32):
        values = (random.normal(size=shape).astype(dtype) for shape in ((4, 3), (3,), (3, 2), ()))
        kernel, vector, other, scale = map(jnp.asarray, values)
        layers = [{"kernel": kernel, "bias": bias * vector}, {"kernel": other}]
        return Model([{name: leaf.astype(dtype) for name, leaf in layer.items()} for layer in layers], scale)

    return draw


def made(name, **settings):
    return getattr(facade, name.partition(" ")[0])(rising, **settings)


def walk(transformation, params, grads, update=None):
    """Yield the updates, the params and the state after every step."""
    state = transformation.init(params)
    for grad in grads:
        updates, state = (update or transformation.update)(grad, state, params)
        params = optax.apply_updates(params, updates)
        yield updates, params, state


def by_hand(rule, settings, weight, state, grad, step):
    known = {"learning_rate": rising} | {WORDS.get(name, name): value for name, value in settings.items()}
    numbers = {name: float(value(step - 1)) if callable(value) else value for name, value in known.items()}
    numbers = {name: value for name, value in numbers.items() if not isinstance(value, str)}
    return rule.update(weight, grad, state, step, **numbers)


def leaves(*trees):
    return zip(*map(jax.tree.leaves, trees), strict=True)


def same(one, other):
    """Return whether two trees agree in structure, dtypes and bits."""
    bits = [[(leaf.dtype, leaf.shape, np.asarray(leaf).tobytes()) for leaf in jax.tree.leaves(t)] for t in (one, other)]
    return jax.tree.structure(one) == jax.tree.structure(other) and bits[0] == bits[1]


def ulp(values):
    return np.spacing(np.abs(np.asarray(values)))


@pytest.mark.parametrize("name", CASES)
def test_every_leaf_is_what_the_rule_makes_of_it(name, draw):
    rule, settings = CASES[name]
    params, grads = draw(bias=0.0), [draw() for _ in range(STEPS)]
    states = [rule.init(weight) for weight in jax.tree.leaves(params)]
    for step, (updates, moved, _) in enumerate(walk(made(name, **settings), params, grads), start=1):
        old = jax.tree.leaves(params)
        hand = [
            by_hand(rule, settings, weight, state, grad, step)
            for weight, state, grad in zip(old, states, jax.tree.leaves(grads[step - 1]), strict=True)
        ]
        weights, states = zip(*hand, strict=True)
        assert same(jax.tree.leaves(updates), [weight - before for weight, before in zip(weights, old, strict=True)])
        for got, weight, before in zip(jax.tree.leaves(moved), weights, old, strict=True):
            assert np.all(np.abs(got - weight) <= np.maximum(ulp(weight), ulp(before)))
        params = moved


@pytest.mark.parametrize("name", CASES)
def test_compiled_as_eagerly(name, draw):
    """Every step may be contracted (fma) in another way, and the norms summed: some ulps of the largest weight."""
    transformation = made(name, **CASES[name][1])
    params, grads = draw(), [draw() for _ in range(STEPS)]
    compiled = walk(transformation, params, grads, jax.jit(transformation.update))
    for step, (one, other) in enumerate(zip(walk(transformation, params, grads), compiled, strict=True), start=1):
        assert jax.tree.structure(one) == jax.tree.structure(other)
        assert int(other[2].count) == step
        for here, there in leaves(one[1], other[1]):
            assert here.dtype == there.dtype
            assert np.max(np.abs(here - there)) <= 8 * step * HALF_ULP * max(1, np.max(np.abs(here)))


def matrices(params):
    return jax.tree.map(lambda leaf: leaf.ndim > 1, params)


LARS = {"weight_decay": 0.1, "trust_coefficient": 0.5, "eps": 1e-3}
MASKS = {"weight_decay": 0.1, "weight_decay_mask": matrices}
OPTAX = {
    "lars": (facade.lars(rising, dialect="optax-0.2.8", **LARS), optax.lars(rising, **LARS)),
    "lars with masks": (
        facade.lars(rising, adaptive=matrices, dialect="optax-0.2.8", **MASKS),
        optax.lars(rising, trust_ratio_mask=matrices, **MASKS),
    ),
    "lamb": (
        facade.lamb(rising, weight_decay=0.1, dialect="optax-0.2.8"),
        optax.lamb(rising, weight_decay=0.1),
    ),
    "sgd": (facade.sgd(rising, dialect="goyal-2017"), optax.sgd(rising, 0.9)),
    "nag": (facade.nag(rising, dialect="torch-2.13.0"), optax.sgd(rising, 0.9, nesterov=True)),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", OPTAX)
def test_as_optax_computes_it(name, dtype, draw):
    """Two roundings of the weight per step, and some ulps of the update.

    In float32, optax forms 1 - 0.999**t with a relative error of up to 2**-24 / 0.001, and LAMB takes its root.
    """
    half_ulp = float(np.finfo(dtype).eps / 2)
    own = half_ulp / 0.001 / 2 if (name, dtype) == ("lamb", np.float32) else 8 * half_ulp
    bound = 0.0
    with jax.enable_x64(dtype is np.float64):
        params, grads = draw(bias=0.0, dtype=dtype), [draw(dtype=dtype) for _ in range(STEPS)]
        walks = (walk(transformation, params, grads) for transformation in OPTAX[name])
        for one, other in zip(*walks, strict=True):
            largest = [max(float(np.max(np.abs(leaf))) for leaf in jax.tree.leaves(tree)) for tree in one[:2]]
            bound += own * largest[0] + 2 * half_ulp * largest[1]
            for weight, expected in leaves(one[1], other[1]):
                assert weight.dtype == dtype
                assert np.max(np.abs(weight - expected)) <= bound


@pytest.mark.parametrize("name", ["lars", "lamb", "lans", "nag", "sgd", "lbsgd"])
def test_the_defaults_are_those_of_the_rule(name):
    mine = inspect.signature(getattr(facade, name)).parameters
    for word, theirs in inspect.signature(getattr(rules, name).update).parameters.items():
        here = mine.get({new: old for old, new in WORDS.items()}.get(word, word))
        if here is not None and here.default is not None:
            assert here.default == theirs.default


def test_the_first_update_sees_0(draw):
    seen = []
    transformation = facade.sgd(lambda count: seen.append(int(count)) or 0.5)
    list(walk(transformation, draw(), [draw()] * 3))
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("name", ["lars", "lamb", "lans"])
def test_what_is_not_adapted_takes_the_ratio_1(name, draw):
    rule = combine.bind(getattr(rules, name), zero_norm=trust.one_always)
    params, grad = draw(), draw()
    mask = Model([True, {"kernel": np.bool_(False)}], scale=True)
    updates, _ = made(name, adaptive=mask).update(grad, made(name).init(params), params)
    adapted, _ = made(name).update(grad, made(name).init(params), params)
    weight, plain = params.layers[1]["kernel"], grad.layers[1]["kernel"]
    moved, _ = rule.update(weight, plain, rule.init(weight), 1, learning_rate=0.125)
    assert same(updates.layers[1]["kernel"], moved - weight)
    assert not same(updates.layers[1], adapted.layers[1])
    assert same([updates.layers[0], updates.scale], [adapted.layers[0], adapted.scale])


@pytest.mark.parametrize("name", ["lars", "lamb", "lans", "nag", "sgd", "lbsgd"])
def test_what_does_not_decay(name, draw):
    params, grad = draw(), draw()
    masked = made(name, weight_decay=0.5, weight_decay_mask=matrices)
    decayed, plain = made(name, weight_decay=0.5), made(name)
    found = [t.update(grad, t.init(params), params)[0] for t in (masked, decayed, plain)]
    for weight, got, with_decay, without in leaves(params, *found):
        assert same(got, with_decay if weight.ndim > 1 else without)
        assert weight.ndim == 0 or not same(with_decay, without)  # of one element a ratio takes the sign alone


@pytest.mark.parametrize("params", [{}, {"frozen": None}], ids=["empty", "None"])
def test_params_without_leaves(params):
    transformation = facade.lamb(0.5)
    updates, state = jax.jit(transformation.update)(params, transformation.init(params), params)
    assert (jax.tree.leaves(updates), int(state.count)) == ([], 1)


def test_numpy_counts_as_jax(draw):
    params, grad = draw(), draw()
    host = jax.tree.map(np.asarray, (grad, params))
    transformation = facade.lamb(0.5)
    expected = transformation.update(grad, transformation.init(params), params)
    state = jax.tree.map(np.asarray, transformation.init(host[1]))
    assert same(transformation.update(host[0], state, host[1]), expected)


def test_float64_is_kept_where_it_is_enabled(draw):
    with jax.enable_x64(True):
        params, grad = draw(dtype=np.float64), draw(dtype=np.float64)
        transformation = facade.lamb(rising, weight_decay=0.1)
        updates, _ = jax.jit(transformation.update)(grad, transformation.init(params), params)
        eager, _ = transformation.update(grad, transformation.init(params), params)
        for here, there in leaves(updates, eager):
            assert here.dtype == jnp.float64
            np.testing.assert_allclose(here, there, rtol=1e-12)
