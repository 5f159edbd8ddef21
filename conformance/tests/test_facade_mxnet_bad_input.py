"""Bad input of a step of MXNet's optimizers: a typed error says what to do; nothing at all is changed.

Weights, gradients and states are compared bit for bit, and so is everything that the optimizer and its scheduler
remember: counts, sums of gradients, rates of the call before.
"""

from __future__ import annotations

import math
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from lbref import errors
from lbref.facades import mxnet1, mxnet2

OPTIMIZERS = [(mxnet1, name) for name in ("SGD", "NAG", "LARS", "LAMB", "LBSGD")] + [
    (mxnet2, name) for name in ("SGD", "NAG", "LARS", "LAMB", "LANS")
]
WAYS = {
    "mxnet1": ("update", "update_multi_precision"),
    "mxnet2": ("step", "fused_step", "update", "update_multi_precision"),
}
EVERY_OPTIMIZER = pytest.mark.parametrize(
    ("release", "name"), OPTIMIZERS, ids=[f"{release.Optimizer.release}-{name}" for release, name in OPTIMIZERS]
)
VALUES = [3.0, -4.0, 0.5]
MOMENTS = {"LAMB", "LANS"}
SCALAR_ONLY = {"NAG", "LBSGD"}  # of 1.9.1


def array(values=VALUES, dtype=np.float32):
    return np.asarray(values, dtype)


def started(release, name, **settings):
    """Return an optimizer that has made two steps with two parameters, and what a third call would be given."""
    settings = {"learning_rate": 0.25, "wd": 0.5} | settings
    settings |= {} if name in MOMENTS else {"momentum": 0.9}
    settings |= {"batch_scale": 3} if name == "LBSGD" else {}
    scheduler = release.FactorScheduler(1, 0.5, base_lr=0.25)
    optimizer = getattr(release, name)(lr_scheduler=scheduler, **settings)
    weights = [array(), array() / 2]
    states = [optimizer.create_state(index, weight) for index, weight in enumerate(weights)]
    for _ in range(2):
        for arguments in zip((0, 1), weights, [array() / 8, array() / 4], states, strict=True):
            optimizer.update(*([x] for x in arguments) if optimizer.takes_lists_only else arguments)
    given = {"index": 1, "weight": weights[1], "grad": array() / 2, "state": states[1]}
    return optimizer, given | {"other weight": weights[0], "other state": states[0]}


def refused(refuses, optimizer, given, error, *words, lists=None, ways=None):
    """Ask for one call of every way, as the release takes it; the rest of what is given must stay as it is too."""
    lists = optimizer.takes_lists_only if lists is None else lists
    remembered = {"optimizer": vars(optimizer), "scheduler": getattr(optimizer.lr_scheduler, "__dict__", None)}

    for way in ways or WAYS[optimizer.release]:

        def call(*arguments, way=way):
            getattr(optimizer, way)(*([x] for x in arguments[:4]) if lists else arguments[:4])

        refuses(call, given | remembered, {}, error, *words)


def read_only():
    values = array()
    values.flags.writeable = False
    return values


WEIGHTS = {
    "list": (lambda: VALUES, errors.NotAnArrayError, ("list", "array API standard")),
    "None": (lambda: None, errors.NotAnArrayError, ("NoneType",)),
    "number": (lambda: 3.0, errors.NotAnArrayError, ("float",)),
    "scalar of numpy": (lambda: np.float32(3), errors.ImmutableArrayError, ("lbref.rules", "functional way")),
    "read-only": (read_only, errors.ImmutableArrayError, ("cannot be written to", "functional way")),
    "expanded": (lambda: torch.ones(1).expand(3), errors.ImmutableArrayError, ("cannot be written to",)),
    "jax": (lambda: jnp.asarray(VALUES), errors.ImmutableArrayError, ("cannot be written to", "functional way")),
    "integer": (lambda: array(dtype=np.int32), errors.DtypeError, ("int32", "real floating")),
    "bool": (lambda: array(dtype=np.bool_), errors.DtypeError, ("bool", "real floating")),
    "complex": (lambda: array(dtype=np.complex64), errors.DtypeError, ("complex64", "real floating")),
}
GRADS = {
    "list": (lambda: VALUES, errors.NotAnArrayError, ("list", "array API standard")),
    "None": (lambda: None, errors.NotAnArrayError, ("NoneType",)),
    "shape": (lambda: array(VALUES[:2]), errors.ShapeError, ("(2,)", "(3,)", "must agree")),
    "broadcast": (lambda: array([[1.0]]), errors.ShapeError, ("(1, 1)", "(3,)", "must agree")),
    "0-d": (lambda: np.asarray(1, np.float32), errors.ShapeError, ("()", "(3,)", "must agree")),
    "double": (lambda: array(dtype=np.float64), errors.DtypeError, ("float64", "float32", "must agree")),
    "half": (lambda: array(dtype=np.float16), errors.DtypeError, ("float16", "float32", "must agree")),
    "integer": (lambda: array(dtype=np.int32), errors.DtypeError, ("int32", "real floating")),
    "complex": (lambda: array(dtype=np.complex64), errors.DtypeError, ("complex64", "real floating")),
    "torch": (lambda: torch.tensor(VALUES), errors.NamespaceError, ("torch", "numpy", "must agree")),
    "jax": (lambda: jnp.asarray(VALUES), errors.NamespaceError, ("jax", "numpy", "must agree")),
}


@pytest.mark.parametrize("fault", WEIGHTS)
@EVERY_OPTIMIZER
def test_a_weight_that_cannot_be_updated_is_refused(refuses, release, name, fault):
    make, error, words = WEIGHTS[fault]
    optimizer, given = started(release, name)
    refused(refuses, optimizer, given | {"weight": make()}, error, f"{optimizer._where}, index 1: weight", *words)


@pytest.mark.parametrize("fault", WEIGHTS)
@EVERY_OPTIMIZER
def test_no_state_is_made_for_it_either(refuses, release, name, fault):
    make, error, words = WEIGHTS[fault]
    for multi_precision in (False, True):
        optimizer, _ = started(release, name, multi_precision=multi_precision)
        given = {"index": 5, "weight": make(), "optimizer": vars(optimizer)}
        for create in (optimizer.create_state, optimizer.create_state_multi_precision):
            refuses(lambda index, weight, _, create=create: create(index, weight), given, {}, error, "weight", *words)
        updater = release.get_updater(optimizer)
        with pytest.raises(error, match="Updater, index 5: weight"):
            updater(5, array(), make())
        assert updater.states == {}


@pytest.mark.parametrize("fault", GRADS)
@EVERY_OPTIMIZER
def test_a_gradient_of_another_parameter_is_refused(refuses, release, name, fault):
    make, error, words = GRADS[fault]
    optimizer, given = started(release, name)
    refused(refuses, optimizer, given | {"grad": make()}, error, "grad", f"{optimizer._where}, index 1", *words)


@EVERY_OPTIMIZER
def test_a_gradient_on_another_device_is_refused(refuses, release, name):
    optimizer, _ = started(release, name)
    weight = torch.tensor(VALUES)
    given = {"index": 1, "weight": weight, "grad": weight.to("meta"), "state": optimizer.create_state(1, weight)}
    refused(refuses, optimizer, given, errors.DeviceError, "grad", "meta", "cpu", "must agree")


# --- indices and lists


@pytest.mark.parametrize("index", [None, 1.5, 1.0, True, b"fc", np.ones(1), frozenset()], ids=repr)
@EVERY_OPTIMIZER
def test_an_index_that_is_none_is_refused(refuses, release, name, index):
    optimizer, given = started(release, name)
    words = ("index is", "an integer or a name")
    refused(refuses, optimizer, given | {"index": index}, errors.UnknownParameterError, *words)


@EVERY_OPTIMIZER
def test_an_integer_of_numpy_is_an_integer(release, name):
    optimizer, given = started(release, name)
    arguments = (np.int64(1), *list(given.values())[1:4])
    optimizer.update(*([x] for x in arguments) if optimizer.takes_lists_only else arguments)
    assert optimizer._index_update_count == {0: 2, 1: 3}
    assert {type(index) for index in optimizer._index_update_count} == {int}


@pytest.mark.parametrize("name", sorted(SCALAR_ONLY))
def test_one_at_a_time_where_the_release_takes_one(refuses, name):
    optimizer, given = started(mxnet1, name)
    words = ("index is a list", "one index", "once per parameter", "get_updater")
    refused(refuses, optimizer, given, errors.StructureError, *words, lists=True)


@pytest.mark.parametrize(("release", "name"), [one for one in OPTIMIZERS if one[0] is mxnet2])
def test_lists_where_the_release_takes_lists(refuses, release, name):
    optimizer, given = started(release, name)
    refused(refuses, optimizer, given, errors.StructureError, "indices is a int", "must be a list", lists=False)


LISTED = [one for one in OPTIMIZERS if one[0] is mxnet2 or one[1] not in SCALAR_ONLY]


@pytest.mark.parametrize("missing", ["weight", "grad", "state"])
@pytest.mark.parametrize("length", [0, 1, 3])
@pytest.mark.parametrize(("release", "name"), LISTED)
def test_there_is_one_of_each_for_each_index(refuses, release, name, missing, length):
    optimizer, given = started(release, name)
    pair = {"index": [0, 1], **{key: [given[key]] * 2 for key in ("weight", "grad", "state")}}
    pair[missing] = pair[missing][:1] * length
    words = (f"{length} {missing}s for 2 indices", "one for each")
    refused(refuses, optimizer, pair, errors.StructureError, *words, lists=False)


@pytest.mark.parametrize(("release", "name"), LISTED)
def test_a_parameter_that_is_twice_in_a_list_is_refused(refuses, release, name):
    optimizer, given = started(release, name)
    pair = {"index": [1, 1], "weight": [given["other weight"], given["weight"]]}
    pair |= {"grad": [given["grad"]] * 2, "state": [given["other state"], given["state"]]}
    words = ("1 of the list is that of place 0 too", "make a call for each")
    refused(refuses, optimizer, pair, errors.StructureError, "index", *words, lists=False)
    pair |= {"index": [0, 1], "weight": [given["weight"]] * 2}
    refused(refuses, optimizer, pair, errors.StructureError, "weight", *words, lists=False)


SECOND = {
    "weight": (read_only, errors.ImmutableArrayError),
    "grad": (lambda: array(VALUES[:2]), errors.ShapeError),
    "state": (lambda: "state", errors.StateError),
}


@pytest.mark.parametrize("fault", SECOND)
@pytest.mark.parametrize(("release", "name"), LISTED)
def test_the_first_of_a_list_is_left_alone_when_the_second_is_bad(refuses, release, name, fault):
    optimizer, given = started(release, name)
    make, error = SECOND[fault]
    second = {key: given[key] for key in ("weight", "grad", "state")} | {fault: make()}
    pair = {"index": [0, 1], "weight": [given["other weight"], second["weight"]]}
    pair |= {"grad": [given["grad"], second["grad"]], "state": [given["other state"], second["state"]]}
    refused(refuses, optimizer, pair, error, "index 1", lists=False)


# --- schedulers and multipliers that turn out bad in a step


class Broken:
    """A scheduler that remembers what it was asked, and returns what it should not."""

    def __init__(self, rate):
        self.base_lr, self.asked, self.rate = 0.25, 0, rate

    def __call__(self, num_update):
        self.asked, self.base_lr = num_update, 9.0
        return self.rate


@pytest.mark.parametrize("rate", [math.nan, math.inf, -0.1, None, "0.1", True, 1j, np.ones(2)], ids=repr)
@EVERY_OPTIMIZER
def test_a_scheduler_that_returns_no_rate_is_named(refuses, release, name, rate):
    optimizer, given = started(release, name)
    optimizer.lr_scheduler = Broken(rate)
    words = ("the rate that Broken returned for the count", "number")
    refused(refuses, optimizer, given, errors.HyperparameterError, *words)


@pytest.mark.parametrize("attribute", ["lr_mult", "wd_mult"])
@pytest.mark.parametrize("value", [math.nan, -1.0, None, "2", "missing"])
@EVERY_OPTIMIZER
def test_a_gluon_parameters_multiplier_is_looked_at_when_it_is_used(refuses, release, name, value, attribute):
    optimizer, given = started(release, name)
    optimizer.param_dict[1] = SimpleNamespace(**({"lr_mult": 1.0, "wd_mult": 1.0} | {attribute: value}))
    if value == "missing":
        delattr(optimizer.param_dict[1], attribute)
    words = ("param_dict[1]", attribute, "finite number >= 0")
    refused(refuses, optimizer, given, errors.HyperparameterError, *words)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("lr", -0.1),
        ("wd", math.nan),
        ("wd", "1"),
        ("rescale_grad", math.inf),
        ("rescale_grad", None),
        ("clip_gradient", -1.0),
    ],
)
@EVERY_OPTIMIZER
def test_an_attribute_that_was_set_to_nonsense_is_refused_when_it_is_used(refuses, release, name, attribute, value):
    optimizer, given = started(release, name)
    if attribute == "lr":
        optimizer.lr_scheduler = None
    setattr(optimizer, attribute, value)
    words = {"lr": "learning_rate"}.get(attribute, attribute)
    refused(refuses, optimizer, given, errors.HyperparameterError, f"{words} is {value!r}", "number")


# --- Updater


UPDATES = {
    "no gradient": ([0, 1], [array()], [array(), array()], errors.StructureError, "1 grads for 2 indices"),
    "no list": ([0, 1], array(), [array(), array()], errors.StructureError, "grads is a numpy.ndarray"),
    "twice": ([0, 0], [array(), array()], [array(), array()], errors.StructureError, "index 1 of the list"),
    "index": ([0, None], [array(), array()], [array(), array()], errors.UnknownParameterError, "index is None"),
    "second": ([0, 1], [array(), array([1])], [array(), array()], errors.ShapeError, "index 1: grad has shape (1,)"),
}


@pytest.mark.parametrize("fault", UPDATES)
@EVERY_OPTIMIZER
def test_an_updater_begins_nothing_that_it_cannot_finish(refuses, release, name, fault):
    *arguments, error, words = UPDATES[fault]
    updater = release.get_updater(started(release, name)[0])
    given = dict(zip(("index", "grad", "weight"), arguments, strict=True))
    remembered = {"updater": vars(updater), "optimizer": vars(updater.optimizer)}
    refuses(lambda *call: updater(*call[:3]), given | remembered, {}, error, "Updater", words)
