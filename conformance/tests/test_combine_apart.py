"""Decay apart from a rule's step, hooks in the precision of their arrays, and a rate that corrects both moments."""

from __future__ import annotations

import inspect

import jax
import numpy as np
import pytest

from lbref import errors, hooks, moments, trust
from lbref.combine import Bound, bind, decayed_apart, hook_in_stored_precision, scheduled
from lbref.rules import lamb, sgd

WEIGHT, GRAD = np.array([3.0, -4.0]), np.array([0.25, 0.5])


def moved(rule, **hyperparameters):
    return rule.update(WEIGHT, GRAD, rule.init(WEIGHT), 1, **hyperparameters)


def test_decay_apart_does_not_go_through_the_rate():
    weight, state = moved(decayed_apart(sgd), learning_rate=0.5, weight_decay=0.25)
    alone, alone_state = moved(sgd, learning_rate=0.5)
    np.testing.assert_array_equal(weight, alone - 0.25 * WEIGHT)
    np.testing.assert_array_equal(state.velocity, alone_state.velocity)


@pytest.mark.parametrize("rule", [bind(sgd, weight_decay=0.25), scheduled(sgd, weight_decay=lambda step: step / 4)])
def test_decay_apart_reads_what_is_bound_or_scheduled(rule):
    weight, _ = moved(decayed_apart(rule), learning_rate=0.5)
    np.testing.assert_array_equal(weight, moved(sgd, learning_rate=0.5)[0] - 0.25 * WEIGHT)
    weight, _ = moved(decayed_apart(rule), learning_rate=0.5, weight_decay=0.0)
    np.testing.assert_array_equal(weight, moved(sgd, learning_rate=0.5)[0])


def test_decay_apart_may_be_traced():
    rule = decayed_apart(sgd)
    weight = jax.numpy.asarray(WEIGHT, dtype="float32")
    traced = jax.jit(
        lambda decay: rule.update(weight, weight, rule.init(weight), 1, learning_rate=0.5, weight_decay=decay)
    )
    plain, _ = rule.update(weight, weight, rule.init(weight), 1, learning_rate=0.5, weight_decay=0.25)
    np.testing.assert_allclose(traced(0.25)[0], plain, rtol=1e-6)


@pytest.mark.parametrize(
    ("hyperparameters", "error", "words"),
    [
        ({"weight_decay": -0.1}, errors.HyperparameterError, ("decayed_apart(sgd)", "weight_decay")),
        ({"weight_decay": float("nan")}, errors.HyperparameterError, ("decayed_apart(sgd)", "weight_decay")),
        ({"decay": 0.1}, errors.UnknownHyperparameterError, ("sgd", "'decay'")),
    ],
)
def test_bad_decay_apart(refuses, hyperparameters, error, words):
    given = {"weight": WEIGHT, "grad": GRAD, "state": sgd.init(WEIGHT), "step": 1}
    refuses(decayed_apart(sgd).update, given, {"learning_rate": 0.1, **hyperparameters}, error, *words)


def test_a_rule_without_decay_has_none_apart(refuses):
    def update(weight, grad, state, step, /, *, learning_rate):
        del step
        return sgd.update(weight, grad, state, 1, learning_rate=learning_rate)

    given = {"rule": Bound(sgd.init, update)}
    refuses(decayed_apart, given, {}, errors.UnknownHyperparameterError, "decayed_apart", "'weight_decay'")


def test_a_hook_of_halves_computes_in_single_precision():
    weight, grad = np.full(4, 300.0, dtype=np.float16), np.full(4, 1.0, dtype=np.float16)
    lars = hook_in_stored_precision(hooks.gradient_lars)
    changed = lars(weight, grad, weight_decay=0.1)
    wide = hooks.gradient_lars(weight.astype(np.float32), grad.astype(np.float32), weight_decay=0.1)
    assert changed.dtype == np.float16
    np.testing.assert_array_equal(changed, wide.astype(np.float16))
    assert np.isfinite(changed).all()
    assert inspect.signature(lars) == inspect.signature(hooks.gradient_lars)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_hook_of_wider_arrays_is_what_it_was(dtype):
    weight, grad = WEIGHT.astype(dtype), GRAD.astype(dtype)
    changed = hook_in_stored_precision(hooks.gradient_lars)(weight, grad, weight_decay=0.1)
    np.testing.assert_array_equal(changed, hooks.gradient_lars(weight, grad, weight_decay=0.1))
    assert changed.dtype == dtype


@pytest.mark.parametrize(
    ("weight", "grad", "error"),
    [
        (WEIGHT.astype(np.float16), GRAD, errors.DtypeError),
        (WEIGHT, np.ones(3), errors.ShapeError),
        (WEIGHT.astype(int), GRAD.astype(int), errors.DtypeError),
        ([3.0], GRAD, errors.NotAnArrayError),
    ],
)
def test_a_hook_in_stored_precision_looks_at_its_arrays(refuses, weight, grad, error):
    hook = hook_in_stored_precision(hooks.decay)
    refuses(hook, {"weight": weight, "grad": grad}, {}, error, "hook_in_stored_precision")


@pytest.mark.parametrize("step", [1, 2, 1000, 10**7])
def test_a_rate_stands_for_both_corrections(step):
    """With ε = 0 the corrected moments at the plain rate give the step of the uncorrected ones at this rate."""
    state = lamb.State(np.array([0.5, -0.25]), np.array([0.125, 2.0]))
    betas = {"beta1": 0.9, "beta2": 0.999}
    rate = moments.rate_for_uncorrected(0.25, **betas, step=step)
    plain = bind(lamb, zero_norm=trust.one_always, eps=0.0, **betas)
    corrected, _ = plain.update(WEIGHT, GRAD, state, step, learning_rate=0.25)
    other = bind(plain, bias_correction=moments.uncorrected)
    uncorrected, _ = other.update(WEIGHT, GRAD, state, step, learning_rate=rate)
    np.testing.assert_allclose(uncorrected, corrected, rtol=1e-14)
