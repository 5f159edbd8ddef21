"""Combinators for what releases store and schedule: halves without a master, norms of the copy, velocities, bounds."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from lbref import errors, trust
from lbref.combine import accumulated, bind, in_stored_precision, scheduled, velocity_negated, with_master_weight
from lbref.rules import lamb, lars, lbsgd, sgd

WEIGHT = np.asarray([[0.5, -1.25, 2.0], [0.375, -0.75, 4.0]], np.float32)
GRADS = [np.asarray(grad, np.float32).reshape(2, 3) for grad in ([4, -8, 1, 2, 3, -6], [1, 5, -2, 7, 0, 3])]
HYPER = {"learning_rate": 0.1, "weight_decay": 0.05}


# --- velocity_negated ---------------------------------------------------------------------------------------------


def test_a_negated_velocity_moves_the_weight_by_the_same_bits(run):
    weight, state = run(sgd, WEIGHT, GRADS, HYPER)
    moved, negated = run(velocity_negated(sgd), WEIGHT, GRADS, HYPER)
    np.testing.assert_array_equal(moved, weight, strict=True)
    np.testing.assert_array_equal(negated.velocity, -state.velocity, strict=True)
    assert np.any(state.velocity != 0)


def test_at_rest_the_negated_velocity_is_zero_without_a_sign():
    assert not np.signbit(velocity_negated(sgd).init(WEIGHT).velocity).any()


def test_what_else_is_in_the_state_keeps_its_sign(run):
    settings = {**HYPER, "batch_scale": 3, "warmup_epochs": 0}
    _, state = run(lbsgd, WEIGHT, GRADS, settings)
    _, negated = run(velocity_negated(lbsgd), WEIGHT, GRADS, settings)
    np.testing.assert_array_equal(negated.grad_sum, state.grad_sum, strict=True)


def test_a_state_without_velocity_cannot_be_negated(refuses):
    given = {"weight": WEIGHT, "grad": GRADS[0], "state": lamb.init(WEIGHT), "step": 1}
    refuses(velocity_negated(lamb).update, given, HYPER, errors.StateError, "velocity_negated(lamb)", "no velocity")


# --- in_stored_precision ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_stored_precision_changes_nothing_where_rules_compute(run, dtype):
    weight, grads = WEIGHT.astype(dtype), [grad.astype(dtype) for grad in GRADS]
    expected, state = run(lars, weight, grads, HYPER)
    moved, kept = run(in_stored_precision(lars), weight, grads, HYPER)
    np.testing.assert_array_equal(moved, expected, strict=True)
    np.testing.assert_array_equal(kept.velocity, state.velocity, strict=True)


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_in_half_precision_one_step_is_that_of_float32_rounded_once(half):
    weight, grad = (torch.asarray(array).to(half) for array in (WEIGHT, GRADS[0]))
    rule = in_stored_precision(lamb)
    state = rule.init(weight)
    assert {array.dtype for array in state} == {half}
    moved, new = rule.update(weight, grad, state, 1, **HYPER)
    wide, wide_state = lamb.update(weight.float(), grad.float(), lamb.init(weight.float()), 1, **HYPER)
    assert torch.equal(moved, wide.to(half))
    assert all(torch.equal(kept, computed.to(half)) for kept, computed in zip(new, wide_state, strict=True))


def test_a_state_in_float32_stays_so_beside_a_weight_in_half_precision():
    weight, grad = WEIGHT.astype(np.float16), GRADS[0].astype(np.float16)
    state = lamb.init(WEIGHT)
    _, new = in_stored_precision(lamb).update(weight, grad, state, 1, **HYPER)
    _, expected = lamb.update(weight.astype(np.float32), grad.astype(np.float32), state, 1, **HYPER)
    np.testing.assert_array_equal(new.mean_square, expected.mean_square, strict=True)


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"grad": GRADS[0].astype(np.float64)}, errors.DtypeError, ("grad has dtype float64", "weight has dtype")),
        ({"grad": GRADS[0][0]}, errors.ShapeError, ("grad has shape (3,)",)),
        ({"weight": WEIGHT.astype(np.int32)}, errors.DtypeError, ("weight is int32",)),
        ({"state": None}, errors.StateError, ("state is a NoneType",)),
        ({"state": sgd.State(WEIGHT[0])}, errors.ShapeError, ("velocity has shape (3,)",)),
        ({"state": lamb.init(WEIGHT)}, errors.StateError, ("lamb.State",)),
    ],
)
def test_what_does_not_fit_is_refused(refuses, wrong, error, words):
    given = {"weight": WEIGHT, "grad": GRADS[0], "state": sgd.init(WEIGHT), "step": 1} | wrong
    refuses(in_stored_precision(sgd).update, given, HYPER, error, *words)


# --- copy_reader: norms of the half-precision copy ----------------------------------------------------------------


def lars_of_copy(copy):
    return {"measure": trust.measured_on(copy, trust.sum_of_norms)}


def lamb_of_copy(copy):
    return {"phi": trust.phi_on(copy, trust.clamped)}


def test_lars_can_take_the_norm_of_the_copy_while_it_moves_the_master():
    """Fact: MXNet's LARS in mixed precision takes norms of the float16 weight."""
    copy, grad = np.float16([3, 4]), np.float16([0.5, 0.25])
    master = np.float32([1.5, 2])  # half as long as the copy
    rule = with_master_weight(lars, copy_reader=lars_of_copy)
    state = rule.init(copy)._replace(master=master)
    _, new = rule.update(copy, grad, state, 1, learning_rate=1.0, trust_coefficient=0.5)
    rate = 0.5 * 5 / np.sqrt(np.float32(0.3125))
    np.testing.assert_allclose(new.master, master - rate * grad.astype(np.float32), rtol=3e-7)


@pytest.mark.parametrize(("copy", "expected"), [(1.0, 1.4), (1.5, 1.35)])
def test_lamb_can_take_the_norm_of_the_copy(copy, expected):
    """Fact, section 2.1: master 1.5, fp16 1.0, g 1, lr .1: 1.4 with the norm of the copy, 1.35 with the master's."""
    rule = with_master_weight(lamb, copy_reader=lamb_of_copy)
    weight = np.float16([copy])
    state = rule.init(weight)._replace(master=np.float32([1.5]))
    _, new = rule.update(weight, np.float16([1]), state, 1, learning_rate=0.1)
    np.testing.assert_allclose(new.master, [expected], rtol=1e-6)


def test_bounds_hold_for_the_norm_of_the_copy_too():
    rule = with_master_weight(lamb, copy_reader=lamb_of_copy)
    weight = np.float16([30, 40])
    _, new = rule.update(weight, np.float16([1, 1]), rule.init(weight), 1, learning_rate=0.1, upper_bound=10.0)
    np.testing.assert_allclose(new.master, np.float32([30, 40]) - 0.1 * 10 / np.sqrt(2), rtol=1e-6)


# --- trust.one_always ---------------------------------------------------------------------------------------------


def test_a_layer_that_is_not_adapted_moves_as_with_sgd(run):
    """The ratio is 1 and the trust coefficient plays no part, as in MXNet for biases."""
    adapted, _ = run(lars, WEIGHT, GRADS, HYPER)
    moved, _ = run(lars, WEIGHT, GRADS, {**HYPER, "trust_coefficient": 7.0, "zero_norm": trust.one_always})
    expected, _ = run(sgd, WEIGHT, GRADS, {**HYPER, "momentum": 0.9})
    np.testing.assert_array_equal(moved, expected, strict=True)
    assert not np.array_equal(adapted, moved)


# --- bounds that are scheduled ------------------------------------------------------------------------------------


def test_bounds_that_are_scheduled_can_be_accumulated(run):
    """A schedule is no number, so that which bound is larger is known only at the step."""
    bounds = {"lower_bound": 1.0, "upper_bound": 2.0}
    rule = accumulated(scheduled(lamb, **{name: partial(_constant, value) for name, value in bounds.items()}), 2)
    weight, _ = run(rule, WEIGHT, GRADS, HYPER)
    expected, _ = run(accumulated(bind(lamb, **bounds), 2), WEIGHT, GRADS, HYPER)
    np.testing.assert_array_equal(weight, expected, strict=True)


def _constant(value, step):
    del step
    return value
