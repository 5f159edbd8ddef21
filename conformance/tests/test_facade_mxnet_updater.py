"""What the facades of MXNet count, and how lists and `Updater` bring several parameters into one call."""

from __future__ import annotations

import array_api_strict
import numpy as np
import pytest

from lbref.facades import mxnet1, mxnet2

RELEASES = pytest.mark.parametrize("release", [mxnet1, mxnet2], ids=["mxnet1", "mxnet2"])
OPTIMIZERS = [(mxnet1, name) for name in ("SGD", "NAG", "LARS", "LAMB", "LBSGD")] + [
    (mxnet2, name) for name in ("SGD", "NAG", "LARS", "LAMB", "LANS")
]
EVERY_OPTIMIZER = pytest.mark.parametrize(("release", "name"), OPTIMIZERS)


def array(*values, dtype=np.float32):
    return np.asarray(values, dtype)


def call(optimizer, index, weight, grad, state):
    """Update one parameter, as each release takes it."""
    arguments = (index, weight, grad, state)
    optimizer.update_multi_precision(*([x] for x in arguments) if optimizer.takes_lists_only else arguments)


@EVERY_OPTIMIZER
def test_counts_begin_where_they_are_told_to(release, name):
    optimizer = getattr(release, name)(learning_rate=0.25, begin_num_update=7)
    assert optimizer.num_update == 7
    weights = [array(3.0, 4.0), array(1.0)]
    states = [optimizer.create_state(index, weight) for index, weight in enumerate(weights)]
    for index in (0, 0, 1):
        call(optimizer, index, weights[index], np.ones_like(weights[index]), states[index])
    assert (optimizer.num_update, optimizer._index_update_count) == (9, {0: 9, 1: 8})


@pytest.mark.parametrize(("release", "name"), [(mxnet1, "LAMB"), (mxnet2, "LAMB"), (mxnet2, "LANS")])
def test_the_correction_of_the_bias_counts_from_there_too(release, name):
    moved = []
    for begin in (0, 7):
        optimizer = getattr(release, name)(learning_rate=0.25, wd=0.5, begin_num_update=begin)
        weight = array(3.0, 4.0)
        call(optimizer, 0, weight, array(0.5, -0.25), optimizer.create_state(0, weight))
        moved.append(weight.tolist())
    assert moved[0] != moved[1]


@RELEASES
def test_every_device_has_its_own_counts_whichever_updater_it_comes_through(release):
    optimizer = release.LAMB(learning_rate=0.25, aggregate_num=4)
    updaters = [release.get_updater(optimizer), release.get_updater(optimizer)]
    for _ in range(3):
        for updater, place in zip(updaters, ("CPU_DEVICE", "device1"), strict=True):
            device = array_api_strict.Device(place)
            weight, grad = (array_api_strict.asarray([1.0, 2.0], device=device) for _ in range(2))
            updater([0], [grad], [weight])
    assert optimizer._all_index_update_counts == {0: {0: 3}, 1: {0: 3}}
    assert optimizer.num_update == 3


def test_two_point_zero_has_its_own_name_for_the_device():
    optimizer = mxnet2.SGD()
    optimizer._set_current_device(1)
    optimizer._update_count([0, 0])
    assert optimizer._all_index_update_counts == {0: {}, 1: {0: 2}}


@RELEASES
def test_a_scheduler_is_asked_once_per_call(release):
    asked = []
    optimizer = release.LARS(learning_rate=None, lr_scheduler=lambda count: asked.append(count) or 0.5)
    for _ in range(3):
        call(optimizer, 0, array(3.0), array(1.0), None)
    assert asked == [1, 2, 3]


# --- one call for many, and Updater


@pytest.mark.parametrize("name", ["SGD", "LARS", "LAMB"])
def test_a_list_is_as_good_as_one_call_each(name):
    settings = {"momentum_correction": False} if name == "LARS" else {}
    moved = []
    for in_list in (True, False):
        optimizer = getattr(mxnet1, name)(learning_rate=0.25, wd=0.5, **settings)
        weights, grads = [array(3.0, 4.0), array(1.0)], [array(0.5, -0.5), array(2.0)]
        states = [optimizer.create_state(index, weight) for index, weight in enumerate(weights)]
        calls = [([0, 1], weights, grads, states)] if in_list else zip((0, 1), weights, grads, states, strict=True)
        for arguments in calls:
            optimizer.update(*arguments)
        moved.append([weight.tolist() for weight in weights])
    assert moved[0] == moved[1]


GROUPS = [
    (mxnet1, "SGD", None, [[0, 2, 4, 6], [8], [1, 3, 5, 7]]),
    (mxnet1, "LARS", 2, [[0, 2], [4, 6], [8], [1, 3], [5, 7]]),
    (mxnet1, "LAMB", None, [[0, 2, 4, 6, 8], [1, 3, 5, 7]]),
    (mxnet1, "LAMB", 0, [[0], [2], [4], [6], [8], [1], [3], [5], [7]]),  # LAMB raises it to 1
    (mxnet1, "SGD", 0, list(range(9))),
    (mxnet1, "NAG", None, list(range(9))),
    (mxnet1, "LBSGD", None, list(range(9))),
    (mxnet2, "SGD", None, [[index] for index in range(9)]),
    (mxnet2, "NAG", 3, [[0, 2, 4], [6, 8], [1, 3, 5], [7]]),
    (mxnet2, "LARS", float("inf"), [[0, 2, 4, 6, 8], [1, 3, 5, 7]]),
    (mxnet2, "LANS", 4, [[0, 2, 4, 6], [8], [1, 3, 5, 7]]),
    (mxnet2, "LAMB", 1, [[index] for index in range(9)]),
]


def calls_of(updater, monkeypatch):
    """Return a list to which the index of every call of the optimizer is added."""
    calls, update = [], updater.optimizer.update_multi_precision
    monkeypatch.setattr(
        updater.optimizer, "update_multi_precision", lambda index, *rest: [calls.append(index), update(index, *rest)]
    )
    return calls


@pytest.mark.parametrize(("release", "name", "size", "expected"), GROUPS)
def test_an_updater_groups_by_dtype_and_aggregate_num(monkeypatch, release, name, size, expected):
    """Of nine parameters every second is float64."""
    updater = release.get_updater(getattr(release, name)(learning_rate=0.25, aggregate_num=size))
    calls = calls_of(updater, monkeypatch)
    weights = [array(float(index), dtype=(np.float32, np.float64)[index % 2]) for index in range(9)]
    updater(list(range(9)), [np.ones_like(weight) for weight in weights], weights)
    assert calls == expected
    assert list(updater.states) == list(range(9))


@pytest.mark.parametrize(("size", "sgd", "lars", "lamb"), [("0", 0, 0, 1), ("7", 7, 7, 7), ("99", 99, 99, 45)])
def test_the_environment_says_how_many_go_together_in_1_9_1(monkeypatch, size, sgd, lars, lamb):
    monkeypatch.setenv("MXNET_OPTIMIZER_AGGREGATION_SIZE", size)
    found = {name: getattr(mxnet1, name)().aggregate_num for name in ("SGD", "LARS", "LAMB", "NAG", "LBSGD")}
    assert found == {"SGD": sgd, "LARS": lars, "LAMB": lamb, "NAG": 0, "LBSGD": 0}
    assert (mxnet2.SGD().aggregate_num, mxnet1.SGD(aggregate_num=3).aggregate_num) == (1, 3)


@EVERY_OPTIMIZER
def test_an_updater_without_parameters_does_nothing(release, name):
    updater = release.get_updater(getattr(release, name)())
    updater([], [], [])
    assert (updater.states, updater.optimizer.num_update) == ({}, 0)
