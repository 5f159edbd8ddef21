"""The transformations of optax refuse what means nothing, with a typed error that says what would be right."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lbref import errors
from lbref.facades import optax as facade

NAMES = ["lars", "lamb", "lans", "nag", "sgd", "lbsgd"]
PARAMS = {"w": jnp.asarray([3.0, 4.0]), "b": jnp.asarray([1.0])}
GRADS = {"w": jnp.asarray([0.5, -0.25]), "b": jnp.asarray([0.5])}
RANGES = {
    "learning_rate": ("lars", "lamb", "lans", "nag", "sgd", "lbsgd"),
    "weight_decay": ("lars", "lamb", "lans", "nag", "sgd", "lbsgd"),
    "momentum": ("lars", "nag", "sgd", "lbsgd"),
    "trust_coefficient": ("lars",),
    "eps": ("lars", "lamb", "lans"),
    "lower_bound": ("lamb", "lans"),
    "upper_bound": ("lamb", "lans"),
    "b1": ("lamb", "lans"),
    "b2": ("lamb", "lans"),
    "batch_scale": ("lbsgd",),
    "warmup_epochs": ("lbsgd",),
    "updates_per_epoch": ("lbsgd",),
    "begin_epoch": ("lbsgd",),
}
NUMBERS = [(name, word) for word, names in RANGES.items() for name in names]
COUNTS = ("batch_scale", "warmup_epochs", "updates_per_epoch", "begin_epoch")


def make(name, **settings):
    return getattr(facade, name)(**{"learning_rate": 0.5} | settings)


@pytest.mark.parametrize("bad", [-1.0, math.nan, "0.5", True, [0.5], np.ones(2)], ids=repr)
@pytest.mark.parametrize(("name", "word"), NUMBERS)
def test_a_number_out_of_its_range(name, word, bad, refuses):
    refuses(make, {"name": name}, {word: bad}, errors.HyperparameterError, word, "must be a")


@pytest.mark.parametrize(("name", "word"), [pair for pair in NUMBERS if pair[1] not in ("eps", "trust_coefficient")])
def test_what_no_dialect_fixes_is_not_left_open(name, word, refuses):
    """For optax's own sgd a momentum of None is none; here 0 is."""
    refuses(make, {"name": name}, {word: None}, errors.HyperparameterError, f"{word} is None", "must be a")


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, word in NUMBERS if word in ("b1", "b2", *COUNTS)])
def test_a_number_above_its_range(name, word, refuses):
    bad = 1.5 if word in COUNTS else 1.0
    refuses(make, {"name": name}, {word: bad}, errors.HyperparameterError, word, "must be a")


@pytest.mark.parametrize("name", ["lamb", "lans"])
def test_bounds_in_the_wrong_order(name, refuses):
    bounds = {"lower_bound": 2.0, "upper_bound": 1.0}
    refuses(make, {"name": name}, bounds, errors.HyperparameterError, "at most")
    refuses(
        make, {"name": name}, bounds | {"learning_rate": lambda count: count}, errors.HyperparameterError, "at most"
    )


@pytest.mark.parametrize("word", COUNTS)
def test_a_schedule_of_what_counts(word, refuses):
    refuses(make, {"name": "lbsgd"}, {word: lambda count: count}, errors.HyperparameterError, word, "an integer")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dialect", ["", "optax", "published ", 3])
def test_an_unknown_dialect(name, dialect, refuses):
    refuses(make, {"name": name}, {"dialect": dialect}, errors.HyperparameterError, "dialect", "must be None or one of")


def test_an_unknown_strategy(refuses):
    given = {"warmup_strategy": "linaer"}
    refuses(make, {"name": "lbsgd"}, given, errors.HyperparameterError, "warmup_strategy", "linear, power2, sqrt")


@pytest.mark.parametrize("mask", [None, 1, "w", {"w": 0.5, "b": True}, {"w": jnp.ones(2, bool)}], ids=repr)
@pytest.mark.parametrize("word", ["adaptive", "weight_decay_mask"])
def test_what_is_no_mask(word, mask, refuses):
    refuses(make, {"name": "lars"}, {word: mask}, errors.HyperparameterError, word, "True or False")


# --- update --------------------------------------------------------------------------------------------------------


def ask(transformation, updates=GRADS, state=None, params=PARAMS):
    return transformation.update(updates, transformation.init(PARAMS) if state is None else state, params)


@pytest.mark.parametrize("name", NAMES)
def test_without_params(name, refuses):
    transformation = make(name)
    given = {"transformation": transformation}
    refuses(ask, given, {"params": None}, errors.StructureError, "params is None", "update(updates, state, params)")


@pytest.mark.parametrize(
    "updates",
    [{"w": GRADS["w"]}, {**GRADS, "c": GRADS["b"]}, list(GRADS.values()), None],
    ids=["less", "more", "a list", "None"],
)
def test_updates_of_another_structure(updates, refuses):
    refuses(ask, {"t": make("lamb")}, {"updates": updates}, errors.StructureError, "updates must be structured like")


@pytest.mark.parametrize("mask", [{"w": True}, {"w": True, "c": True}, [True, False]], ids=["less", "other", "a list"])
@pytest.mark.parametrize("word", ["adaptive", "weight_decay_mask"])
@pytest.mark.parametrize("as_function", [False, True], ids=["tree", "function"])
def test_a_mask_of_another_structure(word, mask, as_function, refuses):
    transformation = make("lars", **{word: (lambda _: mask) if as_function else mask})
    refuses(ask, {"t": transformation}, {}, errors.StructureError, word, "prefix of the params")


def test_a_traced_mask(refuses):
    def traced(flag):
        return ask(make("lars", adaptive=lambda _: {"w": flag, "b": True}))

    refuses(jax.jit(traced), {"flag": jnp.asarray(True)}, {}, errors.HyperparameterError, "adaptive", "True or False")


@pytest.mark.parametrize("other", [name for name in NAMES if name != "lars"])
def test_the_state_of_another_rule(other, refuses):
    state = make(other).init(PARAMS)
    refuses(ask, {"t": make("lars")}, {"state": state}, errors.StateError, f"lbref.rules.{other}", "lbref.rules.lars")


@pytest.mark.parametrize(
    "state",
    [
        optax.lars(0.5).init(PARAMS),
        optax.EmptyState(),
        make("lars").init(PARAMS).memory,
        tuple(make("lars").init(PARAMS)),
        make("lars").init({"w": PARAMS["w"]}),
        make("lars").init(jax.tree.map(lambda leaf: leaf.astype(jnp.bfloat16), PARAMS)),
    ],
    ids=["optax", "empty", "memory", "tuple", "other params", "halves"],
)
def test_the_state_of_something_else(state, refuses):
    refuses(ask, {"t": make("lars")}, {"state": state}, errors.StateError)


def test_a_state_without_the_copies_of_halves(refuses):
    params, grads = (jax.tree.map(lambda leaf: leaf.astype(jnp.bfloat16), tree) for tree in (PARAMS, GRADS))
    given = {"t": make("lars"), "updates": grads, "state": make("lars").init(PARAMS), "params": params}
    refuses(ask, given, {}, errors.StateError, "at params['b']")


@pytest.mark.parametrize(
    ("leaf", "error"),
    [
        (jnp.asarray([3, 4]), errors.DtypeError),
        (np.asarray([3, 4]), errors.DtypeError),
        (jnp.asarray([3j, 4]), errors.DtypeError),
        (3, errors.DtypeError),
        ("weights", errors.NotAnArrayError),
        (object(), errors.NotAnArrayError),
    ],
    ids=["integers", "NumPy's integers", "complex", "int", "str", "object"],
)
def test_a_param_that_no_rule_computes_with(leaf, error, refuses):
    refuses(make("lamb").init, {"params": {"w": [leaf]}}, {}, error, "in optax.lamb, at params['w'][0]")


@pytest.mark.parametrize(
    ("grad", "error"),
    [
        (jnp.ones(3), errors.ShapeError),
        (jnp.ones(2, jnp.bfloat16), errors.DtypeError),
        (jnp.ones(2, int), errors.DtypeError),
        (None, errors.NotAnArrayError),
        ("grad", errors.NotAnArrayError),
    ],
    ids=["shape", "half", "integers", "None", "str"],
)
def test_a_gradient_that_does_not_fit(grad, error, refuses):
    refuses(ask, {"t": make("lans")}, {"updates": {**GRADS, "w": grad}}, error, "in optax.lans, at params['w']")


@pytest.mark.parametrize("value", [-0.5, math.nan, "fast", jnp.ones(2)], ids=repr)
@pytest.mark.parametrize("word", ["learning_rate", "momentum", "weight_decay"])
def test_what_a_schedule_returns(word, value, refuses):
    transformation = make("lars", **{word: lambda _: value})
    refuses(ask, {"t": transformation}, {}, errors.HyperparameterError, f"optax.lars: {word} is")


@pytest.mark.parametrize("count", [0.5, jnp.float32(1), jnp.zeros(2, int)], ids=["float", "float32", "shape"])
def test_a_count_that_is_none(count, refuses):
    state = make("lamb").init(PARAMS)._replace(count=count)
    refuses(ask, {"t": make("lamb")}, {"state": state}, errors.StepError)


@pytest.mark.parametrize("word", COUNTS)
def test_a_count_of_lbsgd_that_is_traced_with_the_step(word, refuses):
    def step(state, value):
        return ask(make("lbsgd", **{word: value}), state=state)

    given = {"state": make("lbsgd").init(PARAMS), "value": jnp.asarray(2)}
    refuses(jax.jit(step), given, {}, errors.HyperparameterError, word, "traced")
