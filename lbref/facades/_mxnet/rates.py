"""Counts and rates: plain numbers, as MXNet's Python classes form them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, MutableMapping


def single(value: float) -> float:
    """Return the number in single precision: how every hyperparameter reaches MXNet's kernels, whatever the weight."""
    return float(ctypes.c_float(value).value)


def multiplied(value: float, multiplier: float) -> float:
    """Return a rate or a decay with a parameter's own multiplier."""
    return value * multiplier


def counted(counts: MutableMapping[int | str, int], indices: Iterable[int | str], begin: int, latest: int) -> int:
    """Count one more update of each index, and return the largest count of any index so far."""
    for index in indices:
        counts[index] = counts.get(index, begin) + 1
        latest = max(latest, counts[index])
    return latest


def corrected_momentum(momentum: float, rate: float, last_rate: float) -> float:
    """Return m γ / γ', which keeps a velocity that carries the rate in proportion to it; m where the last was 0."""
    return momentum * (rate / last_rate) if last_rate else momentum


def micro_batch(count: int, init: int) -> int:
    """Return a count that began at `init` as one that begins at 0."""
    return count - init


def is_complete(count: int, batch_scale: int) -> bool:
    """Return whether a micro-batch is the last of its macro-batch."""
    return count % batch_scale == 0


def init_updates(begin_epoch: int, updates_per_epoch: int) -> int:
    """Return the count from which micro-batches are counted."""
    return begin_epoch * updates_per_epoch


def chunk(start: int, size: int) -> slice:
    """Return which tensors of a list go together, and where the next begin."""
    return slice(start, start + size)
