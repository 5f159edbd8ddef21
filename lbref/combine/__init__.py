"""Rule -> Rule: what is done to any rule, whatever its formula."""

from .accumulation import accumulated
from .binding import Bound, bind
from .decaying import decayed_apart
from .differences import as_difference
from .hooking import hooked
from .layers import each
from .precision import hook_in_stored_precision, in_stored_precision, with_master_weight
from .quirks import decay_reads_new_weight, restepped, velocity_negated
from .scheduling import scheduled
from .tracing import traceable

__all__ = [
    "Bound",
    "accumulated",
    "as_difference",
    "bind",
    "decay_reads_new_weight",
    "decayed_apart",
    "each",
    "hook_in_stored_precision",
    "hooked",
    "in_stored_precision",
    "restepped",
    "scheduled",
    "traceable",
    "velocity_negated",
    "with_master_weight",
]
