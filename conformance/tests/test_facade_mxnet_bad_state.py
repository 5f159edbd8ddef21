"""States that do not fit in a step of MXNet's optimizers: a typed error says what would, and nothing is changed."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from lbref import errors
from lbref.facades import mxnet1, mxnet2

OPTIMIZERS = [(mxnet1, name) for name in ("SGD", "NAG", "LARS", "LAMB", "LBSGD")] + [
    (mxnet2, name) for name in ("SGD", "NAG", "LARS", "LAMB", "LANS")
]
EVERY_OPTIMIZER = pytest.mark.parametrize(
    ("release", "name"), OPTIMIZERS, ids=[f"{release.Optimizer.release}-{name}" for release, name in OPTIMIZERS]
)
VALUES = [3.0, -4.0, 0.5]
MOMENTS = {"LAMB", "LANS"}


def array(values=VALUES, dtype=np.float32):
    return np.asarray(values, dtype)


def read_only():
    values = array()
    values.flags.writeable = False
    return values


def made(release, name, **settings):
    """Return an optimizer that already counts another parameter."""
    settings |= {} if name in MOMENTS else {"momentum": 0.9}
    settings |= {"batch_scale": 3} if name == "LBSGD" else {}
    optimizer, weight = getattr(release, name)(**settings), array()
    arguments = (0, weight, array() / 8, optimizer.create_state(0, weight))
    optimizer.update(*([x] for x in arguments) if optimizer.takes_lists_only else arguments)
    return optimizer


def given_for(state, dtype=np.float32):
    weight = array(dtype=dtype)
    return {"index": 1, "weight": weight, "grad": weight / 2, "state": state}


def refused(refuses, optimizer, given, error, *words, ways=("update", "update_multi_precision")):
    """Ask for one call of each way, alone and behind a good parameter, which must be left alone too."""
    good = (2, array(), array(), optimizer.create_state(2, array()))
    takes_lists = optimizer.takes_lists_only or optimizer.aggregate_num
    for way, behind in [(way, behind) for way in ways for behind in ((False, True) if takes_lists else (False,))]:

        def call(*arguments, way=way, behind=behind):
            pairs = [[*before, last] for *before, last in zip(*[good] * behind, arguments[:4], strict=True)]
            in_list = optimizer.takes_lists_only or behind
            getattr(optimizer, way)(*(pairs if in_list else arguments[:4]))

        remembered = {"good": good, "optimizer": vars(optimizer)}
        refuses(call, given | remembered, {}, error, f"{optimizer._where}, index 1", *words)


STATES = {
    "none": (lambda: None, errors.StateError, ("NoneType", "create_state")),
    "list of numbers": (lambda: VALUES, errors.StateError, ("list", "create_state")),
    "pair of another": (lambda: (array(), (array(), array())), errors.StateError, ("tuple", "create_state")),
    "three": (lambda: (array(), array(), array()), errors.StateError, ("tuple", "create_state")),
    "text": (lambda: "state", errors.StateError, ("str", "create_state")),
}
ARRAYS_OF_STATE = {
    "shape": (lambda: array(VALUES[:2]), errors.ShapeError, ("(2,)", "(3,)")),
    "library": (lambda: torch.tensor(VALUES), errors.NamespaceError, ("torch", "numpy")),
    "integer": (lambda: array(dtype=np.int32), errors.DtypeError, ("int32",)),
    "read-only": (read_only, errors.ImmutableArrayError, ("cannot be written to",)),
    "jax": (lambda: jnp.asarray(VALUES), errors.ImmutableArrayError, ("cannot be written to",)),
}


@pytest.mark.parametrize("fault", STATES)
@EVERY_OPTIMIZER
def test_a_state_of_another_form_is_refused(refuses, release, name, fault):
    make, error, words = STATES[fault]
    refused(refuses, made(release, name), given_for(make()), error, *words)


@pytest.mark.parametrize("fault", ARRAYS_OF_STATE)
@EVERY_OPTIMIZER
def test_a_state_of_another_parameter_is_refused(refuses, release, name, fault):
    make, error, words = ARRAYS_OF_STATE[fault]
    state = (array(), make()) if name in MOMENTS else make()
    refused(refuses, made(release, name), given_for(state), error, *words)


@pytest.mark.parametrize(("other_release", "other"), OPTIMIZERS)
@EVERY_OPTIMIZER
def test_the_state_of_another_optimizer_is_refused_unless_it_has_the_same_form(
    refuses, release, name, other_release, other
):
    """All with one velocity have one form, and so have those with two moments; a state bears no name."""
    state = made(other_release, other).create_state(1, array())
    if (name in MOMENTS) != (other in MOMENTS):
        words = ("create_state", "mean and mean_square" if name in MOMENTS else "velocity")
        refused(refuses, made(release, name), given_for(state), errors.StateError, *words)


@EVERY_OPTIMIZER
def test_a_state_of_an_optimizer_with_momentum_is_missed(refuses, release, name):
    optimizer = made(release, name)
    state = None if name in MOMENTS else getattr(release, name)(momentum=0.0).create_state(1, array())
    refused(refuses, optimizer, given_for(state), errors.StateError, "NoneType", "create_state")


MASTERS = {
    "None": (None, errors.NotAnArrayError, ("master is a NoneType",)),
    "number": (1.0, errors.NotAnArrayError, ("master is a float",)),
    "shape": (array(VALUES[:2]), errors.ShapeError, ("master", "(2,)", "(3,)")),
    "library": (torch.tensor(VALUES), errors.NamespaceError, ("master", "torch", "numpy")),
    "half": (array(dtype=np.float16), errors.StateError, ("the master copy is float16", "must be float32")),
    "double": (array(dtype=np.float64), errors.StateError, ("the master copy is float64", "must be float32")),
    "read-only": (read_only(), errors.ImmutableArrayError, ("master", "cannot be written to")),
}
NO_PAIRS = (None, array(), (array(),), (array(), array(), array()), "state")


@pytest.mark.parametrize("fault", MASTERS)
@EVERY_OPTIMIZER
def test_a_master_copy_that_is_none_is_refused(refuses, release, name, fault):
    """SGD, NAG and LARS of 1.9.1 have it behind the state."""
    master, error, words = MASTERS[fault]
    state = (array(), array()) if name in MOMENTS else array()
    behind = release is mxnet1 and name in {"SGD", "NAG", "LARS"}
    given = given_for((state, master) if behind else (master, state), np.float16)
    optimizer = made(release, name, multi_precision=True)
    refused(refuses, optimizer, given, error, *words, ways=("update_multi_precision",))


@pytest.mark.parametrize("state", NO_PAIRS, ids=lambda state: type(state).__name__)
@EVERY_OPTIMIZER
def test_a_half_needs_a_pair(refuses, release, name, state):
    optimizer = made(release, name, multi_precision=True)
    words = ("a pair of a float32 master copy and a state", "create_state_multi_precision")
    ways = {"update_multi_precision": words, "update": (*words[:1], "as create_state returns it")}
    for way in ways if name == "LBSGD" else list(ways)[:1]:
        refused(refuses, optimizer, given_for(state, np.float16), errors.StateError, *ways[way], ways=(way,))
