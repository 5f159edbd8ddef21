"""Learning-rate schedules of MXNet, as released and as documented."""

from functools import partial

from .. import schedules
from ._dialect import Dialect

_SOURCE = "apache/mxnet@1.9.1:python/mxnet/lr_scheduler.py"

DIALECTS = {
    "mxnet-factor": Dialect(schedules.factor, f"{_SOURCE} FactorScheduler", "A change due at update m shows at m + 1."),
    "mxnet-factor-documented": Dialect(
        partial(schedules.factor, clock=schedules.current),
        f"{_SOURCE} FactorScheduler, docstring",
        "The docstring's exponent is floor(n / step): a change shows at m.",
    ),
    "mxnet-multi-factor": Dialect(
        schedules.multi_factor, f"{_SOURCE} MultiFactorScheduler", "A change due at update m shows at m + 1."
    ),
    "mxnet-multi-factor-documented": Dialect(
        partial(schedules.multi_factor, clock=schedules.current),
        f"{_SOURCE} MultiFactorScheduler, docstring",
        "The docstring lets a change show at m.",
    ),
    "mxnet-poly": Dialect(
        schedules.polynomial, f"{_SOURCE} PolyScheduler", "Stays at final_lr after the end; the docstring says 0."
    ),
    "mxnet-cosine": Dialect(
        schedules.cosine, f"{_SOURCE} CosineScheduler", "Stays at final_lr after the end; the docstring says 0."
    ),
}
