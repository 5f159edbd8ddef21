"""One call of an Updater is one step: if the last parameter is wrong, nothing has moved, been made or counted."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import numpy as np
import pytest

from lbref import errors
from lbref.facades import checkpoint, mxnet1, mxnet2

MAKERS = [
    (mxnet1, "SGD"),
    (mxnet1, "LARS"),
    (mxnet1, "LAMB"),
    (mxnet1, "LBSGD"),
    (mxnet1, "NAG"),
    (mxnet2, "SGD"),
    (mxnet2, "LAMB"),
]
EVERY = pytest.mark.parametrize(("release", "name"), MAKERS, ids=lambda value: getattr(value, "__name__", value))


def model(dtype=np.float32):
    return [np.arange(1, 4).astype(dtype) * (index + 1) for index in range(6)]


def updater(release, name, **settings):
    settings |= {} if name == "LAMB" else {"momentum": 0.9}
    scheduler = release.FactorScheduler(1, 0.5, base_lr=0.25)
    return release.get_updater(release.create(name, learning_rate=0.25, lr_scheduler=scheduler, **settings))


def everything(update, weights):
    optimizer = update.optimizer
    remembered = checkpoint.dumps({"own": optimizer.state_dict(), "states": update.states})
    return remembered, [weight.tobytes() for weight in weights], dict(update.states_synced)


@EVERY
@pytest.mark.parametrize("first", [True, False])
def test_a_bad_multiplier_of_the_last_parameter_leaves_all_as_they_were(release, name, first):
    multipliers = {index: SimpleNamespace(lr_mult=1.0, wd_mult=1.0) for index in range(6)}
    update, weights = updater(release, name, param_dict=multipliers), model()
    indices, grads = list(range(6)), [weight / 8 for weight in weights]
    if not first:
        update(indices, grads, weights)
    update.optimizer.param_dict[5].lr_mult = -1.0
    before = everything(update, weights)
    with pytest.raises(errors.HyperparameterError, match=r"param_dict\[5\]"):
        update(indices, grads, weights)
    assert everything(update, weights) == before
    update.optimizer.param_dict[5].lr_mult = 1.0
    update(indices, grads, weights)  # and it can go on
    assert everything(update, weights) != before


@EVERY
def test_a_bad_state_of_the_last_parameter_leaves_all_as_they_were(release, name):
    update, weights = updater(release, name), model()
    indices, grads = list(range(6)), [weight / 8 for weight in weights]
    update(indices, grads, weights)
    update.states[5] = np.zeros(2, np.float32)
    before = everything(update, weights)
    with pytest.raises(errors.LbrefError):
        update(indices, grads, weights)
    assert everything(update, weights) == before


@pytest.mark.parametrize(("release", "name"), [pair for pair in MAKERS if pair[1] not in {"LARS", "LBSGD"}])
def test_a_list_moves_as_one_parameter_after_the_other(release, name):
    """Writing late changes no number: each parameter with an optimizer of its own moves alike.

    Not LARS and LBSGD, whose momentum and schedule depend on the calls that were made before.
    """
    together, weights = updater(release, name), model()
    grads = [weight / 8 for weight in weights]
    alone = model()
    for _ in range(3):
        together(list(range(6)), grads, weights)
    for index, weight in enumerate(alone):
        single = updater(release, name)
        for _ in range(3):
            single(index, grads[index], weight)
    assert [weight.tobytes() for weight in weights] == [weight.tobytes() for weight in alone]


def test_halves_get_their_masters_rounded_also_when_it_is_late():
    update, weights = updater(mxnet1, "LBSGD", multi_precision=True), model(np.float16)
    for _ in range(2):
        update(list(range(6)), [weight / 8 for weight in model(np.float16)], weights)
    for index, weight in enumerate(weights):
        master, _ = update.states[index]
        assert weight.tobytes() == master.astype(np.float16).tobytes() != model(np.float16)[index].tobytes()


# --- what is loaded is looked at before any of it is taken over

JUNK = {
    "num_update": ["a", -3, 1.5, None],
    "lr": ["abc", -1.0, [1]],
    "lr_mult": [5, {0: -1.0}, {0: "x"}],
    "wd_mult": [None, {"a": float("nan")}],
    "current_context": [[1], "0", 7],
    "counts": [None, {0: {0: -1}}],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in JUNK.items() for value in values])
def test_junk_in_a_saved_optimizer_is_refused(name, value):
    update, weights = updater(mxnet1, "SGD"), model()
    update(0, weights[0] / 8, weights[0])
    junk = update.optimizer.state_dict() | {name: value}
    before = everything(update, weights)
    with pytest.raises(errors.CheckpointError):
        update.optimizer.load_state_dict(junk)
    assert everything(update, weights) == before


@pytest.mark.parametrize("value", ["x", {0: 1}, {0: {"cum_grad": 3, "num_cums": 1}}, {0: {"cum_grad": None}}])
def test_junk_for_the_sums_of_lbsgd_is_refused(value):
    optimizer = mxnet1.LBSGD()
    with pytest.raises(errors.CheckpointError, match="cumgrads"):
        optimizer.load_state_dict(optimizer.state_dict() | {"cumgrads": value})


@pytest.mark.parametrize("states", [5, {0: "x"}, {0: (1, 2)}])
def test_junk_for_states_is_refused_before_the_optimizer_is_loaded(states):
    update, weights = updater(mxnet1, "SGD"), model()
    before = everything(update, weights)
    saved = {"of": "mxnet1.SGD", "states": states, "optimizer": update.optimizer.state_dict() | {"num_update": 7}}
    with pytest.raises(errors.CheckpointError, match="states must be"):
        update.set_states(checkpoint.dumps(saved))
    assert everything(update, weights) == before


@pytest.mark.parametrize("other", [(mxnet1, "NAG"), (mxnet2, "SGD"), (mxnet1, "LAMB")])
def test_the_states_of_another_class_are_refused_with_and_without_its_counts(other):
    update, weights = updater(mxnet1, "SGD"), model()
    theirs = updater(*other)
    theirs(0, weights[0] / 8, weights[0])
    for dump_optimizer in (True, False):
        with pytest.raises(errors.CheckpointError, match=r"but must be of mxnet1\.SGD"):
            update.set_states(theirs.get_states(dump_optimizer))


def test_a_state_dict_does_not_share_memory_with_what_goes_on():
    update, weights = updater(mxnet1, "LBSGD", batch_scale=3), model()
    grad = weights[0] / 8
    update(0, grad, weights[0])
    saved = update.optimizer.state_dict()
    before = copy.deepcopy(saved["cumgrads"][0]["cum_grad"])
    grad[:] = 7  # the buffer that is held by reference
    np.testing.assert_array_equal(saved["cumgrads"][0]["cum_grad"], before)


def test_only_an_optimizer_can_have_an_updater():
    with pytest.raises(errors.UnknownOptimizerError, match="is no optimizer"):
        mxnet1.get_updater("sgd")
