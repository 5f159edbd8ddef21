"""What is recorded of MXNet 1.9.1."""

from __future__ import annotations

from functools import partial
from typing import Any

from mxnet_cases import SIX, THREE, case

CLIPPED: dict[str, Any] = {"rescale_grad": 0.5, "clip_gradient": 0.4}
HALF: dict[str, Any] = {"dtype": "float16"}
MIXED: dict[str, Any] = {"dtype": "float16", "multi_precision": True}
MULTIPLIERS_BY_INDEX = ((1, "set_lr_mult", [[0, 0.5], [1, 2.0]]), (1, "set_wd_mult", [[0, 2.0], [1, 1.0]]))
MULTIPLIERS_BY_NAME = (
    (1, "set_lr_mult", [["fc_weight", 0.5], ["fc_bias", 2.0]]),
    (1, "set_wd_mult", [["fc_weight", 2.0], ["fc_bias", 0.5]]),
    (4, "set_wd_mult", [["fc_weight", 0.0]]),
)
CHANGING_RATE = tuple((step, "set_learning_rate", rate) for step, rate in ((2, 0.2), (3, 0.05), (5, 0.3)))
THROUGH_ZERO = ((2, "set_learning_rate", 0.0), (3, "set_learning_rate", 0.1))
CHANGING_RESCALE = ((2, "rescale_grad", 0.25), (4, "rescale_grad", 2.0))

SCHEDULERS: dict[str, tuple[str, dict[str, Any]]] = {
    "factor": ("FactorScheduler", {"step": 3, "factor": 0.5, "base_lr": 0.2, "warmup_steps": 4}),
    "factor-floor": ("FactorScheduler", {"step": 1, "factor": 0.25, "base_lr": 0.2, "stop_factor_lr": 0.01}),
    "multi-factor": (
        "MultiFactorScheduler",
        {"step": [3, 6], "factor": 0.1, "base_lr": 0.2, "warmup_steps": 2, "warmup_begin_lr": 0.05},
    ),
    "poly": ("PolyScheduler", {"max_update": 8, "base_lr": 0.2, "pwr": 2, "final_lr": 0.01, "warmup_steps": 3}),
    "cosine": (
        "CosineScheduler",
        {
            "max_update": 7,
            "base_lr": 0.2,
            "final_lr": 0.02,
            "warmup_steps": 2,
            "warmup_begin_lr": 0.1,
            "warmup_mode": "constant",
        },
    ),
}

lbsgd = partial(case, "LBSGD", steps=13, learning_rate=0.1, wd=0.05, momentum=0.9)
large = partial(lbsgd, batch_scale=3, warmup_epochs=1, updates_per_epoch=9)
shorter = partial(large, steps=7)
direct = partial(shorter, calls="scalar", method="update")

LBSGD = [
    lbsgd("three", names=THREE, steps=6),
    lbsgd("accumulated-three", names=THREE, batch_scale=3, warmup_epochs=1, updates_per_epoch=9),
    lbsgd("no-momentum", steps=6, momentum=0.0),
    *(large(f"strategy-{name}", warmup_strategy=name) for name in ("linear", "power2", "sqrt", "lars", "cubic")),
    shorter("strategy-lars-no-momentum", warmup_strategy="lars", momentum=0.0),
    shorter("unnamed-no-momentum", momentum=0.0, named=False),
    shorter("clip-rescale", **CLIPPED),
    shorter("clip-rescale-lars", warmup_strategy="lars", **CLIPPED),
    shorter("no-warmup", warmup_epochs=0),
    shorter("multipliers-by-index", before=MULTIPLIERS_BY_INDEX),
    shorter("multipliers-by-name", before=MULTIPLIERS_BY_NAME),
    shorter("param-dict", param_dict=((0.5, 1.0), (2.0, 3.0)), named=False),
    *(large(f"scheduler-{name}", steps=9, learning_rate=None, scheduler=given) for name, given in SCHEDULERS.items()),
    large("scheduler-and-rate", steps=9, scheduler=SCHEDULERS["factor"]),
    shorter("scheduler-begin-num-update", learning_rate=None, scheduler=SCHEDULERS["factor"], begin_num_update=5),
    shorter("changing-rate", before=CHANGING_RATE),
    shorter("changing-rescale", before=CHANGING_RESCALE),
    large("begin-epoch", begin_epoch=1, updates_per_epoch=4, warmup_epochs=5),
    large("begin-epoch-power2", begin_epoch=2, updates_per_epoch=5, warmup_epochs=4, warmup_strategy="power2"),
    shorter("begin-epoch-after-warmup", begin_epoch=3, updates_per_epoch=4),
    large("buffers", reuse_buffer=True),
    shorter("buffers-scalar", reuse_buffer=True, calls="scalar", warmup_strategy="lars"),
    shorter("buffers-begin-epoch", reuse_buffer=True, begin_epoch=1, updates_per_epoch=4),
    shorter("buffers-mixed", reuse_buffer=True, **MIXED),
    shorter("zero-weight-lars", warmup_strategy="lars", zero_weight="fc_weight", zero_grad="fc_bias"),
    shorter("nan-while-waiting", nan=(4, "fc_weight")),
    shorter("nan-lars", nan=(3, "fc_weight"), warmup_strategy="lars"),
    shorter("mixed", **MIXED),
    shorter("mixed-lars", warmup_strategy="lars", **MIXED),
    shorter("mixed-no-momentum", momentum=0.0, **MIXED),
    direct("direct"),
    direct("direct-mixed", **MIXED),
    direct("direct-mixed-lars", warmup_strategy="lars", **MIXED),
    direct("direct-mixed-no-momentum", momentum=0.0, **MIXED),
    direct("direct-mixed-single", batch_scale=1, steps=6, **MIXED),
    shorter("half", **HALF),
    shorter("half-lars", warmup_strategy="lars", **HALF),
    direct("direct-half", **HALF),
    lbsgd("half-single", steps=6, **HALF),
    # Rates and multipliers that are exact in float32, in which the kernel takes their product.
    shorter("double", learning_rate=0.125, updates_per_epoch=8, dtype="float64"),
    shorter("double-no-momentum", learning_rate=0.125, momentum=0.0, updates_per_epoch=8, dtype="float64"),
]

sgd = partial(case, "SGD", learning_rate=0.1, wd=0.05, momentum=0.9)
SGD = [
    sgd("updater", names=THREE),
    sgd("updater-scalar", calls="scalar"),
    sgd("list", steps=3, method="update_multi_precision"),
    sgd("scalar", steps=3, method="update_multi_precision", calls="scalar"),
    sgd("direct", method="update", calls="scalar", steps=3),
    sgd("defaults", learning_rate=None, momentum=0.0, wd=0.0),
    sgd("no-momentum", momentum=0.0),
    sgd("no-momentum-scalar", steps=3, momentum=0.0, method="update_multi_precision", calls="scalar"),
    sgd("unnamed", named=False),
    sgd("names", names=SIX, steps=3),
    sgd("clip-rescale", **CLIPPED),
    sgd("clip-rescale-no-momentum", momentum=0.0, **CLIPPED),
    sgd("clip-zero", clip_gradient=0.0),
    sgd("multipliers-by-index", before=MULTIPLIERS_BY_INDEX),
    sgd("multipliers-by-name", before=MULTIPLIERS_BY_NAME),
    sgd("param-dict", param_dict=((0.5, 1.0), (2.0, 3.0)), named=False),
    *(sgd(f"scheduler-{name}", steps=8, learning_rate=None, scheduler=s) for name, s in SCHEDULERS.items()),
    sgd("scheduler-and-rate", steps=6, scheduler=SCHEDULERS["factor"]),
    sgd("scheduler-begin-num-update", learning_rate=None, scheduler=SCHEDULERS["factor"], begin_num_update=5),
    sgd("changing-rate", before=CHANGING_RATE),
    sgd("changing-rescale", before=CHANGING_RESCALE),
    sgd("buffers", reuse_buffer=True),
    sgd("mixed", **MIXED),
    sgd("mixed-no-momentum", momentum=0.0, **MIXED),
    sgd("mixed-scalar", method="update_multi_precision", calls="scalar", **MIXED),
    sgd("half", **HALF),
    sgd("half-no-momentum", momentum=0.0, **HALF),
    sgd("double", dtype="float64", **CLIPPED),
    sgd("double-no-momentum", momentum=0.0, dtype="float64", **CLIPPED),
]

nag = partial(case, "NAG", learning_rate=0.1, wd=0.05, momentum=0.9)
NAG = [
    nag("updater", names=THREE),
    nag("scalar", steps=3, method="update_multi_precision", calls="scalar"),
    nag("direct", steps=3, method="update", calls="scalar"),
    nag("defaults", learning_rate=None, momentum=0.0, wd=0.0),
    nag("no-momentum", momentum=0.0),
    nag("unnamed", named=False),
    nag("clip-rescale", **CLIPPED),
    nag("clip-rescale-no-momentum", momentum=0.0, **CLIPPED),
    nag("large-decay", wd=0.5, named=False),
    nag("multipliers-by-name", before=MULTIPLIERS_BY_NAME),
    nag("scheduler-factor", steps=8, learning_rate=None, scheduler=SCHEDULERS["factor"]),
    nag("scheduler-cosine", steps=8, learning_rate=None, scheduler=SCHEDULERS["cosine"]),
    nag("changing-rate", before=CHANGING_RATE),
    nag("mixed", **MIXED),
    nag("mixed-clip-rescale", **MIXED, **CLIPPED),
    nag("mixed-no-momentum", momentum=0.0, **MIXED),
    nag("half", **HALF),
]

lars = partial(case, "LARS", learning_rate=0.1, wd=0.05, momentum=0.9, eta=0.02, eps=1e-3)
uncorrected = partial(lars, momentum_correction=False)
LARS = [
    lars("updater", names=THREE),
    lars("defaults", eta=0.001, eps=0, momentum=0.0, wd=0.0, learning_rate=None),
    lars("no-momentum", momentum=0.0),
    lars("unnamed", named=False),
    lars("names", names=SIX, steps=3),
    lars("clip-rescale", **CLIPPED),
    lars("clip-rescale-no-momentum", momentum=0.0, **CLIPPED),
    lars("multipliers-by-name", before=MULTIPLIERS_BY_NAME),
    lars("changing-rate-list", method="update_multi_precision", before=CHANGING_RATE),
    lars("changing-rate-scalar", method="update_multi_precision", calls="scalar", before=CHANGING_RATE),
    lars("changing-rate-updater", names=SIX, before=CHANGING_RATE),
    lars("changing-rate-updater-scalar", calls="scalar", before=CHANGING_RATE),
    uncorrected("uncorrected-list", method="update_multi_precision", before=CHANGING_RATE),
    uncorrected("uncorrected-scalar", method="update_multi_precision", calls="scalar", before=CHANGING_RATE),
    lars("rate-through-zero", before=THROUGH_ZERO),
    lars("scheduler-multi-factor", steps=8, learning_rate=None, scheduler=SCHEDULERS["multi-factor"]),
    lars("scheduler-poly", steps=8, learning_rate=None, scheduler=SCHEDULERS["poly"]),
    lars("zero-weight", zero_weight="fc_weight", eta=1.0),
    lars("zero-grad", zero_grad="fc_weight", eta=1.0),
    lars("nan", nan=(2, "fc_weight")),
    lars("mixed", **MIXED),
    lars("mixed-list-of-six", names=SIX, steps=3, method="update_multi_precision", **MIXED),
    lars("mixed-no-momentum", momentum=0.0, **MIXED),
]

# The kernels form 1 - beta2**t in float32 and lose its last bits for the default 0.999; the ratio cancels that unless
# there is decay. Decay and a beta2 near 1 are therefore not recorded together.
lamb = partial(case, "LAMB", learning_rate=0.1, wd=0.05, beta2=0.99)
single = partial(lamb, method="update_multi_precision", calls="scalar")
LAMB = [
    lamb("updater", names=THREE),
    lamb("updater-scalar", calls="scalar"),
    lamb("list", method="update_multi_precision"),
    single("scalar"),
    case("LAMB", "defaults", names=THREE),
    case("LAMB", "small-decay", wd=0.01),
    lamb("unnamed", named=False),
    lamb("large-decay", wd=0.5, beta2=0.9, named=False),
    lamb("clip-rescale", **CLIPPED),
    single("clip-rescale-scalar", **CLIPPED),
    lamb("lower-bound", lower_bound=5.0),
    lamb("upper-bound", upper_bound=1.0),
    lamb("bounds", lower_bound=1.0, upper_bound=2.0),
    single("bounds-scalar", lower_bound=1.0, upper_bound=2.0),
    lamb("bounds-zero", lower_bound=0.0, upper_bound=0.0),
    lamb("uncorrected", bias_correction=False),
    single("uncorrected-scalar", bias_correction=False),
    lamb("betas", beta1=0.8, beta2=0.95, epsilon=1e-3),
    lamb("multipliers-by-name", before=MULTIPLIERS_BY_NAME),
    lamb("changing-rate", before=CHANGING_RATE),
    case("LAMB", "scheduler-and-default-rate", steps=8, wd=0.01, scheduler=SCHEDULERS["factor"]),
    lamb("scheduler-factor", steps=8, learning_rate=0.2, scheduler=SCHEDULERS["factor"]),
    lamb("begin-num-update", begin_num_update=3),
    lamb("zero-weight", zero_weight="fc_weight"),
    lamb("zero-grad", zero_grad="fc_bias", wd=0.0),
    lamb("nan", nan=(2, "fc_weight"), steps=3),
    single("nan-scalar", nan=(2, "fc_weight"), steps=3),
    lamb("mixed", **MIXED),
    lamb("mixed-bounds", lower_bound=1.0, upper_bound=2.0, **MIXED),
]

CASES = [*LBSGD, *SGD, *NAG, *LARS, *LAMB]
