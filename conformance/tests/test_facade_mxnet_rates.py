"""How a step of MXNet gets its rate, as released: LBSGD's micro-batches and multipliers, LARS' corrected momentum."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from lbref.facades import mxnet1, mxnet2

NAN, INF = math.nan, math.inf
ONES = (1.0, 1.0)


def single(values):
    return np.asarray(values, np.float32)


def near(values, decimals=6):
    """Allow half a unit of the last printed decimal, and float32: about sixteen roundings."""
    return pytest.approx(np.asarray(values), rel=16 * 2.0**-24, abs=0.5 * 10.0**-decimals)


def trail(optimizer, grads, start=0.0, buffer=None):
    """Return the weight of one element after each micro-batch; a buffer takes every gradient in turn."""
    weight, found = single([start]), []
    state = optimizer.create_state(0, weight)
    for value in grads:
        grad = single([value]) if buffer is None else buffer
        grad[...] = value
        optimizer.update(0, weight, grad, state)
        found.append(weight.item())
    return found


# --- E11: accumulation


PAIRS = {"learning_rate": 1.0, "batch_scale": 2, "warmup_epochs": 0}  # the multiplier is 2 at once


def test_e11_two_gradients_of_their_own_give_their_mean():
    assert trail(mxnet1.LBSGD(**PAIRS), (1, 3, 1, 3)) == [0, -4, -4, -8]


def test_e11_the_first_gradient_is_held_by_reference_and_counts_as_what_is_in_its_buffer_later():
    assert trail(mxnet1.LBSGD(**PAIRS), (1, 3, 1, 3), buffer=single([0.0])) == [0, -6, -6, -10]


def test_e11_also_where_it_is_a_view_or_a_tensor_on_a_tape():
    grad = torch.ones(1, requires_grad=True) * 1.0
    optimizer, weight = mxnet1.LBSGD(**PAIRS), torch.zeros(1)
    optimizer.update(0, weight, grad, None)
    assert not optimizer.cumgrads[0]["cum_grad"].requires_grad
    with torch.no_grad():
        grad.fill_(3.0)
    optimizer.update(0, weight, grad, None)
    assert weight.item() == -6


def test_e11_of_a_half_with_a_master_copy_the_updater_holds_a_wider_copy():
    optimizer = mxnet1.LBSGD(multi_precision=True, **PAIRS)
    weight, buffer = np.zeros(1, np.float16), np.zeros(1, np.float16)
    state, found = optimizer.create_state_multi_precision(0, weight), []
    for value in (1, 3, 1, 3):
        buffer[...] = value
        optimizer.update_multi_precision(0, weight, buffer, state)
        found.append(weight.item())
    assert found == [0, -4, -4, -8]


def test_e11_begin_epoch_shifts_the_phase_and_the_divisor_stays():
    optimizer = mxnet1.LBSGD(begin_epoch=3, updates_per_epoch=1, **PAIRS)
    assert trail(optimizer, (1, 1, 1, 1, 1)) == [-1, -1, -3, -3, -5]


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_e11_a_waiting_micro_batch_poisons_the_weight_though_its_rate_is_zero(bad):
    with np.errstate(invalid="ignore"):
        assert np.isnan(trail(mxnet1.LBSGD(**PAIRS), (bad,), start=1.0)).all()


def test_each_parameter_is_accumulated_for_itself():
    optimizer = mxnet1.LBSGD(**PAIRS)
    weights = {"a": single([0.0]), "b": single([0.0])}
    for name, value in (("a", 1), ("b", 5), ("a", 3), ("a", 7), ("b", 5)):
        optimizer.update(name, weights[name], single([value]), None)
    assert {name: weight.item() for name, weight in weights.items()} == {"a": -4.0, "b": -10.0}
    assert {name: held["num_cums"] for name, held in optimizer.cumgrads.items()} == {"a": 3, "b": 2}


# --- multipliers


LISTS = {  # strategy -> the multipliers at n = 3, 6, 9, 12 of N = 12 and B = 3
    "linear": (1.5, 2.0, 2.5, 3.0),
    "power2": (1.125, 1.5, 2.125, 3.0),
    "sqrt": (2.0, 2.4142, 2.7321, 3.0),
    "xyz": (1.0, 1.0, 1.0, 3.0),
}


@pytest.mark.parametrize("strategy", LISTS)
def test_the_multiplier_rises_with_the_count_of_micro_batches(strategy):
    optimizer = mxnet1.LBSGD(
        warmup_strategy=strategy, learning_rate=1.0, batch_scale=3, warmup_epochs=4, updates_per_epoch=3
    )
    steps = -np.diff([0.0, *trail(optimizer, [1.0] * 15)[2::3]])
    assert steps == near((*LISTS[strategy], 3.0), 4)


@pytest.mark.parametrize("strategy", ["linear", "power2", "sqrt", "xyz"])
def test_a_warmup_of_one_update_is_over_at_once(strategy):
    optimizer = mxnet1.LBSGD(
        warmup_strategy=strategy, learning_rate=1.0, batch_scale=3, warmup_epochs=1, updates_per_epoch=1
    )
    assert trail(optimizer, [1.0] * 6)[2::3] == [-3.0, -6.0]


def test_begin_epoch_moves_the_warmup_on():
    settings = {"learning_rate": 1.0, "batch_scale": 3, "warmup_epochs": 4, "updates_per_epoch": 3}
    assert trail(mxnet1.LBSGD(begin_epoch=2, **settings), [1.0] * 3)[2] == -2.5


RATIOS = [  # weight, gradient, ratio; the decay is 0.1
    ((3.0, 4.0), (0.3, 0.4), 3.0151134),
    ((3.0, 4.0), (0.0, 0.0), 3.1622777),
    ((0.0, 0.0), (3.0, 4.0), 0.01),
    ((300.0, 400.0), (0.03, 0.04), 3.1622775),
    ((3e4, 4e4), (0.0, 1e-8), 3.1622777),
    ((3.0, 4.0), (3e6, 4e6), 0.01),
]


@pytest.mark.parametrize("rescale_grad", [1.0, 0.25])
@pytest.mark.parametrize(("weight", "grad", "ratio"), RATIOS)
def test_the_ratio_of_strategy_lars_knows_no_coefficient_and_no_rescaling(weight, grad, ratio, rescale_grad):
    rate = 2.0**-6
    optimizer = mxnet1.LBSGD(warmup_strategy="lars", learning_rate=rate, wd=0.1, rescale_grad=rescale_grad)
    moved = single(weight)
    optimizer.update(0, moved, single(grad), None)
    direction = rescale_grad * single(grad) + np.float32(0.1) * single(weight)
    allowed = 2.0**-24 * (np.abs(weight) + 16 * rate * ratio * np.abs(direction)) + 1e-7 * rate * np.abs(direction)
    assert np.all(np.abs(single(weight) - rate * ratio * direction - moved) <= allowed)


def test_a_nan_in_the_weight_passes_through_the_ratio():
    weight = single((NAN, 1.0))
    mxnet1.LBSGD(warmup_strategy="lars", wd=0.1).update(0, weight, single((0.0, 0.0)), None)
    assert np.isnan(weight).all()


def test_every_parameter_is_adapted_by_strategy_lars_whatever_its_name():
    weights = [single((3.0, 4.0)) for _ in range(2)]
    optimizer = mxnet1.LBSGD(warmup_strategy="lars", param_idx2name={0: "x_gamma", 1: "x_weight"})
    for index, weight in enumerate(weights):
        optimizer.update(index, weight, single((0.3, 0.4)), None)
    np.testing.assert_array_equal(*weights)


# --- the clock of a scheduler


@pytest.mark.parametrize(
    ("make", "settings", "expected"),
    [
        *((getattr(mxnet1, name), {}, [1, 2, 3]) for name in ("SGD", "NAG", "LARS", "LAMB")),
        (mxnet1.LBSGD, {"batch_scale": 2}, [0, 1, 2]),
        *((getattr(mxnet2, name), {}, [1, 2, 3]) for name in ("SGD", "NAG", "LARS", "LAMB", "LANS")),
        (mxnet2.LAMB, {"aggregate_num": 1}, [1, 2, 3, 4, 5, 6]),  # E15
        (mxnet2.LAMB, {"aggregate_num": 1, "use_fused_step": False}, [1, 2, 3]),
    ],
)
def test_what_a_scheduler_is_asked_in_three_calls(make, settings, expected):
    asked = []
    optimizer = make(learning_rate=None, lr_scheduler=lambda count: asked.append(count) or 0.5, **settings)
    weight = single((3.0, 4.0))
    state = optimizer.create_state(0, weight)
    for _ in range(3):
        arguments = (0, weight, single((0.3, 0.4)), state)
        optimizer.update(*([x] for x in arguments) if optimizer.takes_lists_only else arguments)
    assert asked == expected


@pytest.mark.parametrize(
    ("make", "settings", "expected"),
    [
        *((getattr(mxnet1, name), {}, [1, 2, 3]) for name in ("SGD", "LARS")),
        (mxnet1.LAMB, {}, [1, 2, 2, 3]),
        *((getattr(mxnet2, name), {}, [1, 2, 3]) for name in ("SGD", "LARS", "LAMB", "LANS")),
        (mxnet2.NAG, {}, [1, 2, 2, 3]),
        *((getattr(mxnet2, name), {"use_fused_step": False}, [1, 2, 2, 3]) for name in ("SGD", "NAG", "LARS", "LANS")),
        (mxnet2.LAMB, {"aggregate_num": 1}, [1, 2, 3, 4, 5, 5, 6]),  # E15
    ],
)
def test_a_list_is_counted_before_its_rates_are_asked_for_or_one_after_the_other(make, settings, expected):
    """The second parameter has been updated twice before."""
    asked = []
    optimizer = make(learning_rate=None, lr_scheduler=lambda count: asked.append(count) or 0.5, **settings)
    weights = [single((3.0, 4.0)) for _ in range(2)]
    states = [optimizer.create_state(index, weight) for index, weight in enumerate(weights)]
    for which in ([1], [1], [0, 1]):
        arrays = ([parts[index] for index in which] for parts in (weights, [single((0.3, 0.4))] * 2, states))
        optimizer.update(which, *arrays)
    assert asked == expected


def test_e15_a_polynomial_arrives_though_every_second_count_is_skipped():
    scheduler = mxnet2.PolyScheduler(max_update=3, base_lr=1.0, pwr=1, final_lr=0.1)
    optimizer = mxnet2.LAMB(learning_rate=None, lr_scheduler=scheduler, aggregate_num=1)
    weight = single((3.0, 4.0))
    state, rates = optimizer.create_state(0, weight), []
    for _ in range(3):
        optimizer.update([0], [weight], [single((0.3, 0.4))], [state])
        rates.append(scheduler.base_lr)
    assert rates == near([0.4, 0.1, 0.1])
    assert weight == near((1.1776049, 2.177603))


# --- E4: the momentum of LARS is corrected once per call, not once per step


def corrected(**settings):
    return mxnet1.LARS(momentum=0.9, eta=1.0, **settings)


def walked(optimizer, rates, tensors, call):
    """Return the weights after a step at each of the rates; weights and gradients begin as (1, 1)."""
    weights = [single(ONES) for _ in range(tensors)]
    states = [optimizer.create_state(index, weight) for index, weight in enumerate(weights)]
    for rate in rates:
        optimizer.set_learning_rate(rate)
        call(optimizer, weights, [single(ONES) for _ in weights], states)
    return [weight[0] for weight in weights]


def in_one_list(optimizer, weights, grads, states):
    optimizer.update(list(range(len(weights))), weights, grads, states)


def one_by_one(optimizer, weights, grads, states):
    for arguments in zip(range(len(weights)), weights, grads, states, strict=True):
        optimizer.update(*arguments)


def test_e4_one_list_is_one_call():
    assert walked(corrected(), (1.0, 2.0), 2, in_one_list) == near((-3.8, -3.8))


def test_e4_a_call_per_parameter_corrects_the_first_only():
    assert walked(corrected(), (1.0, 2.0), 2, one_by_one) == near((-3.8, -2.9))
    assert walked(corrected(momentum_correction=False), (1.0, 2.0), 2, one_by_one) == near((-2.9, -2.9))


@pytest.mark.parametrize(("size", "first"), [(None, 4), (2, 2), (6, 6)])
def test_e4_an_updater_makes_a_call_per_four_parameters(size, first):
    updater = mxnet1.get_updater(corrected(aggregate_num=size))
    found = walked(
        updater.optimizer, (1.0, 2.0), 6, lambda _, weights, grads, _states: updater(list(range(6)), grads, weights)
    )
    assert found == near([-3.8] * first + [-2.9] * (6 - first))


def test_e4_two_devices_that_share_an_optimizer_diverge():
    def on_two_devices(optimizer, weights, grads, states):
        for device in (0, 1):
            optimizer._set_current_context(device)
            optimizer.update([0], [weights[device]], [grads[device]], [states[device]])

    optimizer = corrected()
    assert walked(optimizer, (1.0, 2.0), 2, on_two_devices) == near((-3.8, -2.9))
    assert optimizer._all_index_update_counts == {0: {0: 2}, 1: {0: 2}}


def test_e4_a_rate_of_zero_erases_the_velocity():
    optimizer, weight = corrected(), single(ONES)
    velocity, found = optimizer.create_state(0, weight), []
    for rate in (1.0, 0.0, 1.0):
        optimizer.set_learning_rate(rate)
        optimizer.update(0, weight, single(ONES), velocity)
        found.append((weight[0], velocity[0]))
    assert found == [(0.0, -1.0), (0.0, 0.0), (-1.0, -1.0)]


def test_e4_behind_another_call_it_only_passes_it_on():
    assert walked(corrected(), (1.0, 0.0), 2, one_by_one) == near((0.0, -0.9))
    assert walked(corrected(), (1.0, 0.0, 1.0), 2, one_by_one) == near((-1.0, -2.61))


def test_e4_reading_the_rate_is_no_call():
    def read_first(optimizer, *arguments):
        assert optimizer.learning_rate == optimizer.lr
        in_one_list(optimizer, *arguments)

    assert walked(corrected(), (1.0, 2.0), 2, read_first) == near((-3.8, -3.8))
