"""Bad input to Chainer's gradient methods and hooks: a typed error says what to do, and no bit has changed."""

from __future__ import annotations

import functools
import math
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from lbref import errors
from lbref.facades import chainer

FINITE, AT_LEAST_ZERO, BETA = "finite number >= 0", "number >= 0", "[0, 1)"
MOMENTUM = {"lr": FINITE, "momentum": FINITE}
NUMBERS = {
    "SGD": {"lr": FINITE},
    "MomentumSGD": MOMENTUM,
    "CorrectedMomentumSGD": MOMENTUM,
    "NesterovAG": MOMENTUM,
    "Adam": {
        **dict.fromkeys(("alpha", "eps", "eta", "weight_decay_rate"), FINITE),
        **dict.fromkeys(("beta1", "beta2"), BETA),
    },
    "GradientLARS": {"threshold": AT_LEAST_ZERO, "weight_decay": FINITE, "eps": FINITE},
    "WeightDecay": {"rate": FINITE},
}
NEEDED = {"WeightDecay": {"rate": 0.1}}
OUT_OF_RANGE = (-0.1, math.nan, -math.inf, "0.1", None, True, 1j, (0.1,), np.ones(2))
LARGEST = {FINITE: (math.inf,), AT_LEAST_ZERO: (), BETA: (1.0, 1.5, math.inf)}
BAD = [
    (name, argument, value)
    for name, arguments in NUMBERS.items()
    for argument, words in arguments.items()
    for value in (*OUT_OF_RANGE, *LARGEST[words])
]


def bits(thing):
    if isinstance(thing, dict):
        return {key: bits(value) for key, value in thing.items()}
    return (str(thing.dtype), thing.shape, thing.tobytes()) if isinstance(thing, np.ndarray) else thing


def snapshot(optimizer):
    """Return all that an optimizer and its parameters remember."""
    params = [(id(param.grad), bits(param.grad), bits(param.data)) for param in optimizer.target.params()]
    hooks = [hook for timing in ("pre", "post") for hook in optimizer._hooks.at(timing)]
    return bits(optimizer.state_dict()), params, hooks, id(optimizer.target)


def refused(optimizer, function, error, *words):
    before = snapshot(optimizer)
    with pytest.raises(errors.LbrefError) as raised:
        function()
    said = str(raised.value)
    assert (type(raised.value), [word for word in words if word not in said]) == (error, []), said
    assert snapshot(optimizer) == before


@pytest.fixture
def optimizer():
    """Return an optimizer in the middle of a run, with LARS before its update."""
    params = {"w": chainer.Parameter(np.array([3.0, 4.0]), name="w"), "b": chainer.Parameter(np.array([1.0]), name="b")}
    method = chainer.MomentumSGD(lr=0.1).setup(params)
    method.add_hook(chainer.GradientLARS(weight_decay=0.1))
    for _ in range(2):
        for param in params.values():
            param.grad = np.ones(param.shape)
        method.update()
    return method


def param_of(optimizer, name="w"):
    return dict(optimizer.target.namedparams())[f"/{name}"]


@pytest.mark.parametrize(("name", "argument", "value"), BAD, ids=str)
def test_a_number_out_of_range_is_refused_at_once_and_later(refuses, name, argument, value):
    right = "0-d array" if isinstance(value, np.ndarray) else NUMBERS[name][argument]
    words = (f"chainer.{name}", argument, right)
    given = NEEDED.get(name, {})
    refuses(getattr(chainer, name), {}, given | {argument: value}, errors.HyperparameterError, *words)
    made = getattr(chainer, name)(**given)
    before = getattr(made, argument)
    refuses(lambda: setattr(made, argument, value), {}, {}, errors.HyperparameterError, *words)
    assert getattr(made, argument) == before


def test_the_documented_misspelling_is_refused(refuses):
    words = ("'threashold'", "threshold", "weight_decay", "eps")
    refuses(chainer.GradientLARS, {}, {"threashold": 0.1}, errors.UnknownHyperparameterError, *words)
    with pytest.raises(TypeError):
        chainer.GradientLARS(threashold=0.1)


def test_a_hyperparameter_that_no_rule_reads_is_refused(optimizer):
    hyperparams = (optimizer.hyperparam, param_of(optimizer).update_rule.hyperparam)
    for hyperparam in hyperparams:
        change = functools.partial(setattr, hyperparam, "learning_rate", 0.1)
        refused(optimizer, change, errors.UnknownHyperparameterError, "'learning_rate'", "lr, momentum")
        assert not hasattr(hyperparam, "learning_rate")
    change = functools.partial(setattr, hyperparams[1], "lr", -1)
    refused(optimizer, change, errors.HyperparameterError, "chainer.MomentumSGDRule", FINITE)


READ_ONLY = np.ones(2)
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (jnp.ones(2), errors.ImmutableArrayError, ("cannot be written", "rule.update(weight, grad, state, step")),
        (READ_ONLY, errors.ImmutableArrayError, ("cannot be written", "rule.update(weight, grad, state, step")),
        ([1.0, 2.0], errors.NotAnArrayError, ("builtins.list".removeprefix("builtins."), "array API")),
        (np.ones(2, dtype=int), errors.DtypeError, ("int64", "real floating")),
        (np.ones(2, dtype=complex), errors.DtypeError, ("complex128", "real floating")),
    ],
    ids=["jax", "read-only", "list", "integers", "complex"],
)
def test_data_that_cannot_be_updated(refuses, data, error, words):
    refuses(chainer.Parameter, {"data": data}, {"name": "w"}, error, "chainer.Parameter 'w'", "data", *words)


def test_a_name_is_a_string(refuses):
    given = {"data": np.ones(2)}
    refuses(chainer.Parameter, given, {"name": 3}, errors.HyperparameterError, "name is 3", "a string or None")


BAD_GRADS = {
    "shape": (np.ones(3), errors.ShapeError, ("(3,)", "(2,)")),
    "dtype": (np.ones(2, dtype=np.float32), errors.DtypeError, ("float32", "float64")),
    "integers": (np.ones(2, dtype=int), errors.DtypeError, ("int64", "real floating")),
    "library": (torch.ones(2, dtype=torch.float64), errors.NamespaceError, ("torch", "numpy")),
    "no array": ([1.0, 2.0], errors.NotAnArrayError, ("list", "array API")),
}


@pytest.mark.parametrize("what", BAD_GRADS)
def test_a_gradient_that_does_not_fit(optimizer, what):
    grad, error, words = BAD_GRADS[what]
    param = param_of(optimizer)
    refused(optimizer, lambda: setattr(param, "grad", grad), error, "chainer.Parameter 'w'", "grad", *words)


def test_a_gradient_on_another_device():
    param = chainer.Parameter(torch.ones(2))
    with pytest.raises(errors.DeviceError, match="grad lies on device meta, but data lies on device cpu"):
        param.grad = torch.ones(2, device="meta")
    assert param.grad is None


@pytest.mark.parametrize("what", BAD_GRADS)
def test_update_looks_at_all_gradients_first(optimizer, what):
    """A parameter of the user's own class does not look at what it is given; the hook has not run for the first one."""
    grad, error, words = BAD_GRADS[what]
    params = [param_of(optimizer, "b"), SimpleNamespace(data=np.ones(2), grad=None, update_rule=None)]
    optimizer.setup(params)
    optimizer.add_hook(chainer.GradientLARS(weight_decay=0.1))
    params[1].grad = grad
    refused(optimizer, optimizer.update, error, "update: /1", "grad", *words)


def test_data_that_was_replaced_no_longer_fits_the_gradient(optimizer):
    param = param_of(optimizer)
    param.data = np.ones(3)
    refused(optimizer, optimizer.update, errors.ShapeError, "update: /w", "(2,)", "(3,)")
    param.data = np.ones(2, dtype=np.float32)
    refused(optimizer, param.update, errors.DtypeError, "MomentumSGDRule.update", "float64", "float32")


def test_a_read_only_gradient_is_refused_by_a_hook(optimizer):
    param = param_of(optimizer)
    param.grad = READ_ONLY
    refused(optimizer, optimizer.update, errors.ImmutableArrayError, "chainer.GradientLARS", "grad")


@pytest.mark.parametrize("level", ["optimizer", "rule"])
def test_a_hook_that_fails_changes_nothing(optimizer, level):
    param_of(optimizer).grad = None

    def broken(*_):
        param_of(optimizer).grad = np.full(2, 7.0)
        raise errors.LbrefError("broken")

    (optimizer if level == "optimizer" else param_of(optimizer).update_rule).add_hook(broken)
    param_of(optimizer, "b").update_rule.state["v"][...] = 5.0
    refused(optimizer, optimizer.update, errors.LbrefError, "broken")
    if level == "rule":
        refused(optimizer, param_of(optimizer).update, errors.LbrefError, "broken")


def test_a_first_update_that_fails_leaves_no_state():
    params = [chainer.Parameter(np.ones(2)), chainer.Parameter(np.ones(2))]
    optimizer = chainer.Adam().setup(params)

    def broken(*_):
        raise errors.LbrefError("broken")

    params[1].update_rule.add_hook(broken)
    refused(optimizer, optimizer.update, errors.LbrefError, "broken")
    assert [(param.update_rule.state, param.update_rule.t, param.grad) for param in params] == [(None, 0, None)] * 2


def test_a_hook_that_leaves_a_gradient_of_another_dtype(optimizer):
    """A parameter of the user's own class does not look at what it is given."""
    param = SimpleNamespace(data=np.ones(2), grad=np.ones(2), update_rule=None)
    optimizer.setup([param])

    def narrow(_):
        param.grad = np.ones(2, dtype=np.float32)

    optimizer.add_hook(narrow)
    refused(optimizer, optimizer.update, errors.DtypeError, "/0", "grad", "float32", "float64")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (3, ("int", "list, tuple or dict", "params()")),
        (chainer.Parameter(np.ones(2)), ("Parameter", "list, tuple or dict")),
        ([np.ones(2)], ("/0", "numpy.ndarray", "chainer.Parameter")),
        ({"w": None}, ("/w", "NoneType", "chainer.Parameter")),
        ([chainer.Parameter(np.ones(2))] * 2, ("/1", "twice")),
    ],
    ids=["number", "parameter", "array", "none", "twice"],
)
def test_what_cannot_be_set_up(optimizer, target, words):
    refused(optimizer, lambda: optimizer.setup(target), errors.StructureError, "chainer.MomentumSGD.setup", *words)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("update", ()),
        ("add_hook", (chainer.GradientLARS(),)),
        ("remove_hook", ("GradientLARS",)),
        ("call_hooks", ()),
        ("state_dict", ()),
        ("load_state_dict", ({},)),
    ],
)
def test_before_setup(refuses, method, arguments):
    optimizer = chainer.SGD()
    words = (f"chainer.SGD.{method}", "setup(parameters)")
    refuses(getattr(optimizer, method), dict(enumerate(arguments)), {}, errors.NotSetUpError, *words)
    assert optimizer.target is None


def holders(optimizer):
    return (optimizer, "chainer.MomentumSGD"), (param_of(optimizer).update_rule, "chainer.MomentumSGDRule")


def test_hooks_that_cannot_be_added_or_removed(optimizer):
    hook = chainer.GradientLARS()
    param_of(optimizer).update_rule.add_hook(hook)
    nameless = functools.partial(print)
    wrong = {
        "twice": (errors.HookError, (hook,), {}, ("'GradientLARS'", "already", "remove_hook")),
        "twice, after": (errors.HookError, (hook,), {"timing": "post"}, ("'GradientLARS'", "already")),
        "no function": (errors.HyperparameterError, (3,), {}, ("hook is 3", "function")),
        "timing": (errors.HyperparameterError, (hook,), {"timing": "mid", "name": "x"}, ("'mid'", "'pre', 'post'")),
        "nameless": (errors.HyperparameterError, (nameless,), {}, ("name=",)),
    }
    for holder, where in holders(optimizer):
        for error, args, keywords, words in wrong.values():
            add = functools.partial(holder.add_hook, *args, **keywords)
            refused(optimizer, add, error, f"{where}.add_hook", *words)
        remove = functools.partial(holder.remove_hook, "decay")
        refused(optimizer, remove, errors.HookError, f"{where}.remove_hook", "'decay'", "'GradientLARS'")
    with pytest.raises(KeyError):
        optimizer.remove_hook("decay")
    call = functools.partial(optimizer.call_hooks, "auto")
    refused(optimizer, call, errors.HyperparameterError, "call_hooks", "'auto'", "'pre' or 'post'")


def test_the_rate_of_adam_before_the_first_update():
    optimizer = chainer.Adam().setup([chainer.Parameter(np.ones(2))])
    with pytest.raises(errors.StepError, match="call update"):
        _ = optimizer.alpha_t
