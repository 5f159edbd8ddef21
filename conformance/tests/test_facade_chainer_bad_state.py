"""A state that does not fit one of Chainer's gradient methods: a typed error, and no bit has changed."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from lbref import errors
from lbref.facades import chainer

FINITE = "finite number >= 0"


def bits(thing):
    if isinstance(thing, dict):
        return {key: bits(value) for key, value in thing.items()}
    return (str(thing.dtype), thing.shape, thing.tobytes()) if isinstance(thing, np.ndarray) else thing


def snapshot(optimizer):
    """Return all that an optimizer and its parameters remember."""
    params = [(id(param.grad), bits(param.grad), bits(param.data)) for param in optimizer.target.params()]
    return bits(optimizer.state_dict()), params


def refused(optimizer, function, error, *words):
    before = snapshot(optimizer)
    with pytest.raises(errors.LbrefError) as raised:
        function()
    said = str(raised.value)
    assert (type(raised.value), [word for word in words if word not in said]) == (error, []), said
    assert snapshot(optimizer) == before


@pytest.fixture
def optimizer():
    """Return an optimizer in the middle of a run."""
    params = {"w": chainer.Parameter(np.array([3.0, 4.0]), name="w"), "b": chainer.Parameter(np.array([1.0]), name="b")}
    method = chainer.MomentumSGD(lr=0.1).setup(params)
    for _ in range(2):
        for param in params.values():
            param.grad = np.ones(param.shape)
        method.update()
    return method


def changed(state, *path, to):
    """Return a state with one thing in it replaced."""
    first, *rest = path
    return {**state, first: changed(state[first], *rest, to=to) if rest else to}


BAD_STATES = {
    "no dict": (lambda _: [1], ("list",)),
    "another optimizer": (lambda state: {**state, "optimizer": "SGD"}, ("'SGD'", "MomentumSGD")),
    "a key missing": (lambda state: {key: state[key] for key in ("optimizer", "t")}, ("epoch", "hyperparam")),
    "other parameters": (lambda state: {**state, "rules": {"/w": state["rules"]["/w"]}}, ("/b", "/w")),
    "count": (lambda state: {**state, "t": -1}, ("t is -1", "integer >= 0")),
    "flag for a count": (lambda state: {**state, "epoch": True}, ("epoch is True",)),
    "count of a rule": (lambda state: changed(state, "rules", "/b", "t", to=0.5), ("t of /b", "0.5")),
    "keys of a rule": (lambda state: changed(state, "rules", "/b", to={}), ("/b", "enabled")),
    "state of another rule": (lambda state: changed(state, "rules", "/b", "state", to={"m": np.ones(1)}), ("['v']",)),
    "shape": (lambda state: changed(state, "rules", "/b", "state", "v", to=np.ones(2)), ("v of /b", "(2,)", "(1,)")),
    "dtype": (
        lambda state: changed(state, "rules", "/b", "state", "v", to=np.ones(1, dtype=np.float32)),
        ("v of /b", "float32", "float64"),
    ),
    "no array": (lambda state: changed(state, "rules", "/b", "state", "v", to=[1.0]), ("v of /b", "list")),
    "numbers missing": (lambda state: {**state, "hyperparam": {"lr": 0.1}}, ("hyperparam", "momentum")),
    "no numbers": (lambda state: {**state, "hyperparam": 3}, ("hyperparam", "int")),
}


@pytest.mark.parametrize("what", BAD_STATES)
def test_a_state_that_does_not_fit(optimizer, what):
    change, words = BAD_STATES[what]
    state = change(changed(optimizer.state_dict(), "rules", "/w", "state", "v", to=np.full(2, 7.0)))
    load = functools.partial(optimizer.load_state_dict, state)
    refused(optimizer, load, errors.CheckpointError, "MomentumSGD.load_state_dict", *words)


@pytest.mark.parametrize("path", [("hyperparam", "lr"), ("rules", "/b", "hyperparam", "lr")])
def test_a_state_with_a_number_out_of_range(optimizer, path):
    state = changed(optimizer.state_dict(), *path, to=-1.0)
    refused(optimizer, lambda: optimizer.load_state_dict(state), errors.HyperparameterError, "lr", FINITE)


def test_a_state_of_another_optimizer(optimizer):
    other = chainer.Adam().setup(optimizer.target)
    state = other.state_dict()
    optimizer.setup(optimizer.target)
    refused(optimizer, lambda: optimizer.load_state_dict(state), errors.CheckpointError, "'Adam'", "MomentumSGD")
