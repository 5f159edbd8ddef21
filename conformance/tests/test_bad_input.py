"""Bad input of rules and hooks: a typed error says where, what is wrong and what would be right; nothing is changed."""

from __future__ import annotations

import subprocess
import sys

import array_api_compat.numpy
import array_api_compat.torch
import jax.numpy as jnp
import numpy as np
import pytest

from lbref import errors, hooks
from lbref.rules import lamb, lans, lars, lbsgd, nag, sgd

RULES = {"sgd": sgd, "nag": nag, "lars": lars, "lamb": lamb, "lans": lans, "lbsgd": lbsgd}
HOOKS = {hook.__name__: hook for hook in (hooks.rescale, hooks.clip, hooks.decay, hooks.gradient_lars)}
LIBRARIES = {"numpy": array_api_compat.numpy, "torch": array_api_compat.torch}
VALUES = [[1.0, -2.0, 3.0], [0.5, 0.25, -0.125]]
SLOTS = [(rule, slot) for rule in RULES for slot in ("weight", "grad", *RULES[rule].State._fields)]

HALF = ("float32 or float64", "with_master_weight")
AGREE = ("must agree",)
# what is done to an array -> (how, the error, words of the message beside the argument's name)
ARRAY_FAULTS = {
    "one-row": (lambda a: a[:1, :], errors.ShapeError, ("shape (1, 3)", "shape (2, 3)", *AGREE)),
    "one-column": (lambda a: a[:, :1], errors.ShapeError, ("shape (2, 1)", "shape (2, 3)", *AGREE)),
    "0-d": (lambda a: a[0, 0], errors.ShapeError, ("shape ()", "shape (2, 3)", *AGREE)),
    "empty": (lambda a: a[:0, :], errors.ShapeError, ("shape (0, 3)", "shape (2, 3)", *AGREE)),
    "transposed": (lambda a: a.T, errors.ShapeError, ("shape (3, 2)", "shape (2, 3)", *AGREE)),
    "float64": (lambda a: cast(a, "float64"), errors.DtypeError, ("float64", "float32", *AGREE)),
    "float16": (lambda a: cast(a, "float16"), errors.DtypeError, ("float16", *HALF)),
    "int32": (lambda a: cast(a, "int32"), errors.DtypeError, ("int32", *HALF)),
    "bool": (lambda a: cast(a, "bool"), errors.DtypeError, ("bool", *HALF)),
    "complex64": (lambda a: cast(a, "complex64"), errors.DtypeError, ("complex64", *HALF)),
    "list": (lambda a: a.tolist(), errors.NotAnArrayError, ("list", "array API standard")),
    "number": (lambda _: 1.0, errors.NotAnArrayError, ("float", "array API standard")),
    "none": (lambda _: None, errors.NotAnArrayError, ("NoneType", "array API standard")),
    "numpy-or-torch": (lambda a: other(a, VALUES), errors.NamespaceError, ("numpy", "torch", "belongs to", *AGREE)),
    "jax": (lambda _: jnp.asarray(VALUES), errors.NamespaceError, ("jax", "belongs to", *AGREE)),
}
STEP_FAULTS = {"0": 0, "-1": -1, "1.5": 1.5, "1.0": 1.0, "True": True, "text": "1", "None": None, "complex": 1j}
ARRAY_STEP_FAULTS = {
    "numpy-zero": np.int64(0),
    "numpy-negative": np.int32(-3),
    "numpy-half": np.float32(1.5),
    "numpy-bool": np.True_,
    "array": np.array([1, 2, 3]),
}


def cast(array, dtype):
    xp = library_of(array)
    return xp.astype(array, getattr(xp, dtype))


def library_of(array):
    return LIBRARIES["torch" if array_api_compat.is_torch_array(array) else "numpy"]


def other(array, values):
    (library,) = (xp for xp in LIBRARIES.values() if xp is not library_of(array))
    return library.asarray(values, dtype=library.float32)


def arguments(rule, library):
    xp = LIBRARIES[library]
    weight, grad = xp.asarray(VALUES, dtype=xp.float32), xp.asarray(VALUES, dtype=xp.float32) / 8
    state = rule.State(*(xp.full_like(weight, 0.5) for _ in rule.State._fields))
    return {"weight": weight, "grad": grad, "state": state, "step": 3}


def spoilt(given, slot, value):
    return given | ({slot: value} if slot in given else {"state": given["state"]._replace(**{slot: value})})


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("fault", ARRAY_FAULTS)
@pytest.mark.parametrize(("rule", "slot"), SLOTS)
def test_a_rule_refuses_arrays_that_are_not_one_layer(refuses, rule, slot, fault, library):
    spoil, error, words = ARRAY_FAULTS[fault]
    given = arguments(RULES[rule], library)
    array = getattr(given["state"], slot, None) if slot not in given else given[slot]
    refuses(RULES[rule].update, spoilt(given, slot, spoil(array)), {"learning_rate": 0.1}, error, rule, slot, *words)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("fault", ARRAY_FAULTS)
@pytest.mark.parametrize("slot", ["weight", "grad"])
@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_refuses_arrays_that_are_not_one_layer(refuses, hook, slot, fault, library):
    spoil, error, words = ARRAY_FAULTS[fault]
    given = {name: arguments(sgd, library)[name] for name in ("weight", "grad")}
    refuses(HOOKS[hook], spoilt(given, slot, spoil(given[slot])), {}, error, f"hooks.{hook}", slot, *words)


@pytest.mark.parametrize(("rule", "slot"), SLOTS)
def test_a_rule_refuses_arrays_on_two_devices(refuses, rule, slot):
    given = arguments(RULES[rule], "torch")
    elsewhere = spoilt(given, slot, given["weight"].to("meta"))
    words = (rule, slot, "meta", "cpu", *AGREE)
    refuses(RULES[rule].update, elsewhere, {"learning_rate": 0.1}, errors.DeviceError, *words)


def test_a_rule_refuses_arrays_on_two_jax_devices():
    program = (
        "import jax; jax.config.update('jax_platforms', 'cpu'); jax.config.update('jax_num_cpu_devices', 2)\n"
        "from lbref.rules import sgd\n"
        "one, two = (jax.device_put(jax.numpy.ones(3), device) for device in jax.devices())\n"
        "try: sgd.update(one, two, sgd.init(one), 1, learning_rate=0.1)\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  written above
    assert said.startswith("DeviceError sgd.update: grad lies on device")


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("fault", [fault for fault, row in ARRAY_FAULTS.items() if "must agree" not in row[2]])
@pytest.mark.parametrize("rule", RULES)
def test_init_refuses_what_no_rule_computes_with(refuses, rule, fault, library):
    spoil, error, words = ARRAY_FAULTS[fault]
    weight = spoil(arguments(RULES[rule], library)["weight"])
    refuses(RULES[rule].init, {"weight": weight}, {}, error, f"{rule}.init", "weight", *words)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("foreign", [*RULES, "tuple", "dict", "array", "none"])
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_refuses_a_state_that_is_not_its_own(refuses, rule, foreign, library):
    given = arguments(RULES[rule], library)
    others = {"tuple": tuple(given["state"]), "dict": given["state"]._asdict(), "array": given["weight"], "none": None}
    state = others[foreign] if foreign in others else arguments(RULES[foreign], library)["state"]
    if foreign != rule:
        words = (rule, "state", type(state).__name__, f"{rule}.init")
        refuses(RULES[rule].update, given | {"state": state}, {"learning_rate": 0.1}, errors.StateError, *words)


@pytest.mark.parametrize("fault", [*STEP_FAULTS, *ARRAY_STEP_FAULTS])
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_refuses_a_step_that_is_no_count_from_1(refuses, rule, fault):
    given = arguments(RULES[rule], "numpy") | {"step": (STEP_FAULTS | ARRAY_STEP_FAULTS)[fault]}
    refuses(RULES[rule].update, given, {"learning_rate": 0.1}, errors.StepError, rule, "step", "integers from 1")


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("rule", RULES)
def test_what_is_spoilt_above_is_accepted_unspoilt(rule, library):
    RULES[rule].update(*arguments(RULES[rule], library).values(), learning_rate=0.1)
    for hook in HOOKS.values():
        hook(*list(arguments(RULES[rule], library).values())[:2])
