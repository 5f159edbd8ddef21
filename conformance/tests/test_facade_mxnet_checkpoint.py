"""A checkpoint of MXNet's facades, taken in the middle of a run and loaded in a new process, continues bit for bit.

Run by path, this file is that process: it continues every checkpoint in the folder that it is given.
"""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lbref import errors
from lbref.facades import checkpoint, mxnet1, mxnet2

STEPS = 9  # in all
NAMES = {0: "fc_weight", 1: "fc_bias"}
SHAPES = ((3, 2), (2,))
HALF = {"multi_precision": True}
LBSGD = {"momentum": 0.9, "batch_scale": 3, "warmup_epochs": 2, "updates_per_epoch": 3}
CORRECTED = {"momentum": 0.9, "eta": 0.5}


def factor():
    return mxnet1.FactorScheduler(2, 0.5, base_lr=0.25, warmup_steps=3)


def multi_factor():
    return mxnet1.MultiFactorScheduler([2, 4, 7], 0.5, base_lr=0.25)


def poly():
    return mxnet1.PolyScheduler(6, base_lr=0.25, pwr=2, final_lr=0.125)


def cosine():
    return mxnet1.CosineScheduler(8, base_lr=0.25, warmup_steps=2)


def no_scheduler():
    return None


# name -> the class, its settings, its scheduler, and after how many steps it is saved
CASES: dict[str, tuple[Any, dict[str, Any], Any, int]] = {
    "lbsgd-first-held": (mxnet1.LBSGD, LBSGD, no_scheduler, 1),
    "lbsgd-one-waits": (mxnet1.LBSGD, LBSGD, factor, 4),
    "lbsgd-two-wait": (mxnet1.LBSGD, LBSGD | {"warmup_strategy": "lars"}, multi_factor, 5),
    "lbsgd-complete": (mxnet1.LBSGD, LBSGD | {"begin_epoch": 1, "updates_per_epoch": 4}, cosine, 6),
    "lbsgd-first-held-half": (mxnet1.LBSGD, LBSGD | HALF, no_scheduler, 1),
    "lbsgd-half": (mxnet1.LBSGD, LBSGD | HALF, poly, 5),
    "sgd": (mxnet1.SGD, {"momentum": 0.9}, multi_factor, 5),
    "sgd-half": (mxnet1.SGD, {"momentum": 0.9} | HALF, factor, 4),
    "nag": (mxnet1.NAG, {"momentum": 0.9}, factor, 6),
    "lars-corrected": (mxnet1.LARS, CORRECTED, multi_factor, 4),
    "lars-corrected-half": (mxnet1.LARS, CORRECTED | HALF, poly, 5),
    "lamb": (mxnet1.LAMB, {}, cosine, 4),
    "lamb-half": (mxnet1.LAMB, HALF, poly, 7),
    "lamb-2": (mxnet2.LAMB, {}, factor, 4),
    "lamb-2-twice": (mxnet2.LAMB, {"aggregate_num": 1}, multi_factor, 3),
    "lamb-2-step": (mxnet2.LAMB, {"use_fused_step": False}, no_scheduler, 4),
    "lans-2-half": (mxnet2.LANS, HALF, poly, 5),
    "nag-2": (mxnet2.NAG, {}, cosine, 4),
    "lars-2-half": (mxnet2.LARS, CORRECTED | HALF, factor, 4),
    "sgd-2-no-momentum": (mxnet2.SGD, {}, multi_factor, 3),
}
LIBRARIES = {"numpy": np.asarray, "torch": torch.from_numpy}
WAYS = ("updater", "state_dict")


def optimizer_of(name):
    make, settings, scheduler, _ = CASES[name]
    common = {"learning_rate": None, "wd": 0.125, "clip_gradient": 0.75, "param_idx2name": NAMES}
    optimizer = make(**common, **settings, lr_scheduler=scheduler())
    optimizer.set_lr_mult({"fc_bias": 2.0})
    return optimizer


def drawn(name, step):
    """Return one array per parameter: the weights for step 0, the gradients of a step from 1."""
    draw = np.random.RandomState(step)
    dtype = np.float16 if "half" in name else np.float32
    return [np.asarray(draw.uniform(-1, 1, shape), dtype) for shape in SHAPES]


def started(name, library):
    weights = [LIBRARIES[library](array) for array in drawn(name, 0)]
    return mxnet1.get_updater(optimizer_of(name)), weights


def advance(name, library, updater, weights, steps):
    for step in steps:
        updater([0, 1], [LIBRARIES[library](array) for array in drawn(name, step)], weights)


def outcome(updater, weights):
    return {"weights": weights, "states": updater.states, "optimizer": updater.optimizer.state_dict()}


def save(folder, name, library):
    """Save a run in both ways, and let it go on: return how it ends."""
    updater, weights = started(name, library)
    until = CASES[name][3]
    advance(name, library, updater, weights, range(1, until + 1))
    file = f"{name}.{library}"
    (folder / f"{file}.updater").write_bytes(updater.get_states(dump_optimizer=True))
    checkpoint.save(folder / f"{file}.weights", weights)
    checkpoint.save(folder / f"{file}.state_dict", outcome(updater, weights))
    advance(name, library, updater, weights, range(until + 1, STEPS + 1))
    return outcome(updater, weights)


def resumed(folder, name, library, way):
    """Return an updater and weights as a new process makes them from the files."""
    updater, asarray = mxnet1.get_updater(optimizer_of(name)), LIBRARIES[library]
    file = f"{name}.{library}"
    if way == "updater":
        updater.set_states((folder / f"{file}.updater").read_bytes())
        return updater, checkpoint.load(folder / f"{file}.weights", asarray)
    tree = checkpoint.load(folder / f"{file}.state_dict", asarray)
    updater.optimizer.load_state_dict(tree["optimizer"])
    updater.states, updater.states_synced = tree["states"], dict.fromkeys(tree["states"], True)
    return updater, tree["weights"]


def continue_all(folder):
    """Do what the new process does."""
    for name in CASES:
        for library in LIBRARIES:
            for way in WAYS:
                updater, weights = resumed(folder, name, library, way)
                advance(name, library, updater, weights, range(CASES[name][3] + 1, STEPS + 1))
                checkpoint.save(folder / f"{name}.{library}.{way}.end", outcome(updater, weights))


def leaves(tree, path=""):
    """Return what stands in a tree by its path, arrays as their dtype, shape and bytes."""
    if isinstance(tree, dict | list | tuple):
        pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)
        return {
            f"{path}({type(tree).__name__})": len(tree),
            **{at: leaf for key, part in pairs for at, leaf in leaves(part, f"{path}[{key!r}]").items()},
        }
    if hasattr(tree, "dtype"):
        values = np.asarray(tree)
        return {path: (str(values.dtype), values.shape, values.tobytes())}
    return {path: repr(tree)}


@pytest.fixture(scope="module")
def ends(tmp_path_factory):
    """Return the folder in which another process has continued every run, and how the runs ended in this one."""
    folder = tmp_path_factory.mktemp("checkpoints")
    expected = {(name, library): leaves(save(folder, name, library)) for name in CASES for library in LIBRARIES}
    subprocess.run([sys.executable, __file__, str(folder)], check=True, timeout=120)  # noqa: S603  this file
    return folder, expected


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", CASES)
def test_a_new_process_continues_bit_for_bit(ends, name, library, way):
    folder, expected = ends
    assert leaves(checkpoint.load(folder / f"{name}.{library}.{way}.end")) == expected[name, library]


@pytest.mark.parametrize("name", CASES)
def test_the_case_is_one_in_which_what_is_remembered_matters(name):
    """A run whose second half starts afresh ends elsewhere."""
    updater, weights = started(name, "numpy")
    until = CASES[name][3]
    advance(name, "numpy", updater, weights, range(1, until + 1))
    afresh = [weight.copy() for weight in weights]
    advance(name, "numpy", updater, weights, range(until + 1, STEPS + 1))
    advance(name, "numpy", mxnet1.get_updater(optimizer_of(name)), afresh, range(until + 1, STEPS + 1))
    assert leaves(afresh) != leaves(weights)


@pytest.mark.parametrize("name", CASES)
def test_a_checkpoint_holds_no_pickle(ends, name):
    folder, _ = ends
    for kind in ("updater", "state_dict"):
        data = (folder / f"{name}.numpy.{kind}").read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            assert not any(array.dtype.hasobject for array in dict(stored).values())


def test_arrays_go_to_the_library_of_their_weight_at_the_next_call(ends):
    folder, expected = ends
    for name in ("nag", "lbsgd-first-held", "lars-corrected-half"):
        updater, weights = resumed(folder, name, "numpy", "updater")
        weights = [torch.from_numpy(weight) for weight in weights]
        advance(name, "torch", updater, weights, range(CASES[name][3] + 1, STEPS + 1))
        assert leaves(outcome(updater, weights)) == expected[name, "torch"]


@pytest.mark.parametrize("release", [mxnet1, mxnet2])
def test_without_the_optimizer_the_count_begins_again(release):
    settings = {"learning_rate": 0.25, "wd": 0.125}
    updater, weight = release.get_updater(release.LAMB(**settings)), np.ones(2, np.float32)
    for _ in range(3):
        updater([0], [np.asarray((1.0, 2.0), np.float32)], [weight])
    loaded, other = release.get_updater(release.LAMB(**settings)), weight.copy()
    loaded.set_states(updater.get_states())
    assert loaded.optimizer.num_update == 0
    by_hand = release.LAMB(**settings)
    state, beside = tuple(moment.copy() for moment in updater.states[0]), weight.copy()
    grad = np.asarray((-1.0, 2.0), np.float32)
    loaded([0], [grad], [other])
    by_hand.update([0], [beside], [grad], [state])
    updater([0], [grad], [weight])
    assert leaves([other, loaded.states[0]]) == leaves([beside, state])
    assert leaves(other) != leaves(weight)


def test_a_device_continues_its_own_counts():
    optimizer = mxnet1.LAMB()
    optimizer._update_count([0, "x"])
    optimizer._set_current_context(1)
    optimizer._update_count([0, 0])
    loaded = mxnet1.LAMB()
    loaded.load_state_dict(checkpoint.loads(checkpoint.dumps(optimizer.state_dict())))
    loaded._update_count(0)
    assert loaded._all_index_update_counts == {0: {0: 1, "x": 1}, 1: {0: 3}}
    assert optimizer._all_index_update_counts == {0: {0: 1, "x": 1}, 1: {0: 2}}  # nothing is shared


# --- what does not fit


MAKERS = [
    *(getattr(mxnet1, name) for name in ("SGD", "NAG", "LARS", "LAMB", "LBSGD")),
    *(getattr(mxnet2, name) for name in ("SGD", "NAG", "LARS", "LAMB", "LANS")),
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("other", MAKERS)
def test_the_checkpoint_of_another_class_is_refused(make, other):
    if make is other:
        return
    updater = mxnet1.get_updater(make())
    before = leaves(outcome(updater, []))
    data = mxnet1.get_updater(other()).get_states(dump_optimizer=True)
    with pytest.raises(
        errors.CheckpointError, match=f"{other.release}.{other.__name__}.*{make.release}.{make.__name__}"
    ):
        updater.set_states(data)
    assert leaves(outcome(updater, [])) == before


def spoilt(**changed):
    return {**mxnet1.LARS(lr_scheduler=factor()).state_dict(), **changed}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, "NoneType"),
        ([], "list"),
        ({}, "dict"),
        ({"optimizer": "mxnet1.LARS"}, "must have"),
        (spoilt(counts={0: {0: -1}}), "must be an integer >= 0"),
        (spoilt(counts={0: {0: 1.5}}), "must be an integer >= 0"),
        (spoilt(counts={0: 3}), "must be a dict"),
        (spoilt(counts=3), "must be a dict"),
        (spoilt(current_context=1), "must be a dict that has device 1"),
        (spoilt(scheduler={}), "the state of the scheduler has"),
        (spoilt(scheduler=3), "the state of the scheduler is a int"),
        (mxnet1.LARS().state_dict(), "the state of the scheduler has"),
        (mxnet1.LARS(lr_scheduler=cosine()).state_dict(), "the state of the scheduler has"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(state, words):
    optimizer = mxnet1.LARS(lr_scheduler=factor(), momentum=0.9)
    updater, weight = mxnet1.get_updater(optimizer), np.ones(2, np.float32)
    updater(0, weight.copy(), weight)
    before = leaves(outcome(updater, []))
    with pytest.raises(errors.CheckpointError, match=words):
        optimizer.load_state_dict(state)
    assert leaves(outcome(updater, [])) == before


@pytest.mark.parametrize("data", [b"", b"no checkpoint", checkpoint.dumps([1]), checkpoint.dumps({"states": {}})])
def test_bytes_that_are_no_states_change_nothing(data):
    updater, weight = mxnet1.get_updater(mxnet1.SGD(momentum=0.9)), np.ones(2, np.float32)
    updater(0, weight.copy(), weight)
    before = leaves(outcome(updater, []))
    with pytest.raises(errors.CheckpointError, match=r"no checkpoint|not what get_states returned"):
        updater.set_states(data)
    assert leaves(outcome(updater, [])) == before


if __name__ == "__main__":
    continue_all(Path(sys.argv[1]))
