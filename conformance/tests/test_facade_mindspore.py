"""MindSpore's LARS and what it wraps follow the real package through what was recorded of it, step by step.

The release's class LARS runs on Ascend only; it was recorded on a CPU with its one Ascend operator replaced by that
operator's published formula, composed of MindSpore's own operators.
"""

from __future__ import annotations

import json
from pathlib import Path

import mindspore_driver as driver
import nearness
import numpy as np
import pytest
from arrays import decoded

from lbref.facades import mindspore

PEERS = Path(__file__).parents[1] / "peers"

RECORDED = json.loads((PEERS / "recorded" / "mindspore-2.10.0.json").read_text(encoding="utf-8"))["cases"]
NESTEROV, DOUBLE = "momentum/nesterov-on-a-cpu", "momentum/float64"
FOLLOWED = [name for name in driver.CASES if name not in {NESTEROV, DOUBLE}]
MOMENTUM_ROUNDINGS, LARS_ROUNDINGS = 4, 6  # in ulps of the change: both sides together


def linear(start, slope):
    return lambda step: start + slope * step


API = driver.Api(
    optimizers=mindspore,
    parameter=mindspore.Parameter,
    array=lambda values: values,
    rate=linear,
    decay=linear,
)


def excesses(layer, velocity, expected, before, rate, operations):
    """Return how far weight and velocity are from the record, in allowed distances."""
    (weight, remembered), (old_weight, old_remembered) = expected, before
    change = weight.astype(np.float64) - old_weight.astype(np.float64)
    speed = nearness.largest(remembered, old_remembered)
    scale = max(nearness.largest(change), rate * speed)
    return (
        nearness.excess(layer.parameter.data, weight, scale=scale, operations=operations),
        nearness.excess(velocity, remembered, scale=speed, operations=operations),
    )


def follow(name):
    """Yield the excesses of every step of a case, each step from the recorded values of the one before."""
    case, steps = driver.CASES[name], RECORDED[name]["steps"]
    operations = MOMENTUM_ROUNDINGS + (LARS_ROUNDINGS if case["lars"] is not None else 0)
    before = {key: (weight, np.zeros_like(weight)) for key, weight in driver.drawn(case)[0].items()}
    for count, (moment, step) in enumerate(zip(driver.walk(API, case), steps, strict=True)):
        optimizer = moment.optimizer
        assert optimizer.global_step == step["global_step"]
        assert list(moment.returned) == step["returned"]
        for layer, velocity in zip(optimizer.layers, optimizer.velocities, strict=True):
            key = layer.parameter.name
            expected = decoded(step["weights"][key]), decoded(step["velocities"][key])
            yield excesses(layer, velocity, expected, before[key], layer.learning_rate.at(count), operations)
            nearness.overwrite((layer.parameter.data, velocity), expected)
            before[key] = expected


def test_every_case_is_recorded():
    assert set(RECORDED) == set(driver.CASES)
    assert {name for name in RECORDED if "replaced" in RECORDED[name]} == {
        name for name, case in driver.CASES.items() if case["lars"] is not None
    }


@pytest.mark.parametrize("name", FOLLOWED)
def test_every_step_is_that_of_the_release(name):
    found = list(follow(name))
    assert max(max(each) for each in found) <= 1, found


@pytest.mark.parametrize("attribute", ["coefficient", "epsilon"])
def test_a_step_a_little_wrong_is_found(monkeypatch, attribute):
    exact = mindspore.LARS.__init__

    def almost(self, *args, **keywords):
        exact(self, *args, **keywords)
        setattr(self, attribute, getattr(self, attribute) * (1 + (1e-5 if attribute == "coefficient" else 0.05)))

    monkeypatch.setattr(mindspore.LARS, "__init__", almost)
    assert max(max(each) for each in follow("lars/visible")) > 1


def test_the_release_ignores_nesterov_on_a_cpu_and_here_it_is_what_it_documents():
    """An erratum of the CPU operator: the recorded weights move by the velocity alone."""
    first = RECORDED[NESTEROV]["steps"][0]
    weights, gradients = driver.drawn(driver.CASES[NESTEROV])
    moment = next(driver.walk(API, driver.CASES[NESTEROV]))
    for name, weight in weights.items():
        decayed = gradients[0][name] + np.float32(0.05) * weight
        recorded, rate = decoded(first["weights"][name]), np.float32(0.125)
        np.testing.assert_allclose(recorded, weight - rate * decayed, rtol=1e-6)
        documented = weight - rate * (decayed + np.float32(0.9) * decayed)
        np.testing.assert_allclose(moment.params[name].data, documented, rtol=1e-6)
        assert np.abs(recorded - documented).max() > 0.01


def test_the_release_rounds_float64_to_float32_and_here_it_does_not():
    case, steps = driver.CASES[DOUBLE], RECORDED[DOUBLE]["steps"]
    for moment, step in zip(driver.walk(API, case), steps, strict=True):
        for name, param in moment.params.items():
            recorded = decoded(step["weights"][name])
            np.testing.assert_array_equal(recorded, recorded.astype(np.float32))
            np.testing.assert_allclose(param.data, recorded, rtol=1e-6, atol=1e-7)
            assert not np.array_equal(param.data, param.data.astype(np.float32))


# --- single figures, from the release with that one operator replaced --------------------------------------------


def lars_step(weight, grad, *, decay=0.0, rate=1.0, steps=1, name="w", **keywords):
    param = mindspore.Parameter(np.array(weight, dtype=float), name=name)
    momentum = mindspore.Momentum([param], rate, 0.9, weight_decay=decay)
    optimizer = mindspore.LARS(momentum, **keywords)
    for _ in range(steps):
        optimizer((np.array(grad, dtype=float),))
    return param.data


@pytest.mark.parametrize(
    ("weight", "grad", "settings", "moved"),
    [
        ((3, 4), (0.3, 0.4), {}, (2.997, 3.996)),
        ((3, 4), (0.3, 0.4), {"decay": 0.1}, (2.997, 3.996)),
        ((0, 0), (0.3, 0.4), {}, (0, 0)),
        ((3, 4), (0, 0), {"decay": 0.1}, (2.997, 3.996)),
        ((3, 4), (0.3, 0.4), {"decay": 0.1, "use_clip": True, "coefficient": 1.0}, (2.4, 3.2)),
        ((3, 4), (0.3, 0.4), {"use_clip": True, "rate": 0.01}, (2.997, 3.996)),
        ((3, 4), (0.3, 0.4), {"decay": 0.1, "name": "fc.bias"}, (2.7, 3.6)),
        ((3, 4), (0.3, 0.4), {"decay": 0.1, "name": "LayerNorm.gamma"}, (2.7, 3.6)),
        (
            (3, 4),
            (0.3, 0.4),
            {"decay": 0.1, "rate": 0.5, "coefficient": 0.02, "epsilon": 1e-3, "steps": 3},
            (2.8333032, 3.7777374),
        ),
    ],
)
def test_the_figures_of_the_fact_sheet(weight, grad, settings, moved):
    np.testing.assert_allclose(lars_step(weight, grad, **settings), moved, rtol=1e-6)


def test_a_clip_at_a_rate_of_zero_moves_nothing():
    np.testing.assert_array_equal(lars_step((3, 4), (0.3, 0.4), rate=0.0, use_clip=True), (3, 4))
    np.testing.assert_array_equal(lars_step((0, 0), (0.3, 0.4), rate=0.0, use_clip=True), (0, 0))


def test_nesterov_is_that_of_sgd():
    ended = []
    for name, keyword in (("Momentum", "use_nesterov"), ("SGD", "nesterov")):
        param = mindspore.Parameter(np.array([3.0, 4.0]), name="w")
        optimizer = getattr(mindspore, name)([param], learning_rate=0.1, momentum=0.9, **{keyword: True})
        for _ in range(2):
            optimizer((np.array([0.3, 0.4]),))
        ended.append(param.data)
    np.testing.assert_allclose(ended[0], (2.8617, 3.8156), rtol=1e-12)
    np.testing.assert_array_equal(*ended)
