"""The page of the seed systems tells the truth: names, defaults, tests and recorded cases are all there."""

from __future__ import annotations

import ast
import inspect
import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from lbref.facades import chainer, mindspore, mxnet1, mxnet2

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "seeds.md"
TESTS = Path(__file__).parent
HERE = {"mxnet1": mxnet1, "mxnet2": mxnet2, "mindspore": mindspore, "chainer": chainer}
RECORDED = {
    "mxnet1": "mxnet-1.9.1",
    "mxnet2": "mxnet-2.0.0b1",
    "mindspore": "mindspore-2.10.0",
    "chainer": "chainer-7.8.1",
}
SECTION = re.compile(r"^Here `lbref\.facades\.(\w+)\.(\w+)`\.\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| (\w+) \| ([^|]+) \| ([^|]*) ?\| (.+) \|$", re.MULTILINE)

# What the documentation of the five systems names.
DOCUMENTED = {
    ("mxnet1", "LBSGD"): {
        "momentum",
        "multi_precision",
        "warmup_strategy",
        "warmup_epochs",
        "batch_scale",
        "updates_per_epoch",
        "begin_epoch",
        "num_epochs",
        "create_optimizer",
        "create_state",
        "create_state_multi_precision",
        "register",
        "set_learning_rate",
        "set_lr_mult",
        "set_lr_scale",
        "set_wd_mult",
        "update",
        "update_multi_precision",
        "learning_rate",
        "opt_registry",
    },
    ("mxnet2", "LAMB"): {
        "learning_rate",
        "beta1",
        "beta2",
        "epsilon",
        "lower_bound",
        "upper_bound",
        "bias_correction",
        "aggregate_num",
        "use_fused_step",
        "create_state",
        "fused_step",
        "step",
    },
    ("mxnet2", "NAG"): {
        *("learning_rate", "momentum", "multi_precision", "use_fused_step", "create_state", "fused_step", "step"),
    },
    ("mindspore", "LARS"): {"optimizer", "epsilon", "coefficient", "use_clip", "lars_filter", "gradients", "output"},
    ("chainer", "GradientLARS"): {
        *("threshold", "threashold", "weight_decay", "eps", "name", "timing", "call_for_each_param"),
    },
}


def rows():
    for facade, klass, text in SECTION.findall(PAGE.read_text(encoding="utf-8")):
        for name, kind, default, proofs in ROW.findall(text):
            if name != "name" or kind.strip() != "is":
                yield facade, klass, name, kind.strip(), default.strip(), proofs


ROWS = list(rows())
OTHERS = {("gradients", "input"), ("output", "output"), ("threashold", "misspelling in the documentation")}


def parameters_of(klass):
    """Return the parameters of a class, those that it hands on to its bases included."""
    found = {}
    for base in klass.__mro__:
        if "__init__" in vars(base):
            found = {**inspect.signature(base.__init__).parameters, **found}
    return found


@cache
def functions_of(file):
    return {
        node.name for node in ast.parse((TESTS / file).read_text("utf-8")).body if isinstance(node, ast.FunctionDef)
    }


@cache
def cases_of(facade):
    return list(json.loads((ROOT / f"conformance/peers/recorded/{RECORDED[facade]}.json").read_text("utf-8"))["cases"])


FUNCTIONS = {"lars_filter": "LayerNorm and bias are left out"}
"""Defaults that are functions, in words; `test_the_default_filter_and_another` looks at what they do."""


def test_every_documented_name_has_a_row():
    named = {}
    for facade, klass, name, *_ in ROWS:
        named.setdefault((facade, klass), set()).add(name)
    assert named.keys() == DOCUMENTED.keys()
    assert {key: names - named[key] for key, names in DOCUMENTED.items()} == {key: set() for key in DOCUMENTED}


@pytest.mark.parametrize(
    ("facade", "klass", "name", "kind", "default", "proofs"), ROWS, ids=lambda value: str(value)[:24]
)
def test_a_row_is_true(facade, klass, name, kind, default, proofs):
    here = getattr(HERE[facade], klass)
    if kind.startswith("parameter"):
        known = parameters_of(here)[name].default
        required = known is inspect.Parameter.empty
        assert default == ("required" if required else FUNCTIONS[name] if callable(known) else repr(known))
    elif kind == "method":
        assert callable(getattr(here, name))
    elif kind == "attribute":
        assert repr(getattr(here, name)) == default if default else hasattr(here, name) or name in parameters_of(here)
    else:
        assert (name, kind) in OTHERS
    for file, test in re.findall(r"`(test_\w+\.py)::(test_\w+)`", proofs):
        assert test in functions_of(file), f"{file} has no {test}"
    for prefix in re.findall(r"replay\[([^\]]+)\]", proofs):
        assert any(case.startswith(prefix) for case in cases_of(facade)), f"no case of {facade} begins with {prefix}"
    assert "`test_" in proofs or "replay[" in proofs


# --- every number of the constructors reaches the step

CHANGED = {
    (mxnet2.LAMB, "learning_rate"): (0.01, {}),
    (mxnet2.LAMB, "beta1"): (0.5, {}),
    (mxnet2.LAMB, "beta2"): (0.5, {}),
    (mxnet2.LAMB, "epsilon"): (2e-6, {}),
    (mxnet2.LAMB, "lower_bound"): (50.0, {}),
    (mxnet2.LAMB, "upper_bound"): (0.5, {}),
    (mxnet2.LAMB, "bias_correction"): (False, {}),
    (mxnet2.LAMB, "aggregate_num"): (1, {}),  # counts twice
    (mxnet2.LAMB, "use_fused_step"): (False, {"clip_gradient": 0.0}),  # then 0 is a limit
    (mxnet2.NAG, "learning_rate"): (0.01, {}),
    (mxnet2.NAG, "momentum"): (0.5, {}),
    (mxnet2.NAG, "use_fused_step"): (False, {"clip_gradient": 0.0}),
    (mxnet1.LBSGD, "learning_rate"): (0.02, {}),
    (mxnet1.LBSGD, "momentum"): (0.5, {}),
    (mxnet1.LBSGD, "warmup_strategy"): ("sqrt", {"batch_scale": 2}),
    (mxnet1.LBSGD, "warmup_epochs"): (1, {"batch_scale": 2, "updates_per_epoch": 2}),
    (mxnet1.LBSGD, "batch_scale"): (2, {}),
    (mxnet1.LBSGD, "updates_per_epoch"): (1, {"batch_scale": 2}),
    (mxnet1.LBSGD, "begin_epoch"): (1, {"batch_scale": 2, "updates_per_epoch": 3}),
    (mxnet1.LBSGD, "rescale_grad"): (0.5, {}),
    (mxnet1.LBSGD, "clip_gradient"): (0.01, {}),
    (mxnet1.LBSGD, "wd"): (0.1, {}),
}


def walked(klass, settings):
    """Return the bits of a weight and its state after five steps from the same start."""
    update = (mxnet2 if klass in {mxnet2.LAMB, mxnet2.NAG} else mxnet1).get_updater(klass(**settings))
    weight = np.asarray([3.0, -4.0, 0.5])
    for step in range(1, 6):
        update(0, np.asarray([0.3, -0.1, 0.02]) * step, weight)
    return weight.tobytes()


@pytest.mark.parametrize(("klass", "name"), CHANGED, ids=lambda value: getattr(value, "__name__", value))
def test_a_parameter_changes_what_it_says(klass, name):
    value, settings = CHANGED[klass, name]
    settings = {"wd": 0.05} | settings if name != "wd" else settings
    assert walked(klass, settings | {name: value}) != walked(klass, settings)


def test_num_epochs_is_kept_and_never_read():
    assert mxnet1.LBSGD(num_epochs=7).num_epochs == 7
    assert walked(mxnet1.LBSGD, {"num_epochs": 7}) == walked(mxnet1.LBSGD, {})
