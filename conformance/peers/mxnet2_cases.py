"""What is recorded of MXNet 2.0.0b1."""

from __future__ import annotations

from functools import partial
from typing import Any

from mxnet1_cases import (
    CHANGING_RATE,
    CHANGING_RESCALE,
    CLIPPED,
    HALF,
    MIXED,
    MULTIPLIERS_BY_INDEX,
    MULTIPLIERS_BY_NAME,
    SCHEDULERS,
)
from mxnet_cases import SIX, THREE, case

DIRECT: dict[str, Any] = {"method": "update_multi_precision"}
MODES: dict[str, dict[str, Any]] = {"fused": {}, "step": {"use_fused_step": False}}
# No fused path of these reads a list of one as the array code does, nor counts it the same.
LISTS: dict[str, dict[str, Any]] = {**MODES, "single": {"aggregate_num": 1}}
AGGREGATED: dict[str, dict[str, Any]] = {**MODES, "four": {"aggregate_num": 4}}


def in_every(modes: dict[str, dict[str, Any]], make: Any, topic: str, **settings: Any) -> list[dict[str, Any]]:
    """Return the same case for each way of computing."""
    return [make(f"{topic}-{mode}", **settings, **given) for mode, given in modes.items()]


lamb = partial(case, "LAMB", learning_rate=0.1, wd=0.05, beta2=0.99)
LAMB = [
    *in_every(LISTS, lamb, "updater", names=THREE),
    *in_every(LISTS, lamb, "list", steps=3, **DIRECT),
    *in_every(LISTS, lamb, "scheduler-factor", steps=6, learning_rate=None, scheduler=SCHEDULERS["factor"]),
    *in_every(LISTS, lamb, "bounds", lower_bound=1.0, upper_bound=2.0),
    *in_every(MODES, lamb, "lower-bound", steps=3, lower_bound=5.0),
    *in_every(MODES, lamb, "upper-bound", steps=3, upper_bound=1.0),
    *in_every(MODES, lamb, "bounds-zero", lower_bound=0.0, upper_bound=0.0, steps=3),
    *in_every(LISTS, lamb, "uncorrected", bias_correction=False),
    *in_every(LISTS, lamb, "clip-rescale", **CLIPPED),
    *in_every(LISTS, lamb, "clip-zero", clip_gradient=0.0, steps=3),
    *in_every(MODES, lamb, "multipliers-by-name", before=MULTIPLIERS_BY_NAME),
    lamb("param-dict", param_dict=((0.5, 1.0), (2.0, 3.0)), named=False, steps=3),
    *in_every(MODES, lamb, "large-decay", wd=0.5, beta2=0.9),
    *in_every(MODES, lamb, "zero-weight", zero_weight="fc_weight", steps=3),
    *in_every(MODES, lamb, "zero-grad", zero_grad="fc_bias", wd=0.0, steps=3),
    *in_every(LISTS, lamb, "nan", nan=(2, "fc_weight"), steps=3),
    *in_every(MODES, lamb, "mixed", **MIXED),
    *in_every(MODES, lamb, "mixed-bounds", lower_bound=1.0, upper_bound=2.0, **MIXED),
    case("LAMB", "defaults"),
    case("LAMB", "small-decay", wd=0.01),
    case("LAMB", "scheduler-and-default-rate", steps=6, wd=0.01, scheduler=SCHEDULERS["factor"]),
    lamb("direct", method="update", steps=3),
    lamb("changing-rate", before=CHANGING_RATE),
    lamb("changing-rescale", before=CHANGING_RESCALE),
    lamb("betas", beta1=0.8, beta2=0.95, epsilon=1e-3),
    lamb("six", names=SIX, steps=3),
    lamb("begin-num-update", begin_num_update=3),
]

nag = partial(case, "NAG", learning_rate=0.1, wd=0.05)
NAG = [
    *in_every(MODES, nag, "updater", names=THREE),
    *in_every(MODES, nag, "list", steps=3, **DIRECT),
    *in_every(MODES, nag, "no-momentum", momentum=0.0),
    *in_every(MODES, nag, "clip-rescale", **CLIPPED),
    *in_every(MODES, nag, "clip-zero", clip_gradient=0.0, steps=3),
    *in_every(MODES, nag, "multipliers-by-index", before=MULTIPLIERS_BY_INDEX),
    *in_every(MODES, nag, "large-decay", wd=0.5),
    *in_every(MODES, nag, "mixed", **MIXED),
    *in_every(MODES, nag, "mixed-no-momentum", momentum=0.0, **MIXED),
    nag("scheduler-factor", steps=8, learning_rate=None, scheduler=SCHEDULERS["factor"]),
    nag("scheduler-multi-factor", steps=8, learning_rate=None, scheduler=SCHEDULERS["multi-factor"]),
    nag("scheduler-poly", steps=8, learning_rate=None, scheduler=SCHEDULERS["poly"]),
    nag("scheduler-cosine-step", steps=8, learning_rate=None, scheduler=SCHEDULERS["cosine"], use_fused_step=False),
    case("NAG", "scheduler-and-default-rate", steps=6, scheduler=SCHEDULERS["factor"]),
    case("NAG", "defaults"),
    nag("direct", method="update", steps=3),
    nag("changing-rate", before=CHANGING_RATE),
    nag("buffers", reuse_buffer=True),
    nag("half", **HALF),
]

lans = partial(case, "LANS", learning_rate=0.1, wd=0.05, beta2=0.99)
LANS = [
    *in_every(MODES, lans, "updater", names=THREE),
    *in_every(MODES, lans, "list", steps=3, **DIRECT),
    *in_every(MODES, lans, "bounds", lower_bound=1.0, upper_bound=2.0),
    *in_every(MODES, lans, "clip-rescale", rescale_grad=0.5, clip_gradient=0.3),
    *in_every(MODES, lans, "clip-zero", clip_gradient=0.0, steps=3),
    *in_every(MODES, lans, "multipliers-by-name", before=MULTIPLIERS_BY_NAME),
    *in_every(MODES, lans, "zero-weight", zero_weight="fc_weight", steps=3),
    *in_every(MODES, lans, "zero-grad", zero_grad="fc_bias", steps=2),
    *in_every(MODES, lans, "mixed", **MIXED),
    lans("single", aggregate_num=1),
    lans("large-decay", wd=0.5, beta2=0.9),
    case("LANS", "scheduler-and-default-rate", steps=6, scheduler=SCHEDULERS["factor"]),
    lans("changing-rate", before=CHANGING_RATE),
]

lars = partial(case, "LARS", learning_rate=0.1, wd=0.05, momentum=0.9, eta=0.02, epsilon=1e-3)
LARS = [
    *in_every(AGGREGATED, lars, "updater", names=THREE),
    *in_every(AGGREGATED, lars, "no-momentum", momentum=0.0, steps=3),
    *in_every(AGGREGATED, lars, "clip-rescale", **CLIPPED),
    *in_every(AGGREGATED, lars, "clip-zero", clip_gradient=0.0, steps=3),
    *in_every(AGGREGATED, lars, "zero-weight", zero_weight="fc_weight", steps=3, eta=1.0),
    *in_every(AGGREGATED, lars, "zero-grad", zero_grad="fc_weight", steps=3, eta=1.0),
    *in_every(AGGREGATED, lars, "nan", nan=(2, "fc_weight"), steps=3),
    *in_every(AGGREGATED, lars, "mixed", **MIXED),
    lars("changing-rate", before=CHANGING_RATE),
    lars("list", **DIRECT),
    lars("names", names=SIX, steps=3),
    lars("names-four", names=SIX, steps=3, aggregate_num=4),
    lars("multipliers-by-name", before=MULTIPLIERS_BY_NAME),
    lars("scheduler-poly", steps=8, learning_rate=None, scheduler=SCHEDULERS["poly"]),
    case("LARS", "scheduler-and-default-rate", steps=6, scheduler=SCHEDULERS["factor"]),
    case("LARS", "defaults", wd=0.05, momentum=0.9),
]

sgd = partial(case, "SGD", learning_rate=0.1, wd=0.05, momentum=0.9)
SGD = [
    *in_every(AGGREGATED, sgd, "updater", names=THREE),
    *in_every(AGGREGATED, sgd, "no-momentum", momentum=0.0, steps=3),
    *in_every(AGGREGATED, sgd, "clip-rescale", **CLIPPED),
    *in_every(AGGREGATED, sgd, "clip-zero", clip_gradient=0.0, steps=3),
    *in_every(AGGREGATED, sgd, "mixed", **MIXED),
    *in_every(MODES, sgd, "multipliers-by-name", before=MULTIPLIERS_BY_NAME),
    *in_every(MODES, sgd, "double", dtype="float64", **CLIPPED),
    sgd("list", **DIRECT),
    sgd("mixed-no-momentum", momentum=0.0, **MIXED),
    sgd("scheduler-multi-factor", steps=8, learning_rate=None, scheduler=SCHEDULERS["multi-factor"]),
    case("SGD", "scheduler-and-default-rate", steps=6, scheduler=SCHEDULERS["factor"]),
    case("SGD", "defaults"),
    sgd("half", **HALF),
]

CASES = [*LAMB, *NAG, *LANS, *LARS, *SGD]
