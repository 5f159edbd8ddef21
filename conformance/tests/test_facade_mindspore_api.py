"""MindSpore's LARS and what it wraps have the manners of the release: arguments, groups, schedules, checkpoints."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import array_api_strict
import numpy as np
import pytest
import torch

import lbref
from lbref.facades import checkpoint, mindspore

ROOT = Path(lbref.__file__).parents[1]


def parameters(*names):
    return [mindspore.Parameter(np.array([3.0, 4.0]), name=name) for name in names]


def ones(optimizer):
    return tuple(np.ones(2) for _ in optimizer.parameters)


def test_the_examples_run():
    assert doctest.testmod(mindspore).failed == 0


def test_a_parameter():
    data = np.array([3.0, 4.0])
    param = mindspore.Parameter(data, name="w")
    assert param.data is data
    assert (param.name, param.shape, param.dtype) == ("w", (2,), np.dtype("float64"))
    values = param.asnumpy()
    values[...] = 0.0
    np.testing.assert_array_equal(data, [3.0, 4.0])
    tensor = mindspore.Parameter(torch.ones(2, requires_grad=True), name="w")
    np.testing.assert_array_equal(tensor.asnumpy(), [1.0, 1.0])


def test_parameters_without_a_name_get_that_of_the_release():
    params = [*parameters(None, "w"), *parameters(None)]
    mindspore.SGD(params)
    assert [param.name for param in params] == ["Parameter$1", "w", "Parameter$2"]


def test_arrays_are_updated_in_place_and_gradients_left_alone():
    param = mindspore.Parameter(np.array([3.0, 4.0]), name="w")
    data, grad = param.data, np.array([8.0, 16.0])
    momentum = mindspore.Momentum([param], 0.1, 0.9, weight_decay=0.1, loss_scale=8.0)
    velocity = momentum.moments[0]
    optimizer = mindspore.LARS(momentum)
    assert optimizer([grad]) == (True,)
    assert param.data is data
    assert momentum.moments[0] is velocity
    assert data[0] != 3.0
    assert velocity[0] != 0.0
    np.testing.assert_array_equal(grad, [8.0, 16.0])
    assert (optimizer.global_step, optimizer.parameters, optimizer.opt) == (1, (param,), momentum)


@pytest.mark.parametrize("rate", [0.5, [0.5, 0.5], (0.5, 0.5), np.full(2, 0.5), torch.full((2,), 0.5), lambda _: 0.5])
def test_a_rate_can_be_a_number_one_per_step_or_a_function(rate):
    params = parameters("w")
    optimizer = mindspore.SGD(params, learning_rate=rate)
    for _ in range(2):
        optimizer(ones(optimizer))
    np.testing.assert_array_equal(params[0].data, [2.0, 3.0])


def test_schedules_are_asked_with_the_global_step_from_zero():
    asked = {"rate": [], "decay": []}
    optimizer = mindspore.Momentum(
        parameters("w"),
        lambda step: asked["rate"].append(step) or 0.5,
        0.9,
        weight_decay=lambda step: asked["decay"].append(step) or 0.1,
    )
    for _ in range(3):
        optimizer(ones(optimizer))
    assert asked == {"rate": [0, 1, 2], "decay": [0, 1, 2]}


@pytest.mark.parametrize(("rate", "asked"), [(0.5, [0, 2, 4]), ([0.5] * 3, [0, 1, 2])])
def test_a_decay_that_changes_counts_twice_behind_lars_unless_the_rate_changes_too(rate, asked):
    found = []
    momentum = mindspore.Momentum(parameters("w"), rate, 0.9, weight_decay=lambda step: found.append(step) or 0.1)
    optimizer = mindspore.LARS(momentum)
    for _ in range(3):
        optimizer(ones(momentum))
    assert found == asked


def test_groups_have_their_own_numbers():
    first, second = parameters("first", "second")
    groups = [{"params": [second], "lr": 0.5, "weight_decay": 1.0}, {"params": (first,)}]
    optimizer = mindspore.SGD(groups, learning_rate=0.25)
    assert optimizer.parameters == (second, first)
    optimizer((np.zeros(2), np.ones(2)))
    np.testing.assert_array_equal(second.data, [1.5, 2.0])
    np.testing.assert_array_equal(first.data, [2.75, 3.75])
    ordered = mindspore.SGD([*groups, {"order_params": [first, second]}])
    assert ordered.parameters == (first, second)


def test_in_groups_names_do_not_decide_on_the_decay():
    for params, moved in ((parameters("gamma"), [3.0, 4.0]), ([{"params": parameters("gamma")}], [1.5, 2.0])):
        optimizer = mindspore.SGD(params, learning_rate=1.0, weight_decay=0.5)
        optimizer((np.zeros(2),))
        np.testing.assert_array_equal(optimizer.parameters[0].data, moved)


def test_a_wrapped_optimizer_has_neither_decay_nor_loss_scale():
    params = parameters("w")
    momentum = mindspore.Momentum(params, 1.0, 0.0, weight_decay=0.5, loss_scale=8.0)
    mindspore.LARS(momentum)
    momentum((np.ones(2),))
    np.testing.assert_array_equal(params[0].data, [2.0, 3.0])


def test_the_default_filter_and_another():
    names = ("fc.weight", "fc.bias", "LayerNorm.gamma", "bn.gamma")
    assert mindspore.LARS(mindspore.SGD(parameters(*names))).lars_flag == (True, False, False, True)
    of_names = mindspore.LARS(mindspore.SGD(parameters(*names)), lars_filter=lambda x: x.name == "fc.bias")
    assert of_names.lars_flag == (False, True, False, False)


def test_all_parameters_may_be_left_out():
    """The release cannot compile that."""
    params = parameters("bias")
    optimizer = mindspore.LARS(mindspore.SGD(params, learning_rate=1.0, weight_decay=0.5))
    optimizer((np.ones(2),))
    np.testing.assert_array_equal(params[0].data, [2.0, 3.0])


def test_without_momentum_there_is_no_velocity():
    optimizer = mindspore.SGD(parameters("w"), momentum=0.0, dampening=0.5)
    optimizer(ones(optimizer))
    np.testing.assert_array_equal(optimizer.accum[0], [0.0, 0.0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["Momentum", "SGD"])
def test_torch_and_numpy_agree_bit_for_bit(name, dtype):
    weight, grads = np.array([[3, -4], [0.5, 2]], dtype=dtype), np.array([[0.3, 0.4], [-1, 0.2]], dtype=dtype)
    ended = []
    for asarray in (np.array, lambda x: torch.tensor(x, requires_grad=True), array_api_strict.asarray):
        param = mindspore.Parameter(asarray(weight.copy()), name="w")
        optimizer = getattr(mindspore, name)([param], 0.1, 0.9, weight_decay=0.1, loss_scale=3.0)
        for _ in range(3):
            optimizer((asarray(grads.copy()),))
        ended.append(param.asnumpy().tobytes())
    assert len(set(ended)) == 1


def test_halves_are_rounded_once_a_step():
    param = mindspore.Parameter(np.array([300.0, 400.0], dtype=np.float16), name="w")
    optimizer = mindspore.LARS(mindspore.Momentum([param], 1.0, 0.9), coefficient=0.5)
    optimizer((np.array([3.0, 4.0], dtype=np.float16),))
    np.testing.assert_array_equal(param.data, np.array([150.0, 200.0], dtype=np.float16))


CONTINUE = """
import sys
from lbref.facades import checkpoint, mindspore

tree = checkpoint.load(sys.argv[1])
ended = {}
for name, saved in tree.items():
    params = [mindspore.Parameter(array, name=key) for key, array in saved["weights"].items()]
    settings = {"learning_rate": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "momentum": 0.9, "weight_decay": 0.05}
    optimizer = getattr(mindspore, name.removeprefix("LARS of "))(params, **settings)
    optimizer = mindspore.LARS(optimizer, coefficient=0.02) if name.startswith("LARS") else optimizer
    optimizer.load_state_dict(saved["optimizer"])
    for grads in saved["grads"]:
        optimizer(grads)
    ended[name] = {"weights": {param.name: param.data for param in params}, "optimizer": optimizer.state_dict()}
checkpoint.save(sys.argv[1], ended)
"""
SETTINGS = {"learning_rate": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "momentum": 0.9, "weight_decay": 0.05}


def test_a_new_process_continues_bit_for_bit(tmp_path):
    draw = np.random.default_rng(3)
    saved, expected = {}, {}
    for name in ("Momentum", "SGD", "LARS of Momentum", "LARS of SGD"):
        params = [mindspore.Parameter(draw.normal(size=shape), name=key) for key, shape in (("w", (3, 2)), ("b", (2,)))]
        optimizer = getattr(mindspore, name.removeprefix("LARS of "))(params, **SETTINGS)
        optimizer = mindspore.LARS(optimizer, coefficient=0.02) if name.startswith("LARS") else optimizer
        grads = [tuple(draw.normal(size=param.shape) for param in params) for _ in range(6)]
        for each in grads[:3]:
            optimizer(each)
        weights = {param.name: param.data.copy() for param in params}
        saved[name] = {"weights": weights, "optimizer": optimizer.state_dict(), "grads": grads[3:]}
        for each in grads[3:]:
            optimizer(each)
        weights = {param.name: param.data for param in params}
        expected[name] = {"weights": weights, "optimizer": optimizer.state_dict()}
    file = tmp_path / "run.npz"
    checkpoint.save(file, saved)
    subprocess.run([sys.executable, "-W", "error", "-c", CONTINUE, str(file)], check=True, cwd=ROOT)  # noqa: S603
    assert checkpoint.dumps(checkpoint.load(file)) == checkpoint.dumps(expected)


def test_a_state_goes_to_the_library_of_the_parameter():
    source, target = parameters("w")[0], mindspore.Parameter(torch.ones(2, dtype=torch.float64), name="w")
    optimizers = [mindspore.Momentum([param], 0.1, 0.9) for param in (source, target)]
    optimizers[0]((np.ones(2),))
    state = optimizers[0].state_dict()
    optimizers[0]((np.ones(2),))
    velocity = optimizers[1].moments[0]
    optimizers[1].load_state_dict(state)
    assert optimizers[1].moments[0] is velocity
    assert (velocity.tolist(), optimizers[1].global_step) == ([1.0, 1.0], 1)
