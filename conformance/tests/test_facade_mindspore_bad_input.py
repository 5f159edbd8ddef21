"""Bad input to MindSpore's LARS and what it wraps: a typed error says what to do, and no bit has changed."""

from __future__ import annotations

import functools
import math

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from lbref import errors
from lbref.facades import mindspore

FINITE, POSITIVE, FLAG = "finite number >= 0", "finite number > 0", "True or False"
COMMON = {"learning_rate": FINITE, "momentum": FINITE, "weight_decay": FINITE, "loss_scale": POSITIVE}
NUMBERS = {
    "Momentum": {**COMMON, "use_nesterov": FLAG},
    "SGD": {**COMMON, "dampening": FINITE, "nesterov": FLAG},
    "LARS": {"epsilon": FINITE, "coefficient": FINITE, "use_clip": FLAG},
}
NOT_NUMBERS = (-0.1, math.nan, math.inf, -math.inf, "0.1", None, True, 1j, np.ones((2, 2)))
WRONG = {FINITE: NOT_NUMBERS, POSITIVE: (0, 0.0, *NOT_NUMBERS), FLAG: (0, 1, "yes", None, np.True_)}
BAD = [
    (name, argument, value)
    for name, arguments in NUMBERS.items()
    for argument, right in arguments.items()
    for value in WRONG[right]
]
NEEDED = {"learning_rate": 0.1, "momentum": 0.9}


def parameter(name="w", values=(3.0, 4.0), dtype=float):
    return mindspore.Parameter(np.array(values, dtype=dtype), name=name)


def momentum_of(*params, **settings):
    return mindspore.Momentum(list(params) or [parameter()], **{**NEEDED, **settings})


def bits(thing):
    if isinstance(thing, dict):
        return {key: bits(value) for key, value in thing.items()}
    return (str(thing.dtype), thing.shape, thing.tobytes()) if isinstance(thing, np.ndarray) else thing


def snapshot(optimizer, grads=()):
    """Return all that an optimizer and its parameters remember."""
    inner = getattr(optimizer, "opt", optimizer)
    params = [(id(param.data), bits(param.data), param.name) for param in inner.parameters]
    held = (list(inner.layers), inner.reciprocal_scale, inner.dynamic_weight_decay)
    return bits(optimizer.state_dict()), params, held, [bits(grad) for grad in grads]


def refused(optimizer, function, error, *words, grads=()):
    before = snapshot(optimizer, grads)
    with pytest.raises(errors.LbrefError) as raised:
        function()
    said = str(raised.value)
    assert (type(raised.value), [word for word in words if word not in said]) == (error, []), said
    assert snapshot(optimizer, grads) == before


@pytest.fixture(params=["Momentum", "LARS"])
def optimizer(request):
    """Return an optimizer in the middle of a run."""
    momentum = momentum_of(parameter("w"), parameter("b", (1.0,)), weight_decay=0.1, loss_scale=4.0)
    method = momentum if request.param == "Momentum" else mindspore.LARS(momentum)
    for _ in range(2):
        method((np.ones(2), np.ones(1)))
    return method


@pytest.mark.parametrize(("name", "argument", "value"), BAD, ids=str)
def test_an_argument_out_of_range(name, argument, value):
    wrapped = momentum_of(weight_decay=0.1)
    given = {} if name == "LARS" else NEEDED
    first = wrapped if name == "LARS" else [parameter(None)]
    make = functools.partial(getattr(mindspore, name), first, **given | {argument: value})
    right = "shape (2, 2)" if isinstance(value, np.ndarray) else NUMBERS[name][argument]
    refused(wrapped, make, errors.HyperparameterError, f"mindspore.{name}", argument, right)
    if name != "LARS":
        assert first[0].name is None  # an optimizer that was not made has named nothing


@pytest.mark.parametrize("rate", [[0.1, -0.1], [0.1, "0.2"], [], np.array([0.1, math.nan]), np.array([True])], ids=str)
def test_a_list_of_rates_with_a_bad_one(rate):
    with pytest.raises(errors.HyperparameterError, match=r"mindspore.Momentum: learning_rate(\[\d\])? is "):
        momentum_of(learning_rate=rate)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"nesterov": True}, ("momentum 0.0", "momentum > 0")),
        ({"nesterov": True, "momentum": 0.9, "dampening": 0.5}, ("dampening 0.5", "no dampening")),
        ({"weight_decay": lambda step: 0.1}, ("weight_decay is a function", "a number", "Momentum")),  # noqa: ARG005
    ],
)
def test_what_sgd_cannot_join(refuses, settings, words):
    refuses(mindspore.SGD, {"params": [parameter()]}, settings, errors.HyperparameterError, "mindspore.SGD", *words)


def test_sgd_takes_no_function_from_a_group_either(refuses):
    groups = iter([{"params": [parameter()], "weight_decay": lambda step: 0.1}])  # noqa: ARG005
    refuses(mindspore.SGD, {"params": groups}, {}, errors.HyperparameterError, "weight_decay is a function")


READ_ONLY = np.ones(2)
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (jnp.ones(2), errors.ImmutableArrayError, ("cannot be written", "rule.update(weight, grad, state, step")),
        (READ_ONLY, errors.ImmutableArrayError, ("cannot be written", "rule.update(weight, grad, state, step")),
        ([1.0, 2.0], errors.NotAnArrayError, ("list", "array API")),
        (np.ones(2, dtype=int), errors.DtypeError, ("int64", "real floating")),
    ],
    ids=["jax", "read-only", "list", "integers"],
)
def test_data_that_cannot_be_updated(refuses, data, error, words):
    refuses(mindspore.Parameter, {"data": data}, {"name": "w"}, error, "mindspore.Parameter 'w'", "data", *words)


def test_a_name_is_a_string(refuses):
    given = {"data": np.ones(2)}
    refuses(mindspore.Parameter, given, {"name": 3}, errors.HyperparameterError, "name is 3", "a string or None")


W, B = parameter("w"), parameter("b")
BAD_PARAMS = {
    "none": ([], ("params is empty",)),
    "one": (W, ("Parameter", "a list of mindspore.Parameter")),
    "number": (3, ("int", "a list of mindspore.Parameter")),
    "arrays": ([np.ones(2)], ("numpy.ndarray", "mindspore.Parameter")),
    "mixed": ([W, {"params": [B]}], ("dict", "mindspore.Parameter")),
    "twice": ([W, W], ("'w'", "twice")),
    "one name": ([W, parameter("w")], ("'w'", "twice")),
    "nameless twice": ([parameter(None)] * 2, ("twice",)),
    "twice in groups": ([{"params": [W]}, {"params": [W, B]}], ("'w'", "twice")),
    "unknown key": ([{"params": [W], "rate": 0.1}], ("group 0", "'rate'", "params, lr, weight_decay")),
    "no params": ([{"lr": 0.1}], ("group 0", "params is missing")),
    "only an order": ([{"order_params": [W]}], ("no group has params",)),
    "order beside": ([{"params": [W], "order_params": [W]}], ("order_params stands alone",)),
    "order of others": ([{"params": [W]}, {"order_params": [B]}], ("order_params", "each once")),
    "order twice": ([{"params": [W]}, {"order_params": [W, W]}], ("order_params", "each once")),
    "group of arrays": ([{"params": [np.ones(2)]}], ("group 0", "params[0]", "numpy.ndarray")),
}
BAD_GROUPS = {
    "rate": ([{"params": [W], "lr": -1.0}], ("group 0", "learning_rate", FINITE)),
    "decay": ([{"params": [W], "weight_decay": "x"}], ("group 0", "weight_decay", FINITE)),
    "lengths": ([{"params": [W], "lr": [0.1]}, {"params": [B], "lr": [0.1, 0.2]}], ("different lengths",)),
    "centralized": ([{"params": [W], "grad_centralization": True}], ("grad_centralization", "not offered")),
}


@pytest.mark.parametrize("what", BAD_PARAMS)
def test_params_that_are_none(refuses, what):
    params, words = BAD_PARAMS[what]
    refuses(mindspore.SGD, {"params": params}, {}, errors.StructureError, "mindspore.SGD", *words)


@pytest.mark.parametrize("what", BAD_GROUPS)
def test_groups_with_bad_numbers(refuses, what):
    params, words = BAD_GROUPS[what]
    refuses(mindspore.SGD, {"params": params}, {}, errors.HyperparameterError, "mindspore.SGD", *words)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"lars_filter": 3}, ("lars_filter is 3", "a function")),
        ({"lars_filter": lambda param: param.name}, ("lars_filter of 'w'", "str", FLAG)),
    ],
)
def test_a_filter_that_is_none(settings, words):
    wrapped = momentum_of(weight_decay=0.1, loss_scale=2.0)
    make = functools.partial(mindspore.LARS, wrapped, **settings)
    refused(wrapped, make, errors.HyperparameterError, "mindspore.LARS", *words)


def test_what_lars_cannot_wrap(refuses):
    lars = mindspore.LARS(momentum_of())
    for wrong, word in ((3, "int"), (None, "NoneType"), (lars, "LARS")):
        words = ("mindspore.LARS", word, "Momentum or SGD")
        refuses(mindspore.LARS, {"optimizer": wrong}, {}, errors.HyperparameterError, *words)


def test_rates_of_groups_that_change_cannot_be_clipped():
    momentum = mindspore.Momentum([{"params": [parameter()], "lr": [0.1, 0.2]}], **NEEDED)
    make = functools.partial(mindspore.LARS, momentum, use_clip=True)
    refused(momentum, make, errors.HyperparameterError, "use_clip", "groups")


BAD_GRADS = {
    "shape": (np.ones(3), errors.ShapeError, ("(3,)", "(1,)")),
    "dtype": (np.ones(1, dtype=np.float32), errors.DtypeError, ("float32", "float64")),
    "integers": (np.ones(1, dtype=int), errors.DtypeError, ("int64", "real floating")),
    "library": (torch.ones(1, dtype=torch.float64), errors.NamespaceError, ("torch", "numpy")),
    "no array": (1.0, errors.NotAnArrayError, ("float", "array API")),
    "none": (None, errors.NotAnArrayError, ("NoneType", "array API")),
}


@pytest.mark.parametrize("what", BAD_GRADS)
def test_a_gradient_that_does_not_fit(optimizer, what):
    grad, error, words = BAD_GRADS[what]
    grads = (np.ones(2), grad)
    where = f"mindspore.{type(optimizer).__name__}: b"
    refused(optimizer, lambda: optimizer(grads), error, where, "gradient", *words, grads=grads[:1])


def test_a_gradient_on_another_device():
    param = mindspore.Parameter(torch.ones(2), name="w")
    with pytest.raises(errors.DeviceError, match="gradient lies on device meta, but the parameter lies on device cpu"):
        mindspore.SGD([param])((torch.ones(2, device="meta"),))
    assert param.data.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("grads", "words"),
    [
        ((), ("0 gradients", "2 parameters")),
        ((np.ones(2),), ("1 gradients", "2 parameters")),
        ((np.ones(2), np.ones(1), np.ones(1)), ("3 gradients", "2 parameters")),
        (np.ones((2, 2)), ("numpy.ndarray", "a tuple")),
        ({"w": np.ones(2)}, ("dict", "a tuple")),
    ],
    ids=["none", "one", "three", "array", "dict"],
)
def test_a_wrong_number_of_gradients(optimizer, grads, words):
    refused(optimizer, lambda: optimizer(grads), errors.StructureError, f"mindspore.{type(optimizer).__name__}", *words)


def test_a_list_of_rates_that_has_ended():
    for wrap in (lambda momentum: momentum, functools.partial(mindspore.LARS, use_clip=True)):
        made = wrap(momentum_of(learning_rate=[0.1]))
        made((np.ones(2),))
        words = ("learning_rate has 1 values", "step 1", "a function of the step")
        refused(made, lambda: made((np.ones(2),)), errors.StepError, *words)  # noqa: B023  called at once


@pytest.mark.parametrize("argument", ["learning_rate", "weight_decay"])
@pytest.mark.parametrize("value", [-0.1, math.nan, "0.1", None])
def test_a_schedule_that_returns_no_rate(argument, value):
    made = momentum_of(parameter("w"), parameter("b"), **{argument: lambda step: 0.1 if step < 1 else value})
    made((np.ones(2), np.ones(2)))
    refused(made, lambda: made((np.ones(2),) * 2), errors.HyperparameterError, "at step 1", argument, FINITE)


@pytest.mark.parametrize("wrap", [lambda momentum: momentum, mindspore.LARS], ids=["Momentum", "LARS"])
def test_a_schedule_of_the_second_group_that_fails_leaves_the_first(wrap):
    groups = [{"params": [parameter("w")]}, {"params": [parameter("b")], "weight_decay": lambda step: -float(step)}]
    made = wrap(mindspore.Momentum(groups, **NEEDED))
    made((np.ones(2),) * 2)
    refused(made, lambda: made((np.ones(2),) * 2), errors.HyperparameterError, "weight_decay", FINITE)
