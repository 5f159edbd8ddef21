"""A state that does not fit MindSpore's LARS or what it wraps: a typed error, and no bit has changed."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from lbref import errors
from lbref.facades import mindspore


def made(name="Momentum", wrapped=False):
    """Return an optimizer in the middle of a run."""
    params = [mindspore.Parameter(np.ones(size), name=key) for key, size in (("w", 2), ("b", 1))]
    optimizer = getattr(mindspore, name)(params, 0.1, 0.9)
    optimizer = mindspore.LARS(optimizer) if wrapped else optimizer
    for _ in range(2):
        optimizer((np.ones(2), np.ones(1)))
    return optimizer


def snapshot(optimizer):
    state, inner = optimizer.state_dict(), getattr(optimizer, "opt", optimizer)
    arrays = [array.tobytes() for array in (*inner.velocities, *(param.data for param in inner.parameters))]
    return str(state), arrays, inner.global_step


def refused(optimizer, state, *words):
    before = snapshot(optimizer)
    with pytest.raises(errors.CheckpointError) as raised:
        optimizer.load_state_dict(state)
    assert [word for word in words if word not in str(raised.value)] == [], str(raised.value)
    assert snapshot(optimizer) == before


def moments(state, **arrays):
    return {**state, "moments": {**state["moments"], "w": np.full(2, 7.0), **arrays}}


BAD_STATES = {
    "no dict": (lambda _: 3, ("int",)),
    "a key missing": (lambda state: {key: state[key] for key in ("optimizer", "moments")}, ("global_step",)),
    "other parameters": (lambda state: {**state, "moments": {"w": np.ones(2)}}, ("moments", "'b'")),
    "count": (lambda state: {**moments(state), "global_step": -1}, ("global_step is -1", "integer >= 0")),
    "shape": (lambda state: moments(state, b=np.ones(2)), ("moments.b", "(2,)", "(1,)")),
    "dtype": (lambda state: moments(state, b=np.ones(1, dtype=np.float32)), ("moments.b", "float32", "float64")),
    "no array": (lambda state: moments(state, b=None), ("moments.b", "NoneType")),
    "no moments": (lambda state: {**state, "moments": 3}, ("moments", "int")),
}


@pytest.mark.parametrize("what", BAD_STATES)
def test_a_state_that_does_not_fit(what):
    change, words = BAD_STATES[what]
    optimizer = made()
    refused(optimizer, change(optimizer.state_dict()), "mindspore.Momentum.load_state_dict", *words)
    wrapper = made(wrapped=True)
    state = {**wrapper.state_dict(), "wrapped": change(wrapper.opt.state_dict())}
    refused(wrapper, state, "mindspore.Momentum.load_state_dict", *words)


@pytest.mark.parametrize(
    ("mine", "other", "words"),
    [
        (functools.partial(made, "Momentum"), functools.partial(made, "SGD"), ("'SGD'", "Momentum")),
        (functools.partial(made, "SGD"), functools.partial(made, "Momentum"), ("'Momentum'", "SGD")),
        (functools.partial(made, wrapped=True), made, ("'Momentum'", "LARS")),
        (made, functools.partial(made, wrapped=True), ("'LARS'", "Momentum")),
        (functools.partial(made, wrapped=True), functools.partial(made, "SGD", wrapped=True), ("'SGD'", "Momentum")),
    ],
)
def test_a_state_of_another_optimizer(mine, other, words):
    refused(mine(), other().state_dict(), "load_state_dict", *words)
