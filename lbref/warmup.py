"""Warmup rules: a count of updates -> a multiplier, or a value between two. Plain floats, no arrays.

Each says its clock (what the first update is called), its denominator, and its value from N on.
"""

from __future__ import annotations

import math

from ._numbers import checked_schedule


@checked_schedule
def lbsgd_linear(count: int, /, *, updates: int, batch_scale: float) -> float:
    """Return 1 + (B − 1) n / N: MXNet LBSGD's strategy 'linear'.

    Clock: micro-batches, the first is n = 1. Denominator: N. From n = N on: B.

    Parameters
    ----------
    count
        n, the count of micro-batches.
    updates
        N = warmup_epochs · updates_per_epoch.
    batch_scale
        B, the multiplier at the end.
    """
    return _lbsgd(count, updates, batch_scale, 1.0 + (batch_scale - 1) * count / max(updates, 1))


@checked_schedule
def lbsgd_power2(count: int, /, *, updates: int, batch_scale: float) -> float:
    """Return 1 + (B − 1) (n / N)²: MXNet LBSGD's strategy 'power2'; clock and ends as `lbsgd_linear`."""
    return _lbsgd(count, updates, batch_scale, 1.0 + (batch_scale - 1) * (count * count) / max(updates, 1) ** 2)


@checked_schedule
def lbsgd_sqrt(count: int, /, *, updates: int, batch_scale: float) -> float:
    """Return 1 + (B − 1) √(n / N): MXNet LBSGD's strategy 'sqrt'; clock and ends as `lbsgd_linear`."""
    return _lbsgd(count, updates, batch_scale, 1.0 + (batch_scale - 1) * math.sqrt(count / max(updates, 1)))


@checked_schedule
def lbsgd_none(count: int, /, *, updates: int, batch_scale: float) -> float:
    """Return 1, then jump to B at N: what MXNet's LBSGD does for a strategy name that it does not know."""
    return _lbsgd(count, updates, batch_scale, 1.0)


def _lbsgd(count: int, updates: int, batch_scale: float, rising: float) -> float:
    return float(batch_scale) if count >= updates else rising


@checked_schedule
def gradual(step: int, /, *, updates: int, factor: float) -> float:
    """Return 1 + (k − 1) t / N, so that the rate rises from η to k η by a constant increment.

    Goyal et al. 2017, arXiv:1706.02677, section 2.2, with N the number of steps in 5 epochs.
    Clock: steps, the first is t = 0. Denominator: N. From t = N on: k; with N = 0 always k.

    Parameters
    ----------
    step
        t, the count of steps already made.
    updates
        N, the number of steps until the full rate.
    factor
        k, by how much the batch, and so the rate, is larger than the reference.
    """
    return 1.0 + (factor - 1.0) * step / updates if step < updates else float(factor)


@checked_schedule
def mxnet_linear(update: int, /, *, begin: float, final: float, updates: int) -> float:
    """Return begin + (final − begin) n / N: warmup_mode 'linear' of MXNet's schedulers.

    Clock: updates; the first is n = 1 for SGD, NAG, LARS and LAMB, n = 0 for LBSGD. Denominator: N.
    From n = N on the scheduler's own formula holds; here: final. See `lbref.schedules.warmed`.
    """
    return begin + (final - begin) * update / updates if update < updates else float(final)


@checked_schedule
def mxnet_constant(update: int, /, *, begin: float, final: float, updates: int) -> float:
    """Return begin, then jump to final at N: warmup_mode 'constant' of MXNet's schedulers; clock as `mxnet_linear`."""
    return float(begin) if update < updates else float(final)


@checked_schedule
def chainer_shift(step: int, /, *, start: float, final: float, updates: int) -> float:
    """Return (t final + (N − t) start) / N: Chainer's WarmupShift.

    Clock: steps, the first is t = 0 and uses start. Denominator: N. From t = N on: final.
    """
    return (step * final + (updates - step) * start) / updates if step < updates else float(final)
