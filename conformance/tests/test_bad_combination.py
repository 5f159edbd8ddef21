"""Bad input of combinators and model hooks: a typed error names the rule; nothing is changed."""

from __future__ import annotations

import math
from collections import namedtuple
from functools import partial

import numpy as np
import pytest
import torch

from lbref import errors, hooks
from lbref.combine import (
    accumulated,
    bind,
    decay_reads_new_weight,
    each,
    hooked,
    restepped,
    scheduled,
    with_master_weight,
)
from lbref.rules import lamb, lars, nag, sgd

LIBRARIES = {"numpy": partial(np.asarray, dtype=np.float32), "torch": partial(torch.asarray, dtype=torch.float32)}
VALUES = [[1.0, -2.0, 3.0], [0.5, 0.25, -0.125]]
RATE = {"learning_rate": 0.1}
COMBINED = {
    "bind": bind(nag, momentum=0.5),
    "scheduled": scheduled(nag, momentum=lambda step: 1 / step),
    "hooked": hooked(nag, hooks.rescale, hooks.clip),
    "accumulated": accumulated(nag, 2),
    "with_master_weight": with_master_weight(nag),
    "restepped": restepped(nag, lambda step: 2 * step),
    "decay_reads_new_weight": decay_reads_new_weight(nag),
    "two": accumulated(hooked(nag, hooks.clip), 2),
}
NAMED = errors.UnknownHyperparameterError
# what is spoilt -> (what replaces the good arguments, the hyperparameters, the error, words beside the rule's name)
FAULTS = {
    "unknown": ({}, RATE | {"lr": 0.1}, NAMED, ("'lr'", "learning_rate", "weight_decay")),
    "missing": ({}, {}, NAMED, ("'learning_rate'", "missing")),
    "negative": ({}, {"learning_rate": -0.1}, errors.HyperparameterError, ("-0.1", "finite number >= 0")),
    "nan": ({}, {"learning_rate": math.nan}, errors.HyperparameterError, ("nan", "finite number >= 0")),
    "text": ({}, {"learning_rate": "0.1"}, errors.HyperparameterError, ("'0.1'", "finite number >= 0")),
    "by-place": ({"rate": 0.1}, {}, NAMED, ("positional", "by name")),
    "step-0": ({"step": 0}, RATE, errors.StepError, ("step is 0", "integers from 1")),
    "step-negative": ({"step": -1}, RATE, errors.StepError, ("step is -1", "integers from 1")),
    "step-half": ({"step": 1.5}, RATE, errors.StepError, ("float", "integers from 1")),
    "step-true": ({"step": True}, RATE, errors.StepError, ("True", "integers from 1")),
    "step-none": ({"step": None}, RATE, errors.StepError, ("None", "integers from 1")),
    "list": ({"grad": VALUES}, RATE, errors.NotAnArrayError, ("grad", "list", "array API standard")),
    "list-as-weight": ({"weight": VALUES}, RATE, errors.NotAnArrayError, ("weight", "list", "array API standard")),
    "state-none": ({"state": None}, RATE, errors.StateError, ("state", "NoneType")),
}
GRAD_FAULTS = {
    "shape": (lambda grad: grad[:1], errors.ShapeError, ("(1, 3)", "(2, 3)", "must agree")),
    "integer": (lambda grad: (grad * 8).astype(np.int32), errors.DtypeError, ("int32", "float")),
    "complex": (lambda grad: grad.astype(np.complex64), errors.DtypeError, ("complex64", "float")),
    "library": (torch.asarray, errors.NamespaceError, ("torch", "numpy", "must agree")),
}
Pair = namedtuple("Pair", "first second")  # noqa: PYI024  a structure without types, as users have them
Other = namedtuple("Other", "first second")  # noqa: PYI024
LAYER = np.ones(3, np.float32)
# weights, grads (or states) of another structure, what a message must tell apart
STRUCTURES = {
    "shorter": ([LAYER, LAYER], [LAYER], ("list of 2", "list of 1")),
    "longer": ((LAYER,), (LAYER, LAYER), ("tuple of 1", "tuple of 2")),
    "empty": ({"a": LAYER}, {}, ("dict of ['a']", "dict of []")),
    "keys": ({"a": LAYER}, {"b": LAYER}, ("['a']", "['b']")),
    "key-more": ({"a": LAYER}, {"a": LAYER, "b": LAYER}, ("['a']", "['a', 'b']")),
    "tuple-for-list": ([LAYER], (LAYER,), ("a list", "a tuple")),
    "dict-for-list": ([LAYER], {0: LAYER}, ("a list", "a dict")),
    "array-for-list": ([LAYER], LAYER, ("a list", "a ndarray")),
    "tuple-for-named-tuple": (Pair(LAYER, LAYER), (LAYER, LAYER), ("a Pair", "a tuple")),
    "another-named-tuple": (Pair(LAYER, LAYER), Other(LAYER, LAYER), ("a Pair", "a Other")),
    "below": ({"a": [LAYER, Pair(LAYER, LAYER)]}, {"a": [LAYER, [LAYER, LAYER]]}, ("a Pair", "a list")),
}
MODEL_GRADS = {
    "integer": ([np.ones(3, np.int32)], errors.DtypeError),
    "half": ([np.ones(3, np.float16)], errors.DtypeError),
    "list": ([[1.0, 2.0]], errors.NotAnArrayError),
    "libraries": ([np.ones(3, np.float32), torch.ones(3)], errors.NamespaceError),
    "devices": ([torch.ones(3), torch.ones(3, device="meta")], errors.DeviceError),
    "dtypes": ([np.ones(3, np.float32), np.ones(3)], errors.DtypeError),
}


def arguments(rule, library):
    weight, grad = LIBRARIES[library](VALUES), LIBRARIES[library](VALUES) / 8
    return {"weight": weight, "grad": grad, "state": rule.init(weight), "step": 1}


def named_in(way, error):
    """Return who speaks: the hooks see the arrays first."""
    of_arrays = (errors.ShapeError, errors.DtypeError, errors.NamespaceError, errors.NotAnArrayError)
    return "hooks.rescale" if way == "hooked" and error in of_arrays else "nag"


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("way", COMBINED)
def test_a_combined_rule_refuses_at_once_what_the_rule_refuses(refuses, way, fault, library):
    replaced, hyper, error, words = FAULTS[fault]
    given = arguments(COMBINED[way], library) | replaced
    refuses(COMBINED[way].update, given, hyper, error, named_in(way, error), *words)


@pytest.mark.parametrize("fault", GRAD_FAULTS)
@pytest.mark.parametrize("way", COMBINED)
def test_a_combined_rule_refuses_a_gradient_of_another_layer(refuses, way, fault):
    spoil, error, words = GRAD_FAULTS[fault]
    given = arguments(COMBINED[way], "numpy")
    given["grad"] = spoil(given["grad"])
    refuses(COMBINED[way].update, given, RATE, error, named_in(way, error), "grad", *words)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("way", COMBINED)
def test_a_combined_rule_refuses_the_state_of_another_rule(refuses, way, library):
    given = arguments(COMBINED[way], library) | {"step": 2}
    for other in (sgd, lamb, accumulated(accumulated(nag, 2), 2), with_master_weight(with_master_weight(nag))):
        state = other.init(given["weight"])
        refuses(COMBINED[way].update, given | {"state": state}, RATE, errors.StateError, "nag", "state", "init")


@pytest.mark.parametrize("weight", [VALUES, 1.0, None])
@pytest.mark.parametrize("way", COMBINED)
def test_init_refuses_what_is_no_array(refuses, way, weight):
    refuses(COMBINED[way].init, {"weight": weight}, {}, errors.NotAnArrayError, "nag", "weight", "array API standard")


@pytest.mark.parametrize("dtype", [np.int32, np.bool_, np.complex64])
@pytest.mark.parametrize("way", COMBINED)
def test_init_refuses_what_is_no_real_floating_array(refuses, way, dtype):
    weight = np.ones(3, dtype)
    refuses(COMBINED[way].init, {"weight": weight}, {}, errors.DtypeError, "nag", "weight", str(weight.dtype), "float")


@pytest.mark.parametrize("count", [0, -1, 1.5, 2.0, True, None, "2", math.nan, (2,)])
def test_accumulated_refuses_a_count_that_is_none(refuses, count):
    words = ("accumulated(lars)", repr(count), "integer >= 1")
    refuses(partial(accumulated, lars), {"count": count}, {}, errors.HyperparameterError, *words)


def test_with_master_weight_refuses_a_weight_that_is_not_the_masters(refuses):
    rule, given = with_master_weight(nag), arguments(with_master_weight(nag), "numpy")
    words = ("nag", "weight", "(1, 3)", "(2, 3)", "must agree")
    refuses(rule.update, given | {"weight": given["weight"][:1]}, RATE, errors.ShapeError, *words)


@pytest.mark.parametrize("field", ["inner", "master"])
def test_with_master_weight_refuses_a_state_that_was_put_together_wrongly(refuses, field):
    rule, given = with_master_weight(nag), arguments(with_master_weight(nag), "numpy")
    wrong = {"inner": lamb.init(given["weight"]), "master": given["weight"].astype(np.float16)}
    error = {"inner": errors.StateError, "master": errors.DtypeError}[field]
    refuses(rule.update, given | {"state": given["state"]._replace(**{field: wrong[field]})}, RATE, error, "nag")


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf, "0.1", None, True, np.ones(1)], ids=str)
def test_a_scheduled_value_is_checked_like_a_given_one(refuses, value):
    rule, given = scheduled(lars, learning_rate=lambda _: value), arguments(lars, "numpy")
    refuses(rule.update, given, {}, errors.HyperparameterError, "lars.update", "learning_rate", "number")


def test_scheduled_refuses_a_name_that_the_rule_lacks_and_a_schedule_that_is_no_function(refuses):
    words = ("scheduled(lars)", "'rate'", "learning_rate")
    refuses(partial(scheduled, lars), {}, {"rate": abs}, errors.UnknownHyperparameterError, *words)
    words = ("scheduled(lars)", "learning_rate", "0.1", "function")
    refuses(partial(scheduled, lars), {}, RATE, errors.HyperparameterError, *words)


@pytest.mark.parametrize("count", [0, -2, 1.5])
def test_restepped_refuses_a_count_that_is_none(refuses, count):
    rule, given = restepped(lars, lambda _: count), arguments(lars, "numpy")
    refuses(rule.update, given, RATE, errors.StepError, "lars", "step", "integers from 1")


def test_hooked_refuses_two_hyperparameters_of_one_name_and_a_late_hook_that_no_rule_asks_for(refuses):
    words = ("hooked(lars)", "'weight_decay'", "bind one of them first")
    refuses(hooked, {"rule": lars, "hook": hooks.decay}, {}, errors.UnknownHyperparameterError, *words)
    words = ("hooked(lars)", "'clip_gradient'", "bind one of them first")
    two = {"rule": lars, "one": hooks.clip, "two": hooks.clip}
    refuses(hooked, two, {}, errors.UnknownHyperparameterError, *words)
    refuses(hooked, {"rule": sgd}, {"late": (hooks.clip,)}, errors.UnknownHyperparameterError, "sgd", "late_hook")


@pytest.mark.parametrize("value", [-0.1, math.nan, "1", None, np.ones(1)], ids=str)
@pytest.mark.parametrize("where", ["early", "late"])
def test_a_hyperparameter_of_a_hook_is_checked_behind_hooked(refuses, where, value):
    rule = hooked(lars, hooks.clip) if where == "early" else hooked(lars, late=(hooks.clip,))
    words = ("hooks.clip", "clip_gradient", "number")
    refuses(rule.update, arguments(lars, "numpy"), RATE | {"clip_gradient": value}, errors.HyperparameterError, *words)


def test_decay_reads_new_weight_refuses_a_rule_without_velocity():
    rule = partial(decay_reads_new_weight, lamb)
    with pytest.raises(errors.LbrefError, match=r"lamb.*velocity"):
        rule().update(*arguments(lamb, "numpy").values(), **RATE)


@pytest.mark.parametrize("combine", [accumulated, bind, scheduled, each])
def test_a_message_names_the_rule_however_deep_it_stands(combine):
    deep = with_master_weight(hooked(lars, hooks.clip))
    broken = {
        accumulated: lambda: accumulated(deep, 0),
        bind: lambda: bind(deep, lr=0.1),
        scheduled: lambda: scheduled(deep, lr=abs),
        each: lambda: each(deep).update([LAYER], [], [], 1, **RATE),
    }
    with pytest.raises(errors.LbrefError, match="lars"):
        broken[combine]()


@pytest.mark.parametrize("named", ["grads", "states"])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_each_refuses_structures_that_do_not_match(refuses, structure, named):
    weights, others, words = STRUCTURES[structure]
    given = {"weights": weights, "grads": weights, "states": each(sgd).init(weights), "step": 1} | {named: others}
    refuses(each(sgd).update, given, RATE, errors.StructureError, "each(sgd)", named, *words, "must agree")


def test_each_names_the_layer_that_is_wrong(refuses):
    weights = {"encoder": [LAYER, LAYER], "decoder": [LAYER]}
    grads = {"encoder": [LAYER, LAYER[:2]], "decoder": [LAYER]}
    given = {"weights": weights, "grads": grads, "states": each(sgd).init(weights), "step": 1}
    refuses(each(sgd).update, given, RATE, errors.ShapeError, "(2,)", "encoder", "1")


def test_each_refuses_a_model_hook_that_loses_a_layer(refuses):
    rule = each(sgd, lambda grads: grads[:1])
    given = {"weights": [LAYER] * 2, "grads": [LAYER] * 2, "states": rule.init([LAYER] * 2), "step": 1}
    refuses(rule.update, given, RATE, errors.StructureError, "each(sgd)", "2", "1")


@pytest.mark.parametrize("fault", MODEL_GRADS)
def test_clip_global_norm_refuses_gradients_that_are_not_of_one_model(refuses, fault):
    grads, error = MODEL_GRADS[fault]
    refuses(hooks.clip_global_norm, {"grads": grads}, {"max_norm": 1.0}, error, "hooks.clip_global_norm")


@pytest.mark.parametrize("norm", [0, -1.0, math.nan, "1", None, True, np.ones(1)], ids=str)
def test_clip_global_norm_refuses_a_norm_that_is_none(refuses, norm):
    words = ("hooks.clip_global_norm", "max_norm", "number")
    refuses(hooks.clip_global_norm, {"grads": [LAYER]}, {"max_norm": norm}, errors.HyperparameterError, *words)


@pytest.mark.parametrize("way", COMBINED)
def test_what_is_spoilt_above_is_accepted_unspoilt(way):
    for library in LIBRARIES:
        COMBINED[way].update(*arguments(COMBINED[way], library).values(), **RATE)
