"""The transformations of optax inside what optax composes, with halves, with donated buffers, and from a checkpoint."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lbref import combine, rules, trust
from lbref.combine.precision import WithMaster
from lbref.facades import checkpoint
from lbref.facades import optax as facade

HALVES = [jnp.bfloat16, jnp.float16]


def draws(count, dtype=jnp.float32):
    random = np.random.default_rng(1)
    shapes = {"kernel": (4, 3), "bias": (3,)}
    return [
        {name: jnp.asarray(random.normal(size=shape), dtype) for name, shape in shapes.items()} for _ in range(count)
    ]


def walk(transformation, params, grads, state=None):
    state = transformation.init(params) if state is None else state
    for grad in grads:
        updates, state = transformation.update(grad, state, params)
        params = optax.apply_updates(params, updates)
    return params, state


def same(one, other):
    bits = [[(leaf.dtype, leaf.shape, np.asarray(leaf).tobytes()) for leaf in jax.tree.leaves(t)] for t in (one, other)]
    return jax.tree.structure(one) == jax.tree.structure(other) and bits[0] == bits[1]


@pytest.mark.parametrize("clip", [optax.clip(0.1), optax.clip_by_global_norm(0.5)], ids=["clip", "global norm"])
def test_in_a_chain(clip):
    params, *grads = draws(4)
    clipped = [clip.update(grad, clip.init(params))[0] for grad in grads]
    params_in_chain, _ = walk(optax.chain(clip, facade.nag(0.5)), params, grads)
    assert same(params_in_chain, walk(facade.nag(0.5), params, clipped)[0])
    assert not same(params_in_chain, walk(facade.nag(0.5), params, grads)[0])


def test_masked():
    params, grad = draws(2)
    masked = optax.masked(facade.lamb(0.5, adaptive={"kernel": True, "bias": False}), {"kernel": True, "bias": False})
    updates, _ = jax.jit(masked.update)(grad, masked.init(params), params)
    alone, (grad_alone, other) = facade.lamb(0.5), ({"kernel": grad["kernel"]}, {"kernel": params["kernel"]})
    expected, _ = jax.jit(alone.update)(grad_alone, alone.init(other), other)
    assert same(updates, {"kernel": expected["kernel"], "bias": grad["bias"]})


def test_several_for_several_parts():
    params, *grads = draws(3)
    labels = {"kernel": "adapted", "bias": "plain"}
    both = optax.multi_transform({"adapted": facade.lars(0.5), "plain": facade.nag(0.25)}, labels)
    moved, _ = walk(both, params, grads)
    for name, one in (("kernel", facade.lars(0.5)), ("bias", facade.nag(0.25))):
        assert same(moved[name], walk(one, params[name], [grad[name] for grad in grads])[0])


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_injected_hyperparameters(compiled):
    """All numbers here are exact in float32, which optax rounds them to."""
    params, *grads = draws(3)
    injected = optax.inject_hyperparams(facade.lamb, static_args="adaptive")
    changing = injected(lambda count: 0.5 / (1 + count), b1=0.5, b2=0.75, eps=0.125, adaptive=lambda _: False)
    fixed = facade.lamb(lambda count: 0.5 / (1 + count), b1=0.5, b2=0.75, eps=0.125, adaptive=False)
    update = jax.jit(changing.update) if compiled else changing.update
    state, other, weights = changing.init(params), fixed.init(params), params
    for grad in grads:
        updates, state = update(grad, state, weights)
        expected, other = fixed.update(grad, other, weights)
        weights = optax.apply_updates(weights, expected)
        jax.tree.map(partial(np.testing.assert_allclose, rtol=2e-6, atol=1e-6 if compiled else 0), updates, expected)
    assert float(state.hyperparams["learning_rate"]) == 0.25


def test_an_injected_rate_can_be_set():
    params, grad = draws(2)
    injected = optax.inject_hyperparams(facade.sgd)(learning_rate=0.5)
    state = injected.init(params)
    state.hyperparams["learning_rate"] = jnp.float32(0.125)
    updates, _ = injected.update(grad, state, params)
    expected, _ = facade.sgd(0.125).update(grad, facade.sgd(0.125).init(params), params)
    assert same(updates, expected)


@pytest.mark.parametrize("make", [facade.lars, facade.lamb], ids=["lars", "lamb"])
def test_several_micro_batches(make):
    """optax sums them by Welford's recurrence, within some ulps of the mean, and compiles the step."""
    params, *grads = draws(5)
    steps = optax.MultiSteps(make(lambda count: 0.25 / (1 + count), weight_decay=0.1), 2).gradient_transformation()
    means = [jax.tree.map(lambda one, other: (one + other) / 2, *pair) for pair in (grads[:2], grads[2:])]
    moved, _ = walk(steps, params, grads)
    expected, state = walk(make(lambda count: 0.25 / (1 + count), weight_decay=0.1), params, means)
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-6), moved, expected)
    assert int(state.count) == 2


def test_the_state_is_mapped_and_searched_as_any_of_optax():
    params, grad = draws(2)
    transformation = optax.chain(optax.clip(1.0), facade.lamb(0.5))
    _, state = walk(transformation, params, [grad])
    assert jax.tree.structure(optax.tree.get(state, "mean_square")) == jax.tree.structure(params)
    names = optax.tree.map_params(transformation, lambda _, name: name, state, {"kernel": "k", "bias": "b"})
    assert optax.tree.get(names, "mean") == {"kernel": "k", "bias": "b"}


@pytest.mark.parametrize("name", ["lars", "lamb", "lans", "nag", "sgd", "lbsgd"])
def test_donated_buffers(name):
    """JAX warns, here an error, of a buffer that it cannot use again."""
    params, grad = draws(2)
    transformation = getattr(facade, name)(0.5)
    expected = walk(transformation, params, [grad, grad])

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(params, state, grad):
        updates, state = transformation.update(grad, state, params)
        return optax.apply_updates(params, updates), state

    moved = (params, transformation.init(params))
    for _ in range(2):
        before, moved = moved, step(*moved, grad)
        assert all(leaf.is_deleted() for leaf in jax.tree.leaves(before))
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-6), moved, expected)


@pytest.mark.parametrize("half", HALVES, ids=lambda half: half.__name__)
@pytest.mark.parametrize("update", [lambda function: function, jax.jit], ids=["eager", "compiled"])
def test_halves_follow_a_float32_copy(half, update):
    params, *grads = draws(4, half)
    params["bias"] = params["bias"].astype(jnp.float32)
    grads = [{"kernel": grad["kernel"], "bias": grad["bias"].astype(jnp.float32)} for grad in grads]
    transformation = facade.lamb(0.25, weight_decay=0.1)
    state = transformation.init(params)
    rule = combine.bind(rules.lamb, zero_norm=trust.one_if_either_vanishes, learning_rate=0.25, weight_decay=0.1)
    master, own = params["kernel"].astype(jnp.float32), rule.init(params["kernel"].astype(jnp.float32))
    for step, grad in enumerate(grads, start=1):
        updates, state = update(transformation.update)(grad, state, params)
        master, own = rule.update(master, grad["kernel"].astype(jnp.float32), own, step)
        np.testing.assert_allclose(state.memory.master["kernel"], master, rtol=1e-5, atol=1e-6)
        rounded = state.memory.master["kernel"].astype(half)
        assert same(updates["kernel"], rounded - params["kernel"])
        moved = optax.apply_updates(params, updates)
        larger = np.maximum(np.abs(rounded.astype(float)), np.abs(params["kernel"].astype(float)))
        ulp = 2.0 ** np.floor(np.log2(larger)) * float(jnp.finfo(half).eps)
        assert np.all(np.abs(moved["kernel"].astype(float) - rounded.astype(float)) <= ulp)
        params = moved
    assert isinstance(state.memory, WithMaster)
    assert state.memory.master["bias"] == optax.MaskedNode()
    assert {leaf.dtype for leaf in jax.tree.leaves(state.memory)} == {np.dtype(np.float32)}


def test_halves_lose_no_small_update():
    params, grad = {"w": jnp.ones(3, jnp.bfloat16)}, {"w": jnp.full(3, 2.0**-10, jnp.bfloat16)}
    moved, _ = walk(facade.sgd(0.5, momentum=0.0), params, [grad] * 16)
    assert moved["w"].tolist() == [1 - 2.0**-7] * 3


# --- from a checkpoint, in a new process ---------------------------------------------------------------------------

MADE = {
    "lars": lambda: facade.lars(optax.cosine_decay_schedule(0.5, 8), weight_decay=0.1),
    "lamb": lambda: facade.lamb(optax.cosine_decay_schedule(0.5, 8), weight_decay=0.1),
    "lans": lambda: facade.lans(0.5),
    "nag": lambda: facade.nag(0.5),
    "sgd": lambda: optax.chain(optax.clip(0.5), facade.sgd(0.5)),
    "lbsgd": lambda: facade.lbsgd(0.5, batch_scale=2, warmup_epochs=1, updates_per_epoch=7, momentum=0.5),
}


def continued(saved):
    """Return params and states of all after three more steps, from the leaves that were saved."""
    found = {}
    for name, (weights, memories) in saved.items():
        transformation, (params, *grads) = MADE[name](), draws(4)
        tree = jax.tree.structure(transformation.init(params))
        params = jax.tree.unflatten(jax.tree.structure(params), map(jnp.asarray, weights))
        state = jax.tree.unflatten(tree, map(jnp.asarray, memories))
        found[name] = tuple(map(jax.tree.leaves, walk(transformation, params, grads, state)))
    return found


def test_a_checkpoint_continues_in_a_new_process_bit_for_bit(tmp_path):
    params, *grads = draws(4)
    walked = {name: walk(make(), params, grads) for name, make in MADE.items()}
    saved = {name: tuple(map(jax.tree.leaves, both)) for name, both in walked.items()}
    checkpoint.save(tmp_path / "before.npz", saved)
    command = [sys.executable, __file__, tmp_path / "before.npz", tmp_path / "after.npz"]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  written here
    after = checkpoint.load(tmp_path / "after.npz")
    for name, (weights, state) in walked.items():
        here = walk(MADE[name](), weights, grads, state)
        assert same(after[name], tuple(map(jax.tree.leaves, here)))


if __name__ == "__main__":
    checkpoint.save(sys.argv[2], continued(checkpoint.load(sys.argv[1])))
