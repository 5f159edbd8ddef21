"""Rule -> Rule: what is done to any rule, whatever its formula."""

from .accumulation import accumulated
from .binding import Bound, bind
from .hooking import hooked
from .layers import each
from .precision import with_master_weight
from .quirks import decay_reads_new_weight, restepped
from .scheduling import scheduled

__all__ = [
    "Bound",
    "accumulated",
    "bind",
    "decay_reads_new_weight",
    "each",
    "hooked",
    "restepped",
    "scheduled",
    "with_master_weight",
]
