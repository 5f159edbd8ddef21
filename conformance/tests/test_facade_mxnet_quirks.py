"""What the releases of MXNet compute where one would expect something else, with the numbers measured on them.

E numbers are those of errata: the documentation says otherwise. Rates and accumulation have a file of their own.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pytest

from lbref import errors
from lbref.facades import mxnet1, mxnet2

NAN = math.nan
W, G, ZERO, ONES, NAN_G = (3.0, 4.0), (0.3, 0.4), (0.0, 0.0), (1.0, 1.0), (NAN, 1.0)
THREE = ((1.0, -2.0, 3.0), ((0.5, 0.25, -1.0),))  # the weight and gradient of most errata
LAMB_GRADS = ((0.5, 0.25, -1.0), (0.05, 0.3, 0.1), (-0.5, -0.25, 1.0))
STEP = {"use_fused_step": False}


class Row(NamedTuple):
    name: str
    make: Any
    settings: dict[str, Any]
    weight: tuple[float, ...]
    grads: tuple[tuple[float, ...], ...]  # one per step
    expected: tuple[float, ...]  # the weight after the last step
    velocity: tuple[float, ...] | None = None  # the state after the last step
    decimals: int = 7


def near(values, decimals=7, steps=1):
    """Allow half a unit of the last printed decimal, and float32: about eight roundings a step, on both sides."""
    largest = np.nanmax(np.abs(values), initial=1.0)
    return pytest.approx(
        np.asarray(values), rel=0, abs=0.5 * 10.0**-decimals + steps * 8 * 2.0**-24 * largest, nan_ok=True
    )


def call(optimizer, index, weight, grad, state):
    """Update one parameter, as each release takes it."""
    arguments = (index, weight, grad, state)
    optimizer.update_multi_precision(*([x] for x in arguments) if optimizer.takes_lists_only else arguments)


def single(values):
    return np.asarray(values, np.float32)


E1 = {"learning_rate": 0.1, "wd": 0.2, "momentum": 0.9, "rescale_grad": 0.5, "clip_gradient": 0.2}
E2 = {"learning_rate": 0.1, "wd": 0.5, "momentum": 0.9}
E3 = {"learning_rate": 1.0, "rescale_grad": 0.5, "clip_gradient": 0.4}
E8 = {"learning_rate": 0.1, "epsilon": 0.0}
E15 = {"learning_rate": 0.1, "wd": 0.5, "aggregate_num": 1}
RATE_1, RATE_HALF, HALF_DECAY = {"learning_rate": 1.0}, {"learning_rate": 0.5}, {"learning_rate": 0.5, "wd": 0.1}
BIAS = {"param_idx2name": {0: "bn_gamma"}}
WEIGHT = {"param_idx2name": {0: "fc_weight"}}

# fmt: off
ERRATA = [
    Row("E1: clip after rescale, decay times the rate", mxnet1.LBSGD, E1, *THREE,
        (0.96, -1.9725, 2.96), (-0.04, 0.0275, -0.04)),
    Row("E2: the velocity's decay reads the new weight", mxnet1.NAG, E2, *THREE,
        (0.81, -1.8575, 2.905), (-0.0905, 0.067875, -0.04525)),
    Row("E2: not any more in 2.0.0b1", mxnet2.NAG, E2, *THREE, (0.81, -1.8575, 2.905), (-0.1, 0.075, -0.05)),
    Row("E2: 2.0.0b1, two steps", mxnet2.NAG, E2, THREE[0], 2 * THREE[1],
        (0.55705, -1.6677874, 2.778525), (-0.1805, 0.135375, -0.09025)),
    Row("E3: clip after rescale", mxnet1.SGD, E3, ZERO, ((1.0, -3.0),), (-0.4, 0.4)),
    Row("E5: the arguments are called eta and eps", mxnet1.LARS, RATE_1 | {"eta": 0.01, "eps": 0.5}, W, (G,),
        (2.985, 3.98)),
    Row("E7: an upper bound lowers", mxnet1.LAMB, E8 | {"upper_bound": 2.0}, W, (ONES,), (2.8585787, 3.8585787)),
    Row("E8: an upper bound of 0 is none", mxnet1.LAMB, E8 | {"upper_bound": 0.0}, W, (ONES,), (2.6464467, 3.6464467)),
    Row("E8: a clip of 0 is none", mxnet1.SGD, RATE_1 | {"clip_gradient": 0}, (0.0,), ((5.0,),), (-5.0,)),
    Row("E8: so is None", mxnet1.SGD, RATE_1 | {"clip_gradient": None}, (0.0,), ((5.0,),), (-5.0,)),
    Row("E15: LAMB alone in a list counts twice", mxnet2.LAMB, E15, THREE[0], LAMB_GRADS,
        (0.4059923, -1.7437984, 2.2771251)),
    Row("E15: not in lists", mxnet2.LAMB, E15 | {"aggregate_num": 4}, THREE[0], LAMB_GRADS,
        (0.3376705, -1.8567381, 2.3581422)),
    Row("E15: not in array code", mxnet2.LAMB, E15 | STEP, THREE[0], LAMB_GRADS,
        (0.3376705, -1.8567381, 2.3581422)),
    Row("E15: invisible without decay", mxnet2.LAMB, E15 | {"wd": 0.0}, THREE[0], 3 * THREE[1],
        (0.30792, -2.69208, 3.69208), decimals=5),
    Row("E16: with a trust coefficient", mxnet2.LARS, RATE_1, W, (G,), (2.997, 3.996)),
    Row("E17: the decay is not clipped", mxnet2.SGD, RATE_1 | {"wd": 1.0, "clip_gradient": 0.5}, (2.0,), ((1.0,),),
        (-0.5,)),
    Row("E17: a zero gradient makes NaN", mxnet2.LANS, RATE_1, W, (ZERO,), (NAN, NAN)),
    Row("E17: in array code too", mxnet2.LANS, RATE_1 | STEP, W, (ZERO,), (NAN, NAN)),
    Row("LAMB is blind to the scale of a gradient, corrected", mxnet1.LAMB, {"learning_rate": 0.1}, THREE[0],
        LAMB_GRADS, (0.62721837, -2.8946528, 3.2269082)),
    Row("or not", mxnet1.LAMB, {"learning_rate": 0.1, "bias_correction": False}, THREE[0], LAMB_GRADS,
        (0.6272162, -2.8946357, 3.226917)),
]
ZERO_NORMS = [
    Row("LARS, zero weight: no eta", mxnet1.LARS, RATE_HALF, ZERO, (W,), (-1.5, -2.0)),
    Row("LARS, zero gradient: no eta", mxnet1.LARS, HALF_DECAY, W, (ZERO,), (2.85, 3.8)),
    Row("LARS, name ending gamma", mxnet1.LARS, RATE_HALF | BIAS, W, (G,), (2.85, 3.8)),
    Row("LARS, name ending weight", mxnet1.LARS, RATE_HALF | WEIGHT, W, (G,), (2.9985, 3.998)),
    Row("LARS, the norm is taken before the clip", mxnet1.LARS, RATE_HALF | {"clip_gradient": 0.1}, W, (G,),
        (2.9995, 3.9995)),
    Row("LAMB, zero weight", mxnet1.LAMB, {"learning_rate": 0.1}, ZERO, (ONES,), (-0.0999999, -0.0999999)),
    Row("LAMB, zero gradient", mxnet1.LAMB, {"learning_rate": 0.1}, W, (ZERO,), W),
    *(Row(f"2.0.0b1 LARS, zero {which}, {way}", mxnet2.LARS, settings | fused, weight, (grad,), expected)
      for way, fused in (("fused", {}), ("step", STEP))
      for which, settings, weight, grad, expected in (
          ("weight", RATE_HALF, ZERO, W, (-1.5, -2.0)), ("gradient", HALF_DECAY, W, ZERO, (2.85, 3.8)))),
]
NANS = [
    Row("LARS loses the element", mxnet1.LARS, HALF_DECAY, W, (NAN_G,), (NAN, 3.3)),
    Row("2.0.0b1 LARS too", mxnet2.LARS, HALF_DECAY, W, (NAN_G,), (NAN, 3.3)),
    Row("in array code too", mxnet2.LARS, HALF_DECAY | STEP, W, (NAN_G,), (NAN, 3.3)),
    Row("LAMB loses the tensor", mxnet1.LAMB, RATE_HALF, W, (NAN_G,), (NAN, NAN)),
    Row("2.0.0b1 LAMB too", mxnet2.LAMB, RATE_HALF, W, (NAN_G,), (NAN, NAN)),
    Row("in array code only the element", mxnet2.LAMB, RATE_HALF | STEP, W, (NAN_G,), (NAN, 3.5)),
]
# A clip of 0 in 2.0.0b1: no limit, or a gradient of 0.
CLIP_ZERO = [
    Row(f"{make.__name__} {way}", make, RATE_HALF | {"clip_gradient": 0.0} | settings, W, (ONES,), expected, decimals=6)
    for make, fused in (
        (mxnet2.SGD, (2.5, 3.5)), (mxnet2.NAG, (2.05, 3.05)), (mxnet2.LAMB, (1.232233, 2.232233)),
        (mxnet2.LANS, (1.232233, 2.232233)), (mxnet2.LARS, W))
    for way, settings, expected in (("fused", {}, fused), ("step", STEP, W))
]

LARS = {"wd": 0.05, "momentum": 0.9, "rescale_grad": 0.5, "eta": 0.02}
LAMB = {"wd": 0.05, "rescale_grad": 0.5}
MOMENTUM = {"wd": 0.05, "momentum": 0.9, "rescale_grad": 0.5, "clip_gradient": 0.4}
CLIPPED = {"clip_gradient": 0.4}
# Scenario S: class, settings, the first row after five steps, and the sum of all elements.
SCENARIO = [
    (mxnet1.LARS, LARS | CLIPPED | {"eps": 1e-3}, (1.679294, -0.449813, 0.027508), -0.025424),
    (mxnet1.LARS, LARS | {"eps": 1e-3, "momentum_correction": False}, (1.679264, -0.445035, 0.014617), -0.026483),
    (mxnet1.LBSGD, {"warmup_strategy": "lars", "wd": 0.05, "momentum": 0.9, "rescale_grad": 0.5},
     (1.393138, 0.085417, -0.445555), 0.730127),
    (mxnet1.LAMB, LAMB | CLIPPED, (1.525413, -0.029675, -0.101638), 0.299078),
    (mxnet1.LAMB, LAMB | {"lower_bound": 1.0, "upper_bound": 2.0}, (1.686486, -0.364029, -0.087347), 0.107884),
    (mxnet1.LAMB, {"wd": 0.05, "bias_correction": False}, (1.739142, -0.316598, -0.117664), 0.181235),
    (mxnet1.NAG, MOMENTUM, (1.428837, -0.028051, -0.243392), 0.599475),
    (mxnet1.SGD, MOMENTUM, (1.464585, -0.133306, -0.154717), 0.423562),
    *((mxnet2.LARS, LARS | CLIPPED | {"epsilon": 1e-3} | way, (1.677862, -0.445243, 0.024954), -0.016921)
      for way in ({}, STEP)),
    *((mxnet2.LAMB, LAMB | CLIPPED | way, (1.525413, -0.029675, -0.101638), 0.299078) for way in ({}, STEP)),
    (mxnet2.LAMB, LAMB | CLIPPED | {"aggregate_num": 1}, (1.510804, -0.029290, -0.103865), 0.298081),
    (mxnet2.LANS, LAMB, (1.509186, 0.066488, -0.160064), 0.638342),
    (mxnet2.LANS, LAMB | STEP, (1.509130, 0.066421, -0.159995), 0.637721),
    (mxnet2.NAG, MOMENTUM, (1.425333, -0.023659, -0.245282), 0.604895),
]
# fmt: on


@pytest.mark.parametrize("row", [*ERRATA, *ZERO_NORMS, *NANS, *CLIP_ZERO], ids=lambda row: row.name)
def test_a_quirk_has_the_measured_numbers(row):
    optimizer, weight = row.make(**row.settings), single(row.weight)
    state = optimizer.create_state(0, weight)
    for grad in row.grads:
        call(optimizer, 0, weight, single(grad), state)
    assert weight == near(row.expected, row.decimals, len(row.grads))
    if row.velocity is not None:
        assert state == near(row.velocity, row.decimals, len(row.grads))
    if row.make is mxnet2.LANS and np.isnan(row.expected).all():
        assert np.isnan(state).all()


@pytest.mark.parametrize(("make", "settings", "row", "total"), SCENARIO)
def test_five_steps_at_changing_rates(make, settings, row, total):
    draw = np.random.RandomState(7)
    optimizer, weight = make(**settings), single(draw.randn(4, 3))
    state = optimizer.create_state(0, weight)
    for scale, rate in zip((1, 0.3, 2, 0.7, 1.5), (0.1, 0.2, 0.05, 0.3, 0.1), strict=True):
        optimizer.set_learning_rate(rate)
        grad = single(draw.randn(4, 3)) * np.float32(scale)
        call(optimizer, 0, weight, grad, state)
    assert weight[0] == near(row, 6, 5)
    assert weight.sum(dtype=np.float64) == pytest.approx(total, abs=12 * 5 * 8 * 2.0**-24 * 3)


@pytest.mark.parametrize("way", [{}, STEP], ids=["fused", "step"])
@pytest.mark.parametrize("name", ["SGD", "NAG", "LARS", "LAMB", "LANS"])
def test_e17_the_gradient_is_left_as_it_is_unlike_in_array_code_of_the_release(name, way):
    optimizer = getattr(mxnet2, name)(learning_rate=0.1, wd=0.5, rescale_grad=0.5, **way)
    weight, grad = single(THREE[0]), single(THREE[1][0])
    call(optimizer, 0, weight, grad, optimizer.create_state(0, weight))
    np.testing.assert_array_equal(grad, single(THREE[1][0]))


@pytest.mark.parametrize("release", [mxnet1, mxnet2])
def test_a_negative_rescaling_is_refused_by_lars_where_paths_of_the_release_disagree(release):
    with pytest.raises(errors.HyperparameterError, match="change the sign of the gradients instead"):
        release.LARS(rescale_grad=-1.0)
    optimizer, weight = release.LARS(), single(W)
    optimizer.rescale_grad = -1.0  # as a trainer sets it
    with pytest.raises(errors.HyperparameterError, match="change the sign of the gradients instead"):
        call(optimizer, 0, weight, single(G), None)
    assert weight.tolist() == list(W)


def test_two_point_zero_has_no_momentum_correction():
    with pytest.raises(TypeError, match="momentum_correction"):
        mxnet2.LARS(momentum_correction=False)


# --- the norm of which weight, in mixed precision


@pytest.mark.parametrize(
    ("make", "in_list", "expected"),
    [
        (mxnet1.LAMB, True, 1.4),
        (mxnet1.LAMB, False, 1.35),
        (mxnet2.LAMB, True, 1.35),
        (mxnet2.LANS, True, 1.4),
    ],
)
def test_whose_norm_counts_in_mixed_precision(make, in_list, expected):
    """The master is 1.5, the half-precision copy 1, the direction 1 and the rate 0.1."""
    optimizer, weight = make(learning_rate=0.1, multi_precision=True), np.ones(1, np.float16)
    state = optimizer.create_state_multi_precision(0, weight)
    state[0][...] = 1.5
    arguments = (0, weight, np.ones(1, np.float16), state)
    optimizer.update_multi_precision(*([x] for x in arguments) if in_list else arguments)
    assert state[0] == near([expected], 6)


@pytest.mark.parametrize(("release", "size"), [(mxnet1, 45), (mxnet1, 1), (mxnet2, 4)])
def test_e6_the_master_copy_is_written_on_every_path(release, size):
    optimizer = release.LAMB(learning_rate=0.1, multi_precision=True, aggregate_num=size)
    weight = np.asarray((1, 2, 3), np.float16)
    state = optimizer.create_state_multi_precision(0, weight)
    masters = []
    for _ in range(3):
        optimizer.update_multi_precision([0], [weight], [np.asarray((0.1, 0.2, 0.3), np.float16)], [state])
        masters.append(state[0][0])
    # The norm is that of the copy or of the master, which differ by up to 2⁻¹¹ of it: 0.1 · 3.74 / √3 · 2⁻¹¹ a step.
    apart = 3 * 0.1 * 3.74 / math.sqrt(3) * 2.0**-11
    assert masters == pytest.approx([0.78398, 0.58781, 0.409275], rel=0, abs=apart)
    np.testing.assert_array_equal(weight, state[0].astype(np.float16))


@pytest.mark.parametrize("release", [mxnet1, mxnet2])
@pytest.mark.parametrize(("name", "rate", "expected"), [("LARS", 1.0, 299.7), ("LAMB", 0.1, 270.0)])
def test_norms_of_halves_do_not_overflow(release, name, rate, expected):
    """1.9.1 sums squares of 300 in halves, and has NaN and infinity there."""
    optimizer = getattr(release, name)(learning_rate=rate, multi_precision=True)
    weight = np.full(4, 300, np.float16)
    state = optimizer.create_state_multi_precision(0, weight)
    optimizer.update_multi_precision([0], [weight], [np.ones(4, np.float16)], [state])
    master = state[1] if (release, name) == (mxnet1, "LARS") else state[0]
    assert master == near([expected] * 4, 4)


@pytest.mark.parametrize("make", [mxnet2.LARS, mxnet2.SGD])
def test_e16_a_bias_before_a_weight_keeps_its_own_master_and_momentum(make):
    eta = {"eta": 1.0} if make is mxnet2.LARS else {}
    names = {0: "fc_bias", 1: "fc_weight"}
    settings = {"learning_rate": 1.0, "momentum": 0.9, "aggregate_num": 4, "multi_precision": True}
    optimizer = make(param_idx2name=names, **settings, **eta)
    weights = [np.full(2, value, np.float16) for value in (1, 10)]
    grads = [np.full(2, value, np.float16) for value in (0.1, 0.2)]
    optimizer_states = [optimizer.create_state_multi_precision(*pair) for pair in enumerate(weights)]
    optimizer.update_multi_precision([0, 1], weights, grads, optimizer_states)
    expected = [0.9, 0.0 if make is mxnet2.LARS else 9.8]
    for weight, (master, _), value in zip(weights, optimizer_states, expected, strict=True):
        assert master == near([value] * 2, 4, 10)  # 0.1 and 0.2 are halves
        np.testing.assert_array_equal(weight, master.astype(np.float16))


@pytest.mark.parametrize(
    ("make", "way", "velocity", "rests"),
    [
        (mxnet1.SGD, {}, -0.18025, True),
        (mxnet1.LARS, {"eta": 1.0}, -0.2179772, True),
        (mxnet2.SGD, {"aggregate_num": 4}, -0.18025, True),
        (mxnet2.SGD, {"aggregate_num": 1}, -0.17575, False),
        (mxnet2.SGD, {"aggregate_num": 4} | STEP, -0.17575, False),
        (mxnet2.LARS, {"eta": 1.0, "aggregate_num": 4}, -0.2179772, True),
        (mxnet2.LARS, {"eta": 1.0, "aggregate_num": 1}, -0.2096282, False),
        (mxnet2.LARS, {"eta": 1.0, "aggregate_num": 4} | STEP, -0.2096282, False),
    ],
)
def test_a_velocity_is_left_where_the_momentum_is_set_to_zero(make, way, velocity, rests):
    """The kernels for lists, which 1.9.1 always calls, do not know of velocities that have no momentum."""
    optimizer = make(learning_rate=0.1, momentum=0.9, wd=0.5, **way)
    weight, grad = single(THREE[0]), single(THREE[1][0])
    state = optimizer.create_state(0, weight)
    call(optimizer, 0, weight, grad, state)
    before, optimizer.momentum = state.copy(), 0.0
    call(optimizer, 0, weight, grad, state)
    assert np.array_equal(state, before) is rests
    optimizer.momentum = 0.9
    call(optimizer, 0, weight, grad, state)
    assert state[0] == pytest.approx(velocity, abs=1e-6)
