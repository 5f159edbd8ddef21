"""The page of the seed systems tells the truth: names, defaults, tests and recorded cases are all there."""

from __future__ import annotations

import ast
import inspect
import json
import re
from functools import cache
from pathlib import Path

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
        assert repr(known) == default or (default, known) == ("required", inspect.Parameter.empty) or callable(known)
    elif kind == "method":
        assert callable(getattr(here, name))
    elif kind == "attribute" and default:
        assert repr(getattr(here, name)) == default
    for file, test in re.findall(r"`(test_\w+\.py)::(test_\w+)`", proofs):
        assert test in functions_of(file), f"{file} has no {test}"
    for prefix in re.findall(r"replay\[([^\]]+)\]", proofs):
        assert any(case.startswith(prefix) for case in cases_of(facade)), f"no case of {facade} begins with {prefix}"
    assert "`test_" in proofs or "replay[" in proofs
