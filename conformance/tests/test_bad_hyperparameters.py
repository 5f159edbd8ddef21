"""Bad hyperparameters of rules and hooks: a typed error says where, what is wrong and what would be right."""

from __future__ import annotations

import inspect
import math
from functools import partial

import array_api_compat.numpy
import array_api_compat.torch
import numpy as np
import pytest

from lbref import errors, hooks
from lbref.combine import bind
from lbref.rules import lamb, lans, lars, lbsgd, nag, sgd

RULES = {"sgd": sgd, "nag": nag, "lars": lars, "lamb": lamb, "lans": lans, "lbsgd": lbsgd}
HOOKS = {hook.__name__: hook for hook in (hooks.rescale, hooks.clip, hooks.decay, hooks.gradient_lars)}
LIBRARIES = {"numpy": array_api_compat.numpy, "torch": array_api_compat.torch}
VALUES = [[1.0, -2.0, 3.0], [0.5, 0.25, -0.125]]

FINITE, INTEGER, BETA = ("finite number >= 0",), ("integer",), ("[0, 1)",)
# hyperparameter -> (words that say what is right, values out of its range)
RANGES = {
    **dict.fromkeys(("learning_rate", "momentum", "weight_decay", "eps"), (FINITE, (-0.1, math.inf, -(10**400)))),
    **dict.fromkeys(("trust_coefficient", "lower_bound"), (FINITE, (-1, math.inf, 10**400))),
    **dict.fromkeys(("beta1", "beta2"), (BETA, (-0.1, 1, 1.5, math.inf))),
    **dict.fromkeys(("upper_bound", "clip_gradient"), (("number >= 0",), (-0.1, -5))),
    **dict.fromkeys(("updates_per_epoch", "warmup_epochs", "begin_epoch"), (INTEGER, (-1, 0.5, math.inf))),
    "batch_scale": (INTEGER, (0, -1, 1.5, math.inf)),
    "rescale_grad": (("finite number",), (math.inf, 10**400)),
}
NOT_NUMBERS = (math.nan, -math.inf, "0.1", True, False, None, 1j, (0.1,), np.ones(1), np.ones((2, 3)))


def arguments(rule, library):
    xp = LIBRARIES[library]
    weight, grad = xp.asarray(VALUES, dtype=xp.float32), xp.asarray(VALUES, dtype=xp.float32) / 8
    state = rule.State(*(xp.full_like(weight, 0.5) for _ in rule.State._fields))
    return {"weight": weight, "grad": grad, "state": state, "step": 3}


def numeric(function):
    keywords = [p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    return [p.name for p in keywords if p.default is p.empty or isinstance(p.default, int | float)]


def ids(value):
    return value if isinstance(value, str) else f"{type(value).__name__}-{value}"[:30].replace("\n", "")


ASKED = [(rule, name) for rule in RULES for name in numeric(RULES[rule].update)]
ASKED_HOOKS = [(hook, name) for hook in HOOKS for name in numeric(HOOKS[hook])]
BAD_VALUES = [(*one, value) for one in ASKED for value in (*RANGES[one[1]][1], *NOT_NUMBERS)]
BAD_HOOK_VALUES = [(*one, value) for one in ASKED_HOOKS for value in (*RANGES[one[1]][1], *NOT_NUMBERS)]


def right(name, value):
    return ("0-d array", str(value.shape)) if hasattr(value, "shape") else (*RANGES[name][0], repr(value)[:20])


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("rule", "name", "value"), BAD_VALUES, ids=ids)
def test_a_rule_refuses_a_hyperparameter_out_of_range(refuses, rule, name, value, library):
    hyper, words = {"learning_rate": 0.1} | {name: value}, (f"{rule}.update", name, *right(name, value))
    refuses(RULES[rule].update, arguments(RULES[rule], library), hyper, errors.HyperparameterError, *words)


@pytest.mark.parametrize(("rule", "name", "value"), BAD_VALUES, ids=ids)
def test_bind_refuses_a_hyperparameter_out_of_range(refuses, rule, name, value):
    words = (f"bind({rule})", name, *right(name, value))
    refuses(partial(bind, RULES[rule]), {}, {name: value}, errors.HyperparameterError, *words)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("hook", "name", "value"), BAD_HOOK_VALUES, ids=ids)
def test_a_hook_refuses_a_hyperparameter_out_of_range(refuses, hook, name, value, library):
    given = {name: arguments(sgd, library)[name] for name in ("weight", "grad")}
    words = (f"hooks.{hook}", name, *right(name, value))
    refuses(HOOKS[hook], given, {name: value}, errors.HyperparameterError, *words)


@pytest.mark.parametrize("value", [np.array(1j), np.array(True), np.True_], ids=ids)
@pytest.mark.parametrize("rule", RULES)
def test_a_0d_array_must_be_a_real_number(rule, value):
    hyper = {"learning_rate": value}
    with pytest.raises(errors.LbrefError, match=rf"{rule}\.update: learning_rate"):
        RULES[rule].update(*arguments(RULES[rule], "numpy").values(), **hyper)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("rule", RULES)
def test_a_0d_array_of_another_library_counts_as_its_number(rule, library):
    (foreign,) = (xp.asarray(0.125) for name, xp in LIBRARIES.items() if name != library)
    moved, _ = RULES[rule].update(*arguments(RULES[rule], library).values(), learning_rate=foreign)
    plain, _ = RULES[rule].update(*arguments(RULES[rule], library).values(), learning_rate=0.125)
    assert moved.dtype == plain.dtype
    assert (moved == plain).all()


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_a_0d_array_is_checked_like_its_number(refuses, rule, library, value):
    hyper = {"learning_rate": LIBRARIES[library].asarray(value)}
    words = (f"{rule}.update", "learning_rate", *FINITE)
    refuses(RULES[rule].update, arguments(RULES[rule], library), hyper, errors.HyperparameterError, *words)


@pytest.mark.parametrize("rule", RULES)
def test_an_axis_must_be_a_function(refuses, rule):
    parameters = inspect.signature(RULES[rule].update).parameters
    axes = [name for name, p in parameters.items() if p.default is not p.empty and callable(p.default)]
    for hyper in ({axis: "optax", "learning_rate": 0.1} for axis in axes):
        words = (next(iter(hyper)), "'optax'", "must be a function")
        refuses(RULES[rule].update, arguments(RULES[rule], "numpy"), hyper, errors.HyperparameterError, *words)
        with pytest.raises(errors.HyperparameterError, match="must be a function"):
            bind(RULES[rule], **hyper)


@pytest.mark.parametrize("value", [np.float32(-0.1), np.float64(-0.1), np.float32("nan"), np.int64(-1)], ids=ids)
@pytest.mark.parametrize("rule", RULES)
def test_a_number_of_numpy_is_checked_like_one_of_python(refuses, rule, value):
    given, words = arguments(RULES[rule], "numpy"), (f"{rule}.update", "learning_rate", *FINITE)
    refuses(RULES[rule].update, given, {"learning_rate": value}, errors.HyperparameterError, *words)


@pytest.mark.parametrize("value", [np.float64(0.1), np.array(0.1), np.int64(1), np.float32(0.1)], ids=ids)
@pytest.mark.parametrize("rule", RULES)
def test_a_number_of_numpy_leaves_the_dtype_of_the_weight(rule, value):
    weight, state = RULES[rule].update(*arguments(RULES[rule], "numpy").values(), learning_rate=value)
    assert {str(array.dtype) for array in (weight, *state)} == {"float32"}


@pytest.mark.parametrize("rule", RULES)
def test_a_step_of_numpy_leaves_the_dtype_of_the_weight(rule):
    given = arguments(RULES[rule], "numpy") | {"step": np.int64(3)}
    weight, state = RULES[rule].update(*given.values(), learning_rate=0.1)
    assert {str(array.dtype) for array in (weight, *state)} == {"float32"}


@pytest.mark.parametrize("rule", ["lamb", "lans"])
def test_the_lower_bound_is_not_above_the_upper(refuses, rule):
    given, hyper = arguments(RULES[rule], "numpy"), {"learning_rate": 0.1, "lower_bound": 2.0, "upper_bound": 1.0}
    refuses(RULES[rule].update, given, hyper, errors.HyperparameterError, rule, "lower_bound", "upper_bound")


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_names_its_hyperparameters_where_one_is_unknown(refuses, rule):
    given, known = arguments(RULES[rule], "numpy"), inspect.signature(RULES[rule].update).parameters
    words = (rule, "'lr'", *(name for name in known if name not in given))
    for function, hyper in ((RULES[rule].update, {"learning_rate": 0.1, "lr": 0.1}), (RULES[rule].update, {"lr": 0.1})):
        refuses(function, given, hyper, errors.UnknownHyperparameterError, *words)
    refuses(partial(bind, RULES[rule]), {}, {"lr": 0.1}, errors.UnknownHyperparameterError, *words)
    refuses(partial(bind, RULES[rule]), {}, {"weight": 0.1}, errors.UnknownHyperparameterError, rule, "'weight'")


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_refuses_to_do_without_a_learning_rate(refuses, rule):
    given, words = arguments(RULES[rule], "numpy"), (rule, "'learning_rate'", "missing")
    refuses(RULES[rule].update, given, {}, errors.UnknownHyperparameterError, *words)
    refuses(bind(RULES[rule], weight_decay=0.1).update, given, {}, errors.UnknownHyperparameterError, *words)


@pytest.mark.parametrize("rule", RULES)
def test_hyperparameters_go_by_name(refuses, rule):
    given, words = arguments(RULES[rule], "numpy"), (rule, "4 positional", "weight, grad, state, step", "by name")
    refuses(RULES[rule].update, given | {"rate": 0.1}, {}, errors.UnknownHyperparameterError, *words)
    refuses(bind(RULES[rule]).update, given | {"rate": 0.1}, {}, errors.UnknownHyperparameterError, *words)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_names_its_hyperparameters_where_one_is_unknown_or_goes_by_place(refuses, hook):
    given = {name: arguments(sgd, "numpy")[name] for name in ("weight", "grad")}
    words = (f"hooks.{hook}", "'lr'", *numeric(HOOKS[hook]))
    refuses(HOOKS[hook], given, {"lr": 0.1}, errors.UnknownHyperparameterError, *words)
    refuses(HOOKS[hook], given | {"rate": 0.1}, {}, errors.UnknownHyperparameterError, hook, "weight, grad", "by name")
