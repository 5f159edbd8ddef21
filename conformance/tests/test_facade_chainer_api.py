"""Chainer's gradient methods and hooks have the manners of the release: what can be set, called, saved and loaded."""

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
from lbref.facades import chainer, checkpoint

ROOT = Path(lbref.__file__).parents[1]
OPTIMIZERS = ("SGD", "MomentumSGD", "CorrectedMomentumSGD", "NesterovAG", "Adam")


def test_the_examples_run():
    assert doctest.testmod(chainer).failed == 0


def test_names_and_defaults():
    hook, decay = chainer.GradientLARS(), chainer.WeightDecay(0.1)
    assert (hook.name, hook.timing, hook.call_for_each_param) == ("GradientLARS", "pre", True)
    assert (hook.threshold, hook.weight_decay, hook.eps) == (1e-2, 0.0, 1e-9)
    assert (decay.name, decay.timing, decay.call_for_each_param, decay.rate) == ("WeightDecay", "pre", True, 0.1)
    for optimizer in (chainer.MomentumSGD(), chainer.CorrectedMomentumSGD(), chainer.NesterovAG()):
        assert (optimizer.lr, optimizer.momentum, optimizer.t, optimizer.epoch) == (0.01, 0.9, 0, 0)
    adam = chainer.Adam()
    assert (adam.alpha, adam.beta1, adam.beta2) == (0.001, 0.9, 0.999)
    assert (adam.eps, adam.eta, adam.weight_decay_rate, chainer.SGD().lr) == (1e-8, 1.0, 0, 0.01)


def test_a_parameter():
    data = np.array([3.0, 4.0])
    param = chainer.Parameter(data, name="w")
    assert param.data is data
    assert param.array is data
    assert (param.name, param.grad, param.shape, param.dtype) == ("w", None, (2,), np.dtype("float64"))
    param.grad = grad = np.ones(2)
    assert param.grad is grad
    param.cleargrad()
    assert param.grad is None


class Link:
    """What Chainer's links look like to an optimizer."""

    def __init__(self, param):
        self.param = param

    def params(self):
        yield self.param


def test_what_can_be_set_up():
    param = chainer.Parameter(np.ones(2))
    link = Link(param)
    for target in ([param], (param,), {"w": param}, link):
        optimizer = chainer.SGD(lr=1.0)
        assert optimizer.setup(target) is optimizer
        assert list(optimizer.target.params()) == [param]
    assert optimizer.target is link
    optimizer.setup({"w": param})
    assert list(optimizer.target.namedparams()) == [("/w", param)]


def test_arrays_are_updated_in_place():
    data, grad = np.array([3.0, 4.0]), np.array([0.3, 0.4])
    param = chainer.Parameter(data)
    optimizer = chainer.MomentumSGD(lr=0.1).setup([param])
    optimizer.add_hook(chainer.GradientLARS(weight_decay=0.1))
    for _ in range(2):
        param.grad = grad
        optimizer.update()
        velocity = param.update_rule.state["v"]
        assert param.data is data
        assert param.grad is grad
    optimizer.update()
    assert param.update_rule.state["v"] is velocity
    assert data[0] != 3.0
    assert grad[0] != 0.3


def test_setting_up_again_begins_anew():
    param = chainer.Parameter(np.ones(2))
    optimizer = chainer.MomentumSGD().setup([param])
    optimizer.add_hook(chainer.WeightDecay(0.1))
    optimizer.update()
    optimizer.new_epoch()
    assert (optimizer.t, optimizer.epoch, param.update_rule.t) == (1, 1, 1)
    optimizer.setup([param])
    assert (optimizer.t, optimizer.epoch, param.update_rule.t, param.update_rule.state) == (0, 0, 0, None)
    optimizer.add_hook(chainer.WeightDecay(0.1))


def test_hooks_can_be_called_and_removed():
    param = chainer.Parameter(np.ones(2))
    optimizer = chainer.SGD(lr=1.0).setup([param])
    optimizer.add_hook(chainer.WeightDecay(0.5), name="decay")
    optimizer.call_hooks("post")
    assert param.grad is None
    optimizer.call_hooks("pre")
    np.testing.assert_array_equal(param.grad, [0.0, 0.0])  # a hook sees no gradient, and zeros come after it
    optimizer.call_hooks()
    np.testing.assert_array_equal(param.grad, [0.5, 0.5])
    optimizer.remove_hook("decay")
    optimizer.call_hooks()
    np.testing.assert_array_equal(param.grad, [0.5, 0.5])


def test_hooks_of_a_rule_come_after_those_of_the_optimizer():
    param, seen = chainer.Parameter(np.ones(2)), []
    optimizer = chainer.SGD().setup([param])
    param.update_rule.add_hook(lambda rule, _: seen.append(("rule", rule.t)), name="a")
    param.update_rule.add_hook(lambda rule, _: seen.append(("after", rule.t)), name="b", timing="post")
    optimizer.add_hook(lambda optimizer: seen.append(("optimizer", optimizer.t)), name="a")
    optimizer.add_hook(lambda optimizer: seen.append(("last", optimizer.t)), name="b", timing="post")
    optimizer.update()
    assert seen == [("optimizer", 0), ("rule", 1), ("after", 1), ("last", 1)]
    param.update_rule.remove_hook("a")
    param.update_rule.remove_hook("b")
    optimizer.update()
    assert len(seen) == 6


def test_an_unknown_timing_of_a_hook_is_taken_as_before_the_update():
    hook = chainer.WeightDecay(0.5)
    hook.timing = "sometime"
    param = chainer.Parameter(np.ones(2))
    optimizer = chainer.SGD(lr=1.0).setup([param])
    with pytest.warns(UserWarning, match="taken as 'pre'"):
        optimizer.add_hook(hook)
    param.grad = np.zeros(2)
    optimizer.update()
    np.testing.assert_array_equal(param.data, [0.5, 0.5])


def test_a_rule_can_have_its_own_numbers():
    params = [chainer.Parameter(np.zeros(1)), chainer.Parameter(np.zeros(1))]
    optimizer = chainer.SGD(lr=1.0).setup(params)
    params[0].update_rule.hyperparam.lr = 0.5
    assert params[0].update_rule.hyperparam.parent is optimizer.hyperparam
    assert params[0].update_rule.hyperparam.get_dict() == {"lr": 0.5}
    optimizer.lr = 2.0
    assert params[1].update_rule.hyperparam.lr == 2.0
    for param in params:
        param.grad = np.ones(1)
    optimizer.update()
    assert [float(param.data[0]) for param in params] == [-0.5, -2.0]


def test_a_rule_can_be_used_alone():
    param = chainer.Parameter(np.ones(2))
    chainer.SGD(lr=0.5).setup([param])
    param.grad = np.ones(2)
    param.update()
    np.testing.assert_array_equal(param.data, [0.5, 0.5])
    assert param.update_rule.t == 1


def test_adam_tells_its_rate():
    param = chainer.Parameter(np.ones(2))
    optimizer = chainer.Adam(alpha=0.5).setup([param])
    optimizer.update()
    rate = 0.5 * (1 - 0.999) ** 0.5 / (1 - 0.9)
    assert optimizer.alpha_t == param.update_rule.alpha_t == pytest.approx(rate, rel=1e-12)


def test_weight_decay_grows_with_the_loss_scale_of_chainers_own_parameters():
    param = chainer.Parameter(np.ones(2))
    param.grad = np.zeros(2)
    param._loss_scale = 8.0
    chainer.WeightDecay(0.5)(None, param)
    np.testing.assert_array_equal(param.grad, [4.0, 4.0])


def test_a_loss_function_fills_the_gradients():
    param = chainer.Parameter(np.ones(2))
    optimizer = chainer.SGD(lr=0.5).setup([param])

    def loss(factor, *, power):
        param.grad = factor * power * param.data
        return 0.0

    optimizer.update(loss, 0.5, power=2)
    np.testing.assert_array_equal(param.data, [0.5, 0.5])


def test_a_loss_with_backward_gets_cleared_gradients():
    tensor = torch.tensor([3.0, 4.0], requires_grad=True)
    param = chainer.Parameter(tensor)
    optimizer = chainer.SGD(lr=0.25).setup([param])
    param.grad = torch.full((2,), 100.0)
    optimizer.update(lambda factor: factor * (param.data**2).sum(), 0.5)
    assert tensor.tolist() == [2.25, 3.0]
    assert param.data is tensor
    assert param.grad is tensor.grad


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_torch_and_numpy_agree_bit_for_bit(optimizer, dtype):
    weight, grads = np.array([[3, -4], [0.5, 2]], dtype=dtype), np.array([[0.3, 0.4], [-1, 0.2]], dtype=dtype)
    ended = []
    for asarray in (np.array, lambda x: torch.tensor(x, requires_grad=True), array_api_strict.asarray):
        param = chainer.Parameter(asarray(weight.copy()))
        method = getattr(chainer, optimizer)().setup([param])
        method.add_hook(chainer.WeightDecay(0.1))  # no norm, whose sums every library takes in an order of its own
        for factor in (1, 2, 0.5):
            grad = asarray(grads * np.asarray(factor, dtype=dtype))
            param.grad = grad.detach() if hasattr(grad, "detach") else grad
            method.update()
        data = param.data.detach() if hasattr(param.data, "detach") else param.data
        ended.append(np.asarray(data).tobytes())
    assert len(set(ended)) == 1


CONTINUE = """
import sys
import numpy as np
from lbref.facades import chainer, checkpoint

tree = checkpoint.load(sys.argv[1])
ended = {}
for name, saved in tree.items():
    params = {key: chainer.Parameter(array) for key, array in saved["weights"].items()}
    optimizer = getattr(chainer, name)().setup(params)
    optimizer.add_hook(chainer.GradientLARS(weight_decay=0.05))
    optimizer.load_state_dict(saved["optimizer"])
    for grads in saved["grads"]:
        for key, param in params.items():
            param.grad = grads[key]
        optimizer.update()
    ended[name] = {"weights": {key: param.data for key, param in params.items()}, "optimizer": optimizer.state_dict()}
checkpoint.save(sys.argv[1], ended)
"""


def stepped(optimizer, params, grads):
    for key, param in params.items():
        param.grad = grads[key].copy()
    optimizer.update()


def test_a_new_process_continues_bit_for_bit(tmp_path):
    draw = np.random.default_rng(3)
    saved, expected = {}, {}
    for name in OPTIMIZERS:
        params = {key: chainer.Parameter(draw.normal(size=shape)) for key, shape in (("w", (3, 2)), ("b", (2,)))}
        optimizer = getattr(chainer, name)().setup(params)
        optimizer.add_hook(chainer.GradientLARS(weight_decay=0.05))
        setattr(optimizer, "alpha" if name == "Adam" else "lr", 0.125)
        setattr(params["b"].update_rule.hyperparam, "alpha" if name == "Adam" else "lr", 0.25)
        grads = [{key: draw.normal(size=param.shape) for key, param in params.items()} for _ in range(6)]
        for each in grads[:3]:
            stepped(optimizer, params, each)
        optimizer.new_epoch()
        weights = {key: param.data.copy() for key, param in params.items()}
        saved[name] = {"weights": weights, "optimizer": optimizer.state_dict(), "grads": grads[3:]}
        for each in grads[3:]:
            stepped(optimizer, params, each)
        weights = {key: param.data for key, param in params.items()}
        expected[name] = {"weights": weights, "optimizer": optimizer.state_dict()}
    file = tmp_path / "run.npz"
    checkpoint.save(file, saved)
    subprocess.run([sys.executable, "-W", "error", "-c", CONTINUE, str(file)], check=True, cwd=ROOT)  # noqa: S603
    assert checkpoint.dumps(checkpoint.load(file)) == checkpoint.dumps(expected)


def test_a_state_is_a_copy_and_goes_to_the_library_of_the_parameter():
    source, target = chainer.Parameter(np.ones(2)), chainer.Parameter(torch.ones(2, dtype=torch.float64))
    optimizers = [chainer.MomentumSGD().setup([param]) for param in (source, target)]
    source.grad = np.ones(2)
    optimizers[0].update()
    state = optimizers[0].state_dict()
    source.grad = np.ones(2)
    optimizers[0].update()
    optimizers[1].load_state_dict(state)
    velocity = target.update_rule.state["v"]
    assert isinstance(velocity, torch.Tensor)
    assert velocity.tolist() == [-0.01, -0.01]
    assert (optimizers[1].t, target.update_rule.t) == (1, 1)


def test_a_state_that_was_loaded_is_not_shared():
    params = [chainer.Parameter(np.ones(2)) for _ in range(3)]
    optimizers = [chainer.MomentumSGD().setup([param]) for param in params]
    optimizers[0].update()
    state = optimizers[0].state_dict()
    for optimizer in optimizers[1:]:
        optimizer.load_state_dict(state)
    params[1].grad = np.ones(2)
    optimizers[1].update()
    for velocity in (state["rules"]["/0"]["state"]["v"], params[2].update_rule.state["v"]):
        np.testing.assert_array_equal(velocity, [0.0, 0.0])
