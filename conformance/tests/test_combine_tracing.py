"""What JAX and optax ask of a rule: a difference in place of the weight, and LBSGD while its count is traced."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lbref import combine, dialects, errors
from lbref.rules import lbsgd, sgd

STRATEGIES = {"linear": lbsgd.linear, "power2": lbsgd.power2, "sqrt": lbsgd.sqrt, "lars": lbsgd.lars}
RELEASED = dialects.RULES["lbsgd@mxnet-1.9.1-sqrt"]


def going_to(target):
    """Return a rule that has only one place to go."""
    return combine.Bound(sgd.init, lambda *given: (target, given[2]))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_weight_and_its_difference_make_the_new_weight(dtype):
    random = np.random.default_rng(0)
    old, new = (random.normal(size=100_000).astype(dtype) * dtype(2.0) ** random.integers(-4, 4, 100_000) for _ in "01")
    old, new = old.astype(dtype), new.astype(dtype)
    difference, _ = combine.as_difference(going_to(new)).update(old, old, sgd.State(old), 1)
    assert difference.dtype == dtype
    got = old + difference
    larger, smaller = np.maximum(np.abs(old), np.abs(new)), np.minimum(np.abs(old), np.abs(new))
    near = (np.sign(old) == np.sign(new)) & (larger <= 2 * smaller)
    assert np.count_nonzero(near) > 9_000
    assert np.array_equal(got[near], new[near])
    assert np.all(np.abs(got - new) <= np.spacing(larger))
    assert not np.array_equal(got, new)


def test_of_a_difference_the_state_is_that_of_the_rule():
    weight, grad = np.asarray([3.0, 4.0]), np.asarray([0.5, -0.5])
    rule = combine.as_difference(combine.bind(sgd, learning_rate=0.5))
    moved, state = sgd.update(weight, grad, sgd.init(weight), 1, learning_rate=0.5)
    difference, other = rule.update(weight, grad, rule.init(weight), 1)
    assert np.array_equal(difference, moved - weight)
    assert np.array_equal(state.velocity, other.velocity)
    with pytest.raises(errors.StepError, match=r"as_difference\(sgd\): step is 0"):
        rule.update(weight, grad, rule.init(weight), 0)


# --- LBSGD ---------------------------------------------------------------------------------------------------------


def drawn(count):
    random = np.random.default_rng(3)
    return [jnp.asarray(random.normal(size=(3, 2)), jnp.float32) for _ in range(1 + count)]


def both_ways(rule, steps, **settings):
    """Yield (weight, state) after every micro-batch, with the step plain and with it traced."""
    weight, *grads = drawn(steps)
    plain = traced = (weight, rule.init(weight))
    step_of = jax.jit(lambda w, g, s, t: combine.traceable(rule).update(w, g, s, t, **settings))
    for step, grad in enumerate(grads, start=1):
        plain = rule.update(plain[0], grad, plain[1], step, **settings)
        traced = step_of(traced[0], grad, traced[1], step)
        yield plain, traced


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    ("batch_scale", "epochs"),
    [(1, {}), (3, {}), (3, {"begin_epoch": 1}), (4, {"warmup_epochs": 0}), (2, {"warmup_epochs": 9})],
    ids=["one", "three", "begins between", "no warmup", "long warmup"],
)
def test_lbsgd_with_a_traced_count(strategy, batch_scale, epochs):
    """The waiting micro-batches are exact; a step is contracted, and its rate is the product of two rounded ones."""
    settings = {"batch_scale": batch_scale, "warmup_epochs": 2, "updates_per_epoch": 4, "momentum": 0.5} | epochs
    rule = combine.bind(lbsgd, warmup_strategy=STRATEGIES[strategy], learning_rate=0.1, weight_decay=0.01)
    rested = 0
    before = drawn(0)[0]
    for (weight, state), (other, other_state) in both_ways(rule, 13, **settings):
        size = 2.0**-24 * float(np.max(np.abs(weight)) + 10 * np.max(np.abs(state.velocity)))
        assert np.max(np.abs(weight - other)) <= 8 * size
        assert np.max(np.abs(state.velocity - other_state.velocity)) <= 8 * size
        np.testing.assert_allclose(state.grad_sum, other_state.grad_sum, rtol=1e-6, atol=1e-6)
        rested += np.array_equal(before, other)
        before = other
    begin = 4 * epochs.get("begin_epoch", 0)
    assert rested == sum((begin + step) % batch_scale != 0 for step in range(1, 14))


def test_the_multiplier_of_a_traced_count_is_rounded_once():
    """With rate 1 on a gradient of ones, the step is the multiplier itself."""
    rule = combine.traceable(combine.bind(lbsgd, warmup_strategy=lbsgd.sqrt, batch_scale=3, learning_rate=1.0))
    zero, one = jnp.zeros(1), jnp.ones(1)
    step_of = jax.jit(lambda t: rule.update(zero, one, lbsgd.State(zero, 2 * one), t)[0])
    for step in (3, 6, 84, 159, 162, 300):
        count = lbsgd.sqrt(None, None, step, updates=160, batch_scale=3, weight_decay=0.0)
        assert float(-step_of(step)[0]) == float(np.float32(count))


def test_a_dialect_keeps_what_it_does_while_it_waits():
    weight, infinite = jnp.ones(2), jnp.asarray([1.0, jnp.inf])
    rule = combine.traceable(RELEASED)
    step_of = jax.jit(lambda w, g, s, t: rule.update(w, g, s, t, learning_rate=0.1, batch_scale=2))
    waited, _ = step_of(weight, infinite, rule.init(weight), 1)
    assert np.isnan(waited).tolist() == [False, True]


def test_a_plain_step_goes_to_the_rule_itself():
    weight, grad = drawn(1)
    settings = {"learning_rate": 0.1, "batch_scale": 2}
    for step in (1, 2):
        mine = combine.traceable(lbsgd).update(weight, grad, lbsgd.init(weight), step, **settings)
        expected = lbsgd.update(weight, grad, lbsgd.init(weight), step, **settings)
        assert all(np.array_equal(*pair) for pair in zip(*map(jax.tree.leaves, (mine, expected)), strict=True))


def test_a_strategy_of_ones_own_cannot_be_traced():
    weight, grad = drawn(1)
    rule = combine.bind(lbsgd, warmup_strategy=lambda *_, **__: 1.0, learning_rate=0.1)
    with pytest.raises(errors.HyperparameterError, match=r"traceable\(lbsgd\): warmup_strategy is .* linear, power2"):
        jax.jit(lambda t: combine.traceable(rule).update(weight, grad, lbsgd.init(weight), t))(1)


@pytest.mark.parametrize("bad", [{"batch_scale": 0}, {"updates_per_epoch": -1}, {"begin_epoch": 0.5}], ids=repr)
def test_counts_out_of_range_with_a_traced_step(bad):
    weight, grad = drawn(1)
    traced = jax.jit(lambda t: combine.traceable(lbsgd).update(weight, grad, lbsgd.init(weight), t, **bad))
    with pytest.raises(errors.HyperparameterError, match=f"{next(iter(bad))} is .* must be an integer"):
        traced(1)


def test_only_lbsgd_is_made_traceable():
    with pytest.raises(errors.UnknownHyperparameterError, match=r"traceable\(sgd\): .* 'batch_scale'"):
        combine.traceable(sgd)
