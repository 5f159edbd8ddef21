"""JAX's transformations: traced and concrete arrays may meet, and a step or a rate may be traced."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lbref import moments
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


BETAS = (0.0, 0.3, 0.5, 0.9, 0.95, 0.999, 0.9999)
STEPS = (1, 2, 3, 10, 100, 10_000)
# Half an ulp for each of log β, the product with t, the reciprocal and the product with the moment, and two ulps for
# expm1, whose argument is negative: it does not enlarge the relative error of that.
BOUND = 8 * 2.0**-24


def correction(beta, step):
    """Return what a moment of 1 becomes, in exact arithmetic."""
    return float(1 / (1 - Fraction(beta) ** step))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("beta", BETAS)
def test_a_bias_correction_with_a_traced_step(beta, step):
    traced = jax.jit(lambda t: moments.corrected(jnp.float32(1), beta=beta, step=t))
    assert traced(step).dtype == jnp.float32
    assert float(traced(step)) == pytest.approx(correction(beta, step), rel=BOUND, abs=0)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("beta", BETAS)
def test_a_bias_correction_with_a_traced_beta(beta, step):
    """A traced β is rounded to float32 first; that loss is the caller's."""
    expected = pytest.approx(correction(float(np.float32(beta)), step), rel=BOUND, abs=0)
    both = jax.jit(lambda b, t: moments.corrected(jnp.float32(1), beta=b, step=t))
    alone = jax.jit(lambda b: moments.corrected(jnp.float32(1), beta=b, step=step))
    assert float(both(np.float32(beta), step)) == expected
    assert float(alone(np.float32(beta))) == expected


@pytest.mark.parametrize("beta", BETAS[:-1])
@pytest.mark.parametrize("step", [1, 2])
def test_the_derivative_of_a_bias_correction_by_its_beta(beta, step):
    slope = jax.grad(lambda b: moments.corrected(jnp.float32(1), beta=b, step=step))(beta)
    exact = step * beta ** (step - 1) * correction(beta, step) ** 2
    assert float(slope) == pytest.approx(exact, rel=1e-4, abs=0)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("beta", BETAS)
def test_a_bias_correction_of_plain_numbers_is_formed_in_double(beta, step):
    for dtype in (np.float32, np.float64):
        assert moments.corrected(np.ones(1, dtype), beta=beta, step=step) == dtype(1 / (1 - beta**step))


@pytest.mark.parametrize("rule", [lamb, lans], ids=["lamb", "lans"])
@pytest.mark.parametrize("step", [1, 2, 100])
def test_a_traced_step_is_as_good_as_a_plain_one(rule, step, weight, grad):
    settings = {"learning_rate": 0.125, "weight_decay": 0.5}  # without decay the trust ratio hides a wrong correction
    traced = jax.jit(lambda t: rule.update(weight, grad, rule.init(weight), t, **settings)[0])
    plain, _ = rule.update(WEIGHT, GRAD, rule.init(WEIGHT), step, **settings)
    np.testing.assert_allclose(traced(step) - weight, plain - WEIGHT, rtol=2e-6)
