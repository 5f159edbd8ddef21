"""lbref: the reference for large-batch optimizers, on the Python array API standard.

`lbref.rules` holds one published formula per module; `lbref.dialects` names what each known implementation computes.
"""

from . import combine, dialects, errors, hooks, inertia, moments, rules, schedules, trust, warmup
from ._types import Array, GradientHook, Number, Rule, Schedule, State

__version__ = "0.1.0"

__all__ = [
    "Array",
    "GradientHook",
    "Number",
    "Rule",
    "Schedule",
    "State",
    "__version__",
    "combine",
    "dialects",
    "errors",
    "hooks",
    "inertia",
    "moments",
    "rules",
    "schedules",
    "trust",
    "warmup",
]
