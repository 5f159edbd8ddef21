"""Bad input to the optimizers of torch: a typed error that says what and where, and nothing is changed."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
import torch

from lbref import errors
from lbref.facades import torch as facade

OPTIMIZERS = {name.lower(): getattr(facade, name) for name in facade.__all__}

# option -> values that no optimizer that has the option takes, and what is said of the first
OUT_OF_RANGE = {
    "lr": ([-0.1, math.nan, math.inf, "fast", None, True, torch.tensor(-1.0), torch.ones(2)], "a finite number >= 0"),
    "momentum": ([-0.5, math.nan, math.inf, None, "0.9"], "a finite number >= 0"),
    "weight_decay": ([-1, math.nan, math.inf, None], "a finite number >= 0"),
    "betas": ([0.9, (0.9,), (0.9, 1.0), (-0.1, 0.9), (0.9, math.nan), None, ("a", 0.9)], "2 numbers, for beta1 and"),
    "eps": ([-1e-8, math.nan, math.inf, "tiny"], "a finite number >= 0"),
    "trust_coefficient": ([-1.0, math.nan, "eta"], "a finite number >= 0"),
    "lower_bound": ([-1.0, math.nan, math.inf, None], "a finite number >= 0"),
    "upper_bound": ([-1.0, math.nan, None], "a number >= 0"),
    "batch_scale": ([0, 1.5, -1, None, math.inf], "an integer >= 1"),
    "warmup_epochs": ([-1, 0.5, None], "an integer >= 0"),
    "updates_per_epoch": ([-1, 0.5, None], "an integer >= 0"),
    "begin_epoch": ([-1, 0.5, None], "an integer >= 0"),
    "adaptive": ([1, "no", None], "True or False"),
    "maximize": ([0, "up", None], "True or False"),
    "dialect": (["timm", 1, ["published"], "lars@published"], "None or one of"),
    "warmup_strategy": (["cubic", 1], "None or one of lars, linear, power2, sqrt"),
}
BAD_OPTIONS = [
    (name, option, value)
    for option, (values, _) in OUT_OF_RANGE.items()
    for name, optimizer in OPTIMIZERS.items()
    if option in optimizer([torch.nn.Parameter(torch.ones(1))], 0.1).defaults
    for value in values
]


def setup(name="lars", steps=2, dtype=torch.float32, **options):
    """Return an optimizer of two groups that has made some steps, and has gradients for the next."""
    weights = [torch.nn.Parameter(torch.ones(3, dtype=dtype)), torch.nn.Parameter(torch.full((2, 2), 2.0, dtype=dtype))]
    groups = [{"params": [weight]} for weight in weights]
    optimizer = OPTIMIZERS[name](groups, 0.1, **options)
    for weight in weights:
        weight.grad = torch.full_like(weight, 0.5)
    for _ in range(steps):
        optimizer.step()
    return optimizer, weights


def everything(optimizer):
    """Return what an optimizer has and remembers, as bytes."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    return pickle.dumps([[weight, weight.grad, optimizer.state[weight]] for weight in weights])


def refused(optimizer, act, error, *words):
    """Ask that an act raises just this error, says all these words, and changes nothing."""
    before, groups = everything(optimizer), repr(optimizer.param_groups)
    with pytest.raises(errors.LbrefError) as raised:
        act()
    said = "\n".join([str(raised.value), *getattr(raised.value, "__notes__", [])])
    assert (type(raised.value), [word for word in words if word not in said]) == (error, []), said
    assert everything(optimizer) == before
    assert repr(optimizer.param_groups) == groups


@pytest.mark.parametrize(("name", "option", "value"), BAD_OPTIONS)
def test_an_option_out_of_range_is_refused_wherever_it_comes_from(name, option, value):
    weight = torch.nn.Parameter(torch.ones(2))
    with pytest.raises(errors.HyperparameterError) as raised:
        OPTIMIZERS[name]([weight], **{"lr": 0.1, option: value})
    assert [word for word in (name.upper(), option, "but must be") if word not in str(raised.value)] == []
    with pytest.raises(errors.HyperparameterError, match=rf"{name.upper()}\.param_groups\[0\]"):
        OPTIMIZERS[name]([{"params": [weight], option: value}], 0.1)
    optimizer, _ = setup(name)
    late = {"params": [weight], option: value}
    words = (f"{name.upper()}.param_groups[2]: {option}", "but must be")
    refused(optimizer, lambda: optimizer.add_param_group(late), errors.HyperparameterError, *words)
    optimizer.param_groups[1][option] = value
    words = (f"{name.upper()}.param_groups[1]: {option}", "but must be")
    refused(optimizer, optimizer.step, errors.HyperparameterError, *words)


@pytest.mark.parametrize("option", OUT_OF_RANGE)
def test_it_is_said_what_would_be_right(option):
    name, _, value = next(case for case in BAD_OPTIONS if case[1] == option)
    with pytest.raises(errors.HyperparameterError) as raised:
        OPTIMIZERS[name]([torch.nn.Parameter(torch.ones(2))], **{"lr": 0.1, option: value})
    assert OUT_OF_RANGE[option][1] in str(raised.value)


def test_an_unknown_dialect_is_answered_with_those_of_this_rule():
    with pytest.raises(errors.HyperparameterError) as raised:
        facade.NAG([torch.nn.Parameter(torch.ones(2))], 0.1, dialect="timm-1.0.31")
    said = str(raised.value)
    assert "NAG: dialect is 'timm-1.0.31', but must be None or one of chainer-7.8.1, " in said
    assert ("torch-2.13.0" in said, "goyal-2017" in said) == (True, False)


@pytest.mark.parametrize("name", ["lamb", "lans"])
def test_bounds_must_be_in_order(name):
    words = "lower_bound is 2.0 and upper_bound is 1.0", "at most upper_bound"
    optimizer, _ = setup(name)
    late = {"params": [torch.nn.Parameter(torch.ones(2))], "lower_bound": 2.0, "upper_bound": 1.0}
    refused(optimizer, lambda: optimizer.add_param_group(late), errors.HyperparameterError, *words)


@pytest.mark.parametrize(
    ("name", "option"), [("lars", "betas"), ("lamb", "momentum"), ("nag", "adaptive"), ("sgd", "learning_rate")]
)
def test_an_option_that_would_be_ignored_is_refused(name, option):
    optimizer, _ = setup(name)
    late = {"params": [torch.nn.Parameter(torch.ones(2))], option: 0.5}
    words = f"there is no option '{option}'; there are lr, "
    refused(optimizer, lambda: optimizer.add_param_group(late), errors.UnknownHyperparameterError, words)
    del optimizer.param_groups[0]["weight_decay"]
    refused(optimizer, optimizer.step, errors.UnknownHyperparameterError, "option 'weight_decay' is missing")


def test_names_of_the_users_own_are_let_through():
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = facade.LARS([{"params": [("head", weight)], "name": "head", "initial_lr": 1.0}], 0.1)
    weight.grad = torch.ones(2)
    optimizer.step()
    assert optimizer.param_groups[0]["param_names"] == ["head"]


def other_shape(_, weight):
    weight.data = torch.ones(5)


def other_dtype(_, weight):
    weight.data = weight.data.double()


def half(_, weight):
    weight.grad = None
    weight.data = weight.data.half()
    weight.grad = torch.ones_like(weight)


def double_grad(_, weight):
    weight.grad, weight.grad_dtype = None, torch.float64
    weight.grad = torch.ones(2, 2, dtype=torch.float64)


def sparse_grad(_, weight):
    weight.grad = torch.ones(2, 2).to_sparse()


def state_elsewhere(optimizer, weight):
    optimizer.state[weight]["velocity"] = torch.ones(2, 2, device="meta")


@pytest.mark.parametrize(
    ("spoil", "steps", "error", "word"),
    [
        (other_shape, 0, errors.ShapeError, "grad has shape"),
        (other_shape, 2, errors.ShapeError, "grad has shape"),
        (other_dtype, 0, errors.DtypeError, "grad has dtype"),
        (other_dtype, 2, errors.DtypeError, "grad has dtype"),
        (double_grad, 0, errors.DtypeError, "grad has dtype torch.float64"),
        (sparse_grad, 0, errors.NotAnArrayError, "the gradient is sparse, but must be dense"),
        (sparse_grad, 2, errors.NotAnArrayError, "the gradient is sparse, but must be dense"),
        (half, 2, errors.StateError, "remembers master, step, velocity"),
        (state_elsewhere, 2, errors.DeviceError, "velocity lies on device meta"),
    ],
)
def test_one_bad_parameter_stops_every_group(spoil, steps, error, word):
    optimizer, weights = setup(steps=steps)
    spoil(optimizer, weights[1])
    refused(optimizer, optimizer.step, error, word, "in LARS.param_groups[1]['params'][0]")


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
def test_a_complex_parameter_is_refused(dtype):
    optimizer, _ = setup()
    late = {"params": [torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2, dtype=dtype))]}
    words = f"LARS.param_groups[2]: params[1] is {dtype}, but must be a real floating dtype"
    refused(optimizer, lambda: optimizer.add_param_group(late), errors.DtypeError, words)


def test_a_frozen_parameter_of_integers_is_none_of_the_optimizers_business():
    frozen = torch.nn.Parameter(torch.ones(2, dtype=torch.int8), requires_grad=False)
    facade.LARS([frozen, torch.nn.Parameter(torch.ones(2))], 0.1).step()
    assert frozen.tolist() == [1, 1]


def test_torch_refuses_what_it_always_refuses():
    optimizer, weights = setup()
    before = everything(optimizer)
    for params, error in (([weights[0]], ValueError), ({weights[0]}, TypeError), ([weights[0] + 1], ValueError)):
        with pytest.raises(error):
            optimizer.add_param_group({"params": params})
    with pytest.raises(ValueError, match="empty parameter list"):
        facade.LARS([], 0.1)
    with pytest.raises(TypeError, match="must be a dict"):
        optimizer.add_param_group([weights[0]])
    assert everything(optimizer) == before
    assert len(optimizer.param_groups) == 2


def test_a_closure_that_fails_changes_nothing():
    optimizer, _ = setup()
    before = everything(optimizer)
    with pytest.raises(ZeroDivisionError):
        optimizer.step(lambda: 1 / 0)
    assert everything(optimizer) == before


# what is done to a good state dict -> the error, and what it says
SPOILT = {
    "other rule": (
        lambda s: s["param_groups"][0].update(rule="sgd"),
        errors.StateError,
        "those of 'sgd', not of 'lars'",
    ),
    "no rule": (lambda s: s["param_groups"][1].pop("rule"), errors.StateError, "those of None, not of 'lars'"),
    "no option": (lambda s: s["param_groups"][1].pop("eps"), errors.UnknownHyperparameterError, "'eps' is missing"),
    "bad option": (
        lambda s: s["param_groups"][1].update(lr=-1),
        errors.HyperparameterError,
        "load_state_dict: param_groups[1]: lr is -1",
    ),
    "other state": (
        lambda s: s["state"][1].update(mean=torch.ones(2, 2)),
        errors.StateError,
        "has mean, step, velocity",
    ),
    "no state": (lambda s: s["state"][1].pop("velocity"), errors.StateError, "remembers step, velocity"),
    "no dict": (lambda s: s["state"].update({1: [1, 2]}), errors.StateError, "must be a dict of tensors and a step"),
    "master": (lambda s: s["state"][1].update(master=torch.ones(2, 2)), errors.StateError, "has master, step"),
    "no step": (lambda s: s["state"][1].pop("step"), errors.StateError, "remembers step, velocity"),
    "step 0": (lambda s: s["state"][1].update(step=0), errors.StepError, "step is 0"),
    "step 1.5": (lambda s: s["state"][1].update(step=1.5), errors.StepError, "step is a float"),
    "shape": (lambda s: s["state"][1].update(velocity=torch.ones(4)), errors.ShapeError, "has shape"),
    "dtype": (lambda s: s["state"][1].update(velocity=torch.ones(2, 2).half()), errors.DtypeError, "float16"),
    "wide": (lambda s: s["state"][1].update(velocity=torch.ones(2, 2).double()), errors.DtypeError, "float64"),
    "library": (lambda s: s["state"][1].update(velocity=np.ones((2, 2), "f4")), errors.NamespaceError, "numpy"),
    "number": (lambda s: s["state"][1].update(velocity=1.0), errors.NotAnArrayError, "velocity is a float"),
    "nothing": (lambda s: s.pop("state"), errors.StateError, "this is no state dict"),
}


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_state_dict_that_does_not_fit_is_refused(spoil):
    act, error, word = SPOILT[spoil]
    saved = copy.deepcopy(setup(steps=5)[0].state_dict())
    act(saved)
    optimizer, _ = setup()
    refused(optimizer, lambda: optimizer.load_state_dict(saved), error, "LARS.load_state_dict: ", word)


def test_what_is_no_state_dict_is_refused():
    optimizer, _ = setup()
    refused(optimizer, lambda: optimizer.load_state_dict(None), errors.StateError, "this is no state dict")


@pytest.mark.parametrize("mine", OPTIMIZERS)
@pytest.mark.parametrize("steps", [0, 1])
def test_a_state_dict_of_another_optimizer_is_refused(mine, steps):
    optimizer, weights = setup(mine)
    others = [setup(name, steps)[0] for name in OPTIMIZERS if name != mine]
    theirs = torch.optim.SGD([{"params": [weight]} for weight in weights], 0.1, momentum=0.9)
    for other in (*others, theirs):
        state = other.state_dict()
        refused(optimizer, lambda state=state: optimizer.load_state_dict(state), errors.StateError, f"not of '{mine}'")


def test_a_state_of_another_precision_is_refused():
    wide, half = setup()[0], setup(dtype=torch.float16)[0]
    for optimizer, state, word in ((wide, half, "has master,"), (half, wide, "torch.float16 remembers master")):
        saved = state.state_dict()
        refused(optimizer, lambda o=optimizer, s=saved: o.load_state_dict(s), errors.StateError, word)


def test_a_state_of_another_shape_is_refused_for_halves():
    optimizer, _ = setup(dtype=torch.float16)
    saved = copy.deepcopy(optimizer.state_dict())
    saved["state"][1].update(velocity=torch.ones(4), master=torch.ones(4))
    refused(optimizer, lambda: optimizer.load_state_dict(saved), errors.ShapeError, "parameter 1: ", "has shape (4,)")


def test_groups_that_do_not_match_are_refused_by_torch():
    optimizer, weights = setup()
    before = everything(optimizer)
    fewer = facade.LARS([{"params": weights}], 0.1)
    with pytest.raises(ValueError, match="different number of parameter groups"):
        optimizer.load_state_dict(fewer.state_dict())
    assert everything(optimizer) == before
    optimizer.load_state_dict(setup(steps=5)[0].state_dict())  # and no trace of it is left
    assert optimizer.state[weights[0]]["step"] == 5
