"""Bad arguments of MXNet's optimizers and schedulers: a typed error says what would be right; nothing is changed."""

from __future__ import annotations

import inspect
import math
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lbref import errors
from lbref.facades import mxnet1, mxnet2

RELEASES = pytest.mark.parametrize("release", [mxnet1, mxnet2], ids=["mxnet1", "mxnet2"])
MAKERS = [
    *(getattr(mxnet1, name) for name in ("Optimizer", "SGD", "NAG", "LARS", "LAMB", "LBSGD")),
    *(getattr(mxnet2, name) for name in ("Optimizer", "SGD", "NAG", "LARS", "LAMB", "LANS")),
]
NAN, INF = math.nan, math.inf

NOT_NUMBERS = (NAN, -INF, True, "0.1", [0.1], np.ones(2), 1j)
FINITE = ("finite number >= 0", (None, -0.1, INF, *NOT_NUMBERS))
LIMIT = ("number >= 0", (-0.1, *NOT_NUMBERS))  # None and infinity are none
WHOLE = ("integer >= 0", (None, -1, 0.5, INF, *NOT_NUMBERS))
FLAG = ("True or False", (-1, 2, 0.0, NAN, "True", [True], np.ones(2)))
DICT = ("a dict by index", (3, "names", [0], ("fc_weight",), np.ones(2), True))
# argument -> (words that say what is right, values that are wrong)
ARGUMENTS = {
    **dict.fromkeys(("wd", "momentum", "eta", "eps", "epsilon"), FINITE),
    **dict.fromkeys(("learning_rate", "lower_bound"), (FINITE[0], FINITE[1][1:])),
    **dict.fromkeys(("clip_gradient", "upper_bound"), LIMIT),
    **dict.fromkeys(("beta1", "beta2"), ("in [0, 1)", (None, -0.1, 1, 1.0, INF, *NOT_NUMBERS))),
    **dict.fromkeys(("begin_num_update", "warmup_epochs", "updates_per_epoch", "begin_epoch", "num_epochs"), WHOLE),
    **dict.fromkeys(("multi_precision", "lazy_update", "momentum_correction", "bias_correction"), FLAG),
    **dict.fromkeys(("param_idx2name", "param_dict"), DICT),
    "use_fused_step": FLAG,
    "rescale_grad": ("finite number", (None, INF, *NOT_NUMBERS)),
    "batch_scale": ("integer >= 1", (None, 0, -1, 1.5, INF, *NOT_NUMBERS)),
    "aggregate_num": ("integer >= 0", (-1, 0.5, *NOT_NUMBERS)),
    "warmup_strategy": ("a string", (None, 1, NAN, True, ["linear"])),
    "lr_scheduler": ("a function of the count of updates", (3, "factor", [0.1], NAN, True)),
    "sym": ("an object with attr_dict()", (3, "sym", [], {}, NAN)),
}
NUMBERS = {name for name, (words, _) in ARGUMENTS.items() if "number" in words or "integer" in words or "[" in words}


def ids(value):
    return value.__name__ if isinstance(value, type) else f"{type(value).__name__}-{value}"[:24].replace("\n", "")


def arguments_of(make):
    """Return the arguments of a class, and with the base class of a release those of the class below both."""
    classes = make.__mro__ if make.__name__ == "Optimizer" else [make]
    return {name for each in classes for name in inspect.signature(each.__init__).parameters} - {
        "self",
        "args",
        "kwargs",
    }


BAD = [(make, name, value) for make in MAKERS for name in sorted(arguments_of(make)) for value in ARGUMENTS[name][1]]


def test_every_argument_has_a_row():
    assert {name for make in MAKERS for name in arguments_of(make)} == set(ARGUMENTS)


@pytest.mark.parametrize(("make", "name", "value"), BAD, ids=ids)
def test_an_argument_out_of_range_is_refused_before_the_scheduler_is_written_to(refuses, make, name, value):
    scheduler = mxnet1.FactorScheduler(2, 0.5, base_lr=1.0)
    settings = {"lr_scheduler": scheduler, "learning_rate": 0.5} | {name: value}
    said = "a number or a 0-d array" if isinstance(value, np.ndarray) and name in NUMBERS else ARGUMENTS[name][0]
    refuses(
        lambda _, **hyper: make(**hyper),
        {"scheduler": vars(scheduler)},
        settings,
        errors.HyperparameterError,
        f"{make.release}.{make.__name__}: {name}",
        said,
    )


@RELEASES
def test_a_number_that_is_being_differentiated_is_refused(release):
    for make in (release.SGD, release.LAMB):
        with pytest.raises(errors.HyperparameterError, match=r"learning_rate is .* must be a plain number"):
            make(learning_rate=torch.tensor(0.5, requires_grad=True))
    assert release.SGD(learning_rate=torch.tensor(0.5)).lr == 0.5


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("eta_", ("there are ", "learning_rate")),
        ("lr", ("did you mean learning_rate?",)),
        ("weight_decay", ("did you mean wd?",)),
    ],
)
def test_an_unknown_argument_is_answered_with_those_that_there_are(refuses, make, name, words):
    words = (f"{make.release}.{make.__name__}: there is no argument {name!r}", *words)
    refuses(make, {}, {name: 1.0}, errors.UnknownHyperparameterError, *words)


@pytest.mark.parametrize(("make", "epsilon"), [(mxnet1.LARS, "eps"), (mxnet2.LARS, "epsilon")])
def test_the_documented_names_of_lars_lead_to_those_of_the_release(refuses, make, epsilon):
    """E5: the docstring of 1.9.1 says lars_eta and lars_epsilon."""
    refuses(make, {}, {"lars_eta": 1.0}, errors.UnknownHyperparameterError, "did you mean eta?")
    refuses(make, {}, {"lars_epsilon": 1.0}, errors.UnknownHyperparameterError, f"did you mean {epsilon}?")


TOGETHER = [
    (mxnet1.LARS, {"rescale_grad": -1.0}, ("rescale_grad is -1.0", "change the sign of the gradients")),
    (mxnet2.LARS, {"rescale_grad": 0}, ("rescale_grad is 0", "number > 0")),
    *((make, {"lower_bound": 2.0, "upper_bound": 1.0}, ("lower_bound is 2.0", "upper_bound is 1.0", "at most"))
      for make in (mxnet1.LAMB, mxnet2.LAMB, mxnet2.LANS)),
    *((make, {"lower_bound": 1.0, "upper_bound": 0, "use_fused_step": False}, ("upper_bound is 0", "at most"))
      for make in (mxnet2.LAMB, mxnet2.LANS)),
    *((make, {"aggregate_num": 4}, ("aggregate_num is 4", "one parameter at a time"))
      for make in (mxnet1.NAG, mxnet1.LBSGD)),
    *((make, {"aggregate_num": size}, (f"aggregate_num is {size}", "at most 45"))
      for make in (mxnet2.LAMB, mxnet2.LANS) for size in (46, INF)),
    *((make, {"lazy_update": True, **more}, ("lazy_update is True", "leave it False"))
      for make in (mxnet2.SGD, mxnet2.LARS) for more in ({"use_fused_step": False}, {"multi_precision": True})),
    *((make, {"param_idx2name": {0: 3}}, ("param_idx2name[0] is 3", "a string")) for make in MAKERS),
    *((make, {"lr_scheduler": lambda _: 0.1}, ("with a base_lr", "FactorScheduler(")) for make in MAKERS),
]  # fmt: skip


@pytest.mark.parametrize(("make", "settings", "words"), TOGETHER, ids=ids)
def test_arguments_that_do_not_go_together_are_refused(refuses, make, settings, words):
    scheduler = mxnet1.FactorScheduler(2, 0.5, base_lr=1.0)
    settings = {"lr_scheduler": scheduler, "learning_rate": 0.5} | settings
    given = {"scheduler": vars(scheduler)}
    where = f"{make.release}.{make.__name__}"
    refuses(lambda _, **hyper: make(**hyper), given, settings, errors.HyperparameterError, where, *words)


@pytest.mark.parametrize("size", ["", "four", "-1", "1.5", "nan"])
@pytest.mark.parametrize("make", [mxnet1.SGD, mxnet1.LARS, mxnet1.LAMB])
def test_the_environment_may_only_hold_a_count(refuses, monkeypatch, make, size):
    monkeypatch.setenv("MXNET_OPTIMIZER_AGGREGATION_SIZE", size)
    words = ("MXNET_OPTIMIZER_AGGREGATION_SIZE", repr(size), "integer >= 0")
    refuses(make, {}, {}, errors.HyperparameterError, *words)


@pytest.mark.parametrize("text", ["much", "-1", "nan", "inf", None])
def test_a_symbols_multiplier_must_be_a_number(refuses, text):
    sym = SimpleNamespace(attr_dict=lambda: {"a": {"__lr_mult__": text}}, list_arguments=lambda: ["a"])
    refuses(mxnet1.SGD, {}, {"sym": sym}, errors.HyperparameterError, "__lr_mult__ of a", "finite number >= 0")


# --- the registry


@RELEASES
@pytest.mark.parametrize("name", ["adam", "", None, 3, ["sgd"], "sgd "])
def test_an_unknown_name_is_answered_with_those_that_there_are(refuses, release, name):
    for create in (release.create, release.Optimizer.create_optimizer):
        words = (repr(name), "lamb", "lars", "nag", "sgd", "lbsgd" if release is mxnet1 else "lans")
        refuses(create, {"name": name}, {}, errors.UnknownOptimizerError, *words)


@RELEASES
@pytest.mark.parametrize("thing", [None, "SGD", print, 3])
def test_only_classes_can_be_registered(refuses, release, thing):
    before = dict(release.Optimizer.opt_registry)
    refuses(release.register, {"klass": thing}, {}, errors.UnknownOptimizerError, repr(thing), "only classes")
    assert release.Optimizer.opt_registry == before


# --- rates and multipliers


@pytest.mark.parametrize("make", MAKERS)
def test_a_rate_cannot_be_set_beside_a_scheduler(refuses, make):
    scheduler = mxnet1.FactorScheduler(2, 0.5, base_lr=0.5)
    optimizer = make(learning_rate=0.5, lr_scheduler=scheduler)
    given = {"lr": 0.25, "optimizer": vars(optimizer), "scheduler": vars(scheduler)}
    words = ("set_learning_rate", "FactorScheduler", "set its base_lr")
    refuses(lambda lr, *_: optimizer.set_learning_rate(lr), given, {}, errors.SchedulerConflictError, *words)
    with pytest.raises(UserWarning):  # which is what the release raises
        optimizer.set_learning_rate(0.25)


@RELEASES
@pytest.mark.parametrize("rate", [None, -0.1, INF, *NOT_NUMBERS], ids=ids)
def test_a_rate_out_of_range_is_not_set(refuses, release, rate):
    optimizer = release.SGD(learning_rate=0.5)
    given = {"lr": rate, "optimizer": vars(optimizer)}
    refuses(lambda lr, _: optimizer.set_learning_rate(lr), given, {}, errors.HyperparameterError, "learning_rate")


UNKNOWN, RANGE = errors.UnknownParameterError, errors.HyperparameterError
MULTIPLIERS = [
    ({"fc": 1.0}, UNKNOWN, ("'fc'", "fc_bias, fc_weight")),
    ({"fc_weight": 2.0, "FC_BIAS": 1.0}, UNKNOWN, ("'FC_BIAS'", "fc_bias, fc_weight")),
    ({None: 1.0}, UNKNOWN, ("None", "neither a name nor an index")),
    ({1.0: 1.0}, UNKNOWN, ("1.0", "neither a name nor an index")),
    ({True: 1.0}, UNKNOWN, ("True", "neither a name nor an index")),
    *(({0: 1.0, "fc_bias": value}, RANGE, ("fc_bias", "number")) for value in (None, -1.0, INF, *NOT_NUMBERS)),
    *((value, RANGE, ("no dict of a parameter's name or index",)) for value in (None, 3, "fc_weight", ["fc_weight"])),
]


@RELEASES
@pytest.mark.parametrize("method", ["set_lr_mult", "set_wd_mult"])
@pytest.mark.parametrize(("multipliers", "error", "words"), MULTIPLIERS, ids=ids)
def test_multipliers_that_fit_no_parameter_leave_those_that_are_set(
    refuses, release, method, multipliers, error, words
):
    optimizer = release.SGD(param_idx2name={0: "fc_weight", 1: "fc_bias"})
    optimizer.set_lr_mult({0: 0.5})
    optimizer.set_wd_mult({"fc_weight": 0.5})
    given = {"multipliers": multipliers, "optimizer": vars(optimizer)}
    refuses(lambda given, _: getattr(optimizer, method)(given), given, {}, error, f"SGD.{method}", *words)


# --- schedulers


FACTOR, MULTI = partial(mxnet1.FactorScheduler, step=2), partial(mxnet1.MultiFactorScheduler, step=[2, 4])
POLY, COSINE = partial(mxnet1.PolyScheduler, max_update=8), partial(mxnet1.CosineScheduler, max_update=8)
SCHEDULERS = {make.func.__name__: make for make in (FACTOR, MULTI, POLY, COSINE)}
EVERY = {
    "base_lr": (None, -0.1, INF, *NOT_NUMBERS),
    "warmup_steps": (None, -1, 0.5, INF, *NOT_NUMBERS),
    "warmup_begin_lr": (None, -0.1, 0.011, INF, *NOT_NUMBERS),  # base_lr is 0.01
    "warmup_mode": (None, "", "cubic", 1, ["linear"], np.ones(2)),
}
COUNT, RATE = (None, 0, -1, 1.5, INF, *NOT_NUMBERS), (None, -0.1, INF, *NOT_NUMBERS)
OWN = {
    "FactorScheduler": {"step": (*COUNT, [2]), "factor": (*RATE, 1.5), "stop_factor_lr": RATE},
    "MultiFactorScheduler": {
        "step": (
            None,
            2,
            (2, 4),
            [],
            [0, 2],
            [2, 2],
            [4, 2],
            [2, -4],
            [1.5],
            [NAN],
            [True, 2],
            ["2"],
            "24",
            np.ones(2),
        ),
        "factor": (*RATE, 1.5),
    },
    "PolyScheduler": {"max_update": COUNT, "final_lr": RATE, "pwr": RATE},
    "CosineScheduler": {"max_update": COUNT, "final_lr": RATE},
}
BAD_SCHEDULES = [
    (kind, name, value) for kind in SCHEDULERS for name, values in (EVERY | OWN[kind]).items() for value in values
] + [(kind, "warmup_steps", steps) for kind in ("PolyScheduler", "CosineScheduler") for steps in (8, 9)]


@pytest.mark.parametrize(("kind", "name", "value"), BAD_SCHEDULES, ids=ids)
def test_a_scheduler_refuses_an_argument_out_of_range(refuses, kind, name, value):
    words = (f"{kind}: {name}", "must")
    refuses(SCHEDULERS[kind], {}, {name: value}, errors.HyperparameterError, *words)


@pytest.mark.parametrize("count", [None, -1, 1.5, 1.0, NAN, INF, True, "1", [1], np.ones(1)], ids=ids)
@pytest.mark.parametrize("kind", SCHEDULERS)
def test_a_scheduler_refuses_what_is_no_count_and_stays_where_it_is(refuses, kind, count):
    scheduler = SCHEDULERS[kind](base_lr=1.0, warmup_steps=2)
    scheduler(3)
    given = {"count": count, "scheduler": vars(scheduler)}
    words = (f"{kind}: num_update", "integer >= 0")
    refuses(lambda asked, _: scheduler(asked), given, {}, errors.StepError, *words)
