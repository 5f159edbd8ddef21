"""Chainer's gradient methods and hooks follow the real package through what was recorded of it, step by step."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import chainer_driver as driver
import nearness
import numpy as np
import pytest
from arrays import decoded

from lbref.facades import chainer

PEERS = Path(__file__).parents[1] / "peers"

RECORDED = json.loads((PEERS / "recorded" / "chainer-7.8.1.json").read_text(encoding="utf-8"))["cases"]
OVERFLOW = "momentum-sgd/lars-float16-overflow"
FOLLOWED = [name for name in driver.CASES if name != OVERFLOW]

# Roundings on both sides together: an operation rounds once, and its operands carry those of the operations before.
OPERATIONS = {"SGD": 2, "MomentumSGD": 4, "CorrectedMomentumSGD": 4, "NesterovAG": 6, "Adam": 8}
OF_HOOKS = 4
WEIGHT_ROUNDINGS = {"NesterovAG": 3, "Adam": 5}  # Chainer adds to the weight twice, or multiplies it; else 1 + 1


def recorded_params(step):
    """Return the recorded arrays by parameter: data, grad and the state's."""
    return {
        name: (
            decoded(found["data"]),
            decoded(found["grad"]),
            {key: decoded(array) for key, array in found["state"].items()},
        )
        for name, found in step["params"].items()
    }


def unit_of_state(optimizer, rule):
    """Return how far a state of 1 moves the weight, or 0 where the state says nothing of that."""
    units = {"MomentumSGD": 1.0, "NesterovAG": 1.0, "CorrectedMomentumSGD": getattr(rule.hyperparam, "lr", 0.0)}
    return units.get(type(optimizer).__name__, 0.0)


def excesses(optimizer, param, expected, before, operations):
    """Return for each array of a parameter how far it is from the record, in allowed distances."""
    data, grad, state = expected
    old_data, old_state = before
    unit, live = unit_of_state(optimizer, param.update_rule), param.update_rule.state
    change = data.astype(np.float64) - old_data.astype(np.float64)
    scale = max(nearness.largest(change), unit * nearness.largest(*state.values(), *old_state.values()))
    roundings = WEIGHT_ROUNDINGS.get(type(optimizer).__name__, 2)
    return {
        "data": nearness.excess(param.data, data, scale=scale, operations=operations, roundings=roundings),
        "grad": nearness.excess(param.grad, grad, scale=nearness.largest(grad), operations=operations),
        **{
            key: nearness.excess(
                live[key],
                state[key],
                scale=nearness.largest(state[key], old_state.get(key, 0.0)),
                operations=operations,
            )
            for key in state
        },
    }


def follow(name, module):
    """Yield the excesses of every step of a case, each step from the recorded values of the one before."""
    case, steps = driver.CASES[name], RECORDED[name]["steps"]
    operations = OPERATIONS[case["optimizer"]] + OF_HOOKS * len(case["hooks"])
    before = {key: (weight, {}) for key, weight in driver.drawn(case)[0].items()}
    for (optimizer, params), step in zip(driver.walk(module, case), steps, strict=True):
        assert optimizer.t == step["t"]
        for key, expected in recorded_params(step).items():
            param = params[key]
            assert param.update_rule.t == step["params"][key]["t"]
            yield excesses(optimizer, param, expected, before[key], operations)
            data, grad, state = expected
            nearness.overwrite((param.data, param.grad), (data, grad))
            nearness.overwrite((param.update_rule.state[key] for key in state), state.values())
            before[key] = data, state


def test_every_case_is_recorded():
    assert set(RECORDED) == {*driver.CASES, *(f"hook-of-lbref/{name}" for name in driver.WITH_HOOK_OF_LBREF)}


@pytest.mark.parametrize("name", FOLLOWED)
def test_every_step_is_that_of_the_release(name):
    found = list(follow(name, chainer))
    assert max(worst for each in found for worst in each.values()) <= 1, found


def test_a_step_a_little_wrong_is_found(monkeypatch):
    exact = chainer.optimizers.MomentumSGDRule.hyperparameters

    def almost(rule):
        given = exact(rule)
        return given | {"learning_rate": given["learning_rate"] * (1 + 2e-6)}

    monkeypatch.setattr(chainer.optimizers.MomentumSGDRule, "hyperparameters", almost)
    assert max(worst for each in follow("momentum-sgd/lars", chainer) for worst in each.values()) > 1


def test_the_recording_has_the_figures_of_the_fact_sheet():
    weight = recorded_params(RECORDED["momentum-sgd/lars"]["steps"][-1])["weight"][0]
    np.testing.assert_allclose(weight[0], [1.312593, 0.601219, -0.958640], atol=1e-6)
    np.testing.assert_allclose(weight.sum(), 1.502189, atol=1e-6)


@pytest.mark.parametrize("name", driver.WITH_HOOK_OF_LBREF)
def test_the_hook_works_in_chainer_itself(name):
    """Two runs of the release, with its own hook and with lbref's: the steps are not judged alone, so errors add up."""
    with_own, with_lbref = RECORDED[name]["steps"], RECORDED[f"hook-of-lbref/{name}"]["steps"]
    assert RECORDED[f"hook-of-lbref/{name}"]["made_with"]["hooks"] == "lbref"
    for count, (own, other) in enumerate(zip(with_own, with_lbref, strict=True), start=1):
        for key, (data, grad, _) in recorded_params(own).items():
            got_data, got_grad, _ = recorded_params(other)[key]
            operations = 8 * count
            assert nearness.excess(got_data, data, scale=nearness.largest(data), operations=operations) <= 1
            assert nearness.excess(got_grad, grad, scale=nearness.largest(grad), operations=operations) <= 1


class Variable:
    """Like a parameter of Chainer itself, as far as its own hook looks at one."""

    _loss_scale = None
    device = SimpleNamespace(xp=np)

    def __init__(self, data, grad):
        self._data, self._grad = [np.asarray(data, np.float32)], np.asarray(grad, np.float32)

    @property
    def data(self):
        return self._data[0]

    @property
    def grad(self):
        return self._grad


Variable.__module__, Variable.__qualname__ = "chainer.variable", "Parameter"


@pytest.mark.parametrize(
    ("weight", "grad", "settings", "changed"),
    [
        ((3, 4), (0.3, 0.4), {}, (3, 4)),  # facts, section 2.3: SGD with rate 1 then moves the weight by as much
        ((3, 4), (0.3, 0.4), {"weight_decay": 0.1}, (3, 4)),
        ((0.003, 0.004), (0.3, 0.4), {"weight_decay": 0.1}, (0.3003, 0.4004)),
        ((0, 0), (3, 4), {}, (3, 4)),
        ((3, 4), (0, 0), {"weight_decay": 0.1}, (3, 4)),
        ((3, 4), (3e-10, 4e-10), {}, (1, 4 / 3)),  # E14
    ],
)
def test_the_hook_of_today_does_so_to_what_is_like_a_parameter_of_chainer(weight, grad, settings, changed):
    param = Variable(weight, grad)
    where_it_was = param.grad
    chainer.GradientLARS(**settings)(None, param)
    assert param.grad is where_it_was
    np.testing.assert_allclose(param.grad, np.float32(changed), rtol=1e-6)


def test_norms_of_halves_overflow_in_the_release_only():
    data = recorded_params(RECORDED[OVERFLOW]["steps"][0])["weight"][0]
    assert not np.isfinite(data).any()
    for _, params in driver.walk(chainer, driver.CASES[OVERFLOW]):
        assert all(np.isfinite(param.data).all() for param in params.values())


# --- single figures of the release -----------------------------------------------------------------------------------


def one_step(optimizer, weight, grad, *hooks):
    param = chainer.Parameter(np.array(weight, dtype=float))
    optimizer.setup([param])
    for hook in hooks:
        optimizer.add_hook(hook)
    param.grad = np.array(grad, dtype=float)
    optimizer.update()
    return param


LARS, DECAY = chainer.GradientLARS, chainer.WeightDecay


@pytest.mark.parametrize(
    ("weight", "grad", "hooks", "moved"),
    [
        ((3, 4), (0.3, 0.4), [LARS()], (0, 0)),
        ((0.003, 0.004), (0.3, 0.4), [LARS(weight_decay=0.1)], (-0.2973, -0.3964)),
        ((0, 0), (3, 4), [LARS()], (-3, -4)),
        ((3, 4), (0, 0), [LARS(weight_decay=0.1)], (0, 0)),
        ((3, 4), (0, 0), [LARS()], (3, 4)),
        ((3, 4), (0.3, 0.4), [DECAY(0.1), LARS()], (0, 0)),
        ((3, 4), (0.3, 0.4), [LARS(), DECAY(0.1)], (-0.3, -0.4)),
        ((3, 4), (3e-10, 4e-10), [LARS()], (2, 8 / 3)),
    ],
)
def test_sgd_behind_hooks(weight, grad, hooks, moved):
    param = one_step(chainer.SGD(lr=1.0), weight, grad, *hooks)
    np.testing.assert_allclose(param.data, moved, atol=1e-7)


def test_the_threshold_itself_is_not_scaled():
    param = one_step(chainer.SGD(lr=1.0), (3, 4), (0.3, 0.4), LARS(threshold=5.0))
    np.testing.assert_allclose(param.data, (2.7, 3.6))


def test_nesterov_has_the_new_velocity():
    param = one_step(chainer.NesterovAG(lr=0.1), (1, -2, 3), (0.5, 0.25, -1))
    np.testing.assert_allclose(param.data, (0.8645, -2.06775, 3.271))


def test_adam_without_rate_still_decays():
    param = one_step(chainer.Adam(alpha=0.0, eta=0.5, weight_decay_rate=0.25), (4, 8), (1, 1))
    np.testing.assert_array_equal(param.data, (3.5, 7))
