"""JAX's transformations: traced and concrete arrays may meet, and a step or a rate may be traced."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lbref.rules import lamb, lans, lars, nag, sgd

RULES = {"sgd": sgd, "nag": nag, "lars": lars, "lamb": lamb, "lans": lans}
WEIGHT, GRAD = np.array([3.0, 4.0], np.float32), np.array([0.5, -0.25], np.float32)


@pytest.fixture
def weight():
    return jnp.asarray(WEIGHT)


@pytest.fixture
def grad():
    return jnp.asarray(GRAD)


def plain(rule, step=1):
    moved, _ = rule.update(WEIGHT, GRAD, rule.init(WEIGHT), step, learning_rate=0.125)
    return moved


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_jit_with_the_weight_closed_over(rule, weight, grad):
    moved = jax.jit(lambda g: rule.update(weight, g, rule.init(weight), 1, learning_rate=0.125)[0])(grad)
    np.testing.assert_allclose(moved, plain(rule), rtol=1e-6)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_scan_with_the_gradient_closed_over(rule, weight, grad):
    def body(carry, _):
        return rule.update(carry[0], grad, carry[1], 1, learning_rate=0.125), None

    (moved, _), _ = jax.lax.scan(body, (weight, rule.init(weight)), length=1)
    np.testing.assert_allclose(moved, plain(rule), rtol=1e-6)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_vmap_with_init_inside(rule, weight, grad):
    both = jax.vmap(lambda w, g: rule.update(w, g, rule.init(w), 1, learning_rate=0.125)[0])
    moved = both(jnp.stack([weight, weight]), jnp.stack([grad, grad]))
    np.testing.assert_allclose(moved, np.stack([plain(rule)] * 2), rtol=1e-6)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_gradient_of_a_step_by_its_rate(rule, weight, grad):
    def sum_after(rate):
        return jnp.sum(rule.update(weight, grad, rule.init(weight), 1, learning_rate=rate)[0])

    assert np.isfinite(jax.grad(sum_after)(0.125))


@pytest.mark.parametrize("rule", [lamb, lans], ids=["lamb", "lans"])
@pytest.mark.parametrize("step", [1, 2, 100])
def test_a_traced_step_is_as_accurate_as_float32_lets_it_be(rule, step, weight, grad):
    """1 - 0.999**t in float32 loses up to 2**-24 / 0.001 of itself, and its root half of that."""
    traced = jax.jit(lambda t: rule.update(weight, grad, rule.init(weight), t, learning_rate=0.125)[0])
    np.testing.assert_allclose(traced(step), plain(rule, step), rtol=2.0**-24 / 0.001)
