"""Learning-rate schedulers, stateful as MXNet releases them: python/mxnet/lr_scheduler.py, alike in 1.9.1 and 2.0.0b1.

The values are those of `lbref.schedules`. What only the classes do: `base_lr` moves, and never back; the rate at which
a warmup ends is frozen when the scheduler is made; PolyScheduler and CosineScheduler ignore a `base_lr` that an
optimizer sets, and beyond `max_update` return what they returned last.
"""

from ._base import LRScheduler
from ._ending import CosineScheduler, PolyScheduler
from ._falling import FactorScheduler, MultiFactorScheduler

__all__ = ["CosineScheduler", "FactorScheduler", "LRScheduler", "MultiFactorScheduler", "PolyScheduler"]
