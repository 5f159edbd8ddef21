"""Each warmup rule's clock, denominator and value from N on: as its docstring says and as the packages do."""

from functools import partial
from itertools import pairwise

import pytest

from lbref import schedules, warmup
from lbref.dialects import SCHEDULES

LBSGD = ("lbsgd-linear", "lbsgd-power2", "lbsgd-sqrt", "lbsgd-none")
ROOT2, ROOT3 = 2.0**0.5, 3.0**0.5

# LBSGD's multiplier at micro-batches n = 0..6, N = 4, batch_scale 3: measured (2.4142 is 1 + √2, 2.7321 is 1 + √3).
LBSGD_MULTIPLIERS = {
    "lbsgd-linear": (1, 1.5, 2, 2.5, 3, 3, 3),
    "lbsgd-power2": (1, 1.125, 1.5, 2.125, 3, 3, 3),
    "lbsgd-sqrt": (1, 2, 1 + ROOT2, 1 + ROOT3, 3, 3, 3),
    "lbsgd-none": (1, 1, 1, 1, 3, 3, 3),
}

# Rates for counts 0, 1, 2 ...: measured.
RATES = {
    "MXNet linear": (warmup.mxnet_linear, {"begin": 0, "final": 1, "updates": 4}, (0, 0.25, 0.5, 0.75, 1, 1, 1)),
    "MXNet constant": (
        warmup.mxnet_constant,
        {"begin": 0.25, "final": 1, "updates": 4},
        (0.25, 0.25, 0.25, 0.25, 1, 1, 1),
    ),
    "Chainer WarmupShift": (
        warmup.chainer_shift,
        {"start": 0.1, "final": 0.5, "updates": 4},
        (0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5),
    ),
    "MindSpore WarmUpLR": (
        warmup.chainer_shift,
        {"start": 0, "final": 0.1, "updates": 4},
        (0, 0.025, 0.05, 0.075, 0.1, 0.1),
    ),
    "optax warmup_constant_schedule": (
        warmup.chainer_shift,
        {"start": 0, "final": 1, "updates": 4},
        (0, 0.25, 0.5, 0.75, 1, 1),
    ),
    "torch LinearLR": (warmup.chainer_shift, {"start": 0.25, "final": 1, "updates": 3}, (0.25, 0.5, 0.75, 1, 1, 1)),
    # Goyal et al.: from the reference rate to 8 times it, by a constant increment.
    "gradual": (warmup.gradual, {"updates": 4, "factor": 8}, (1, 2.75, 4.5, 6.25, 8, 8)),
}

# Every rule with N left open: the value at its first count while it rises, and from N on.
OPEN = {name: (partial(SCHEDULES[f"warmup@{name}"].rule, batch_scale=3), 1, 3) for name in LBSGD} | {
    "goyal-2017": (partial(warmup.gradual, factor=3), 1, 3),
    "mxnet-linear": (partial(warmup.mxnet_linear, begin=0.25, final=2), 0.25, 2),
    "mxnet-constant": (partial(warmup.mxnet_constant, begin=0.25, final=2), 0.25, 2),
    "chainer-7.8.1": (partial(warmup.chainer_shift, start=0.25, final=2), 0.25, 2),
}


def exactly(values):
    """Return what equals the values up to the rounding of the four operations that a warmup rule consists of."""
    return pytest.approx(list(values), rel=4 * 2.0**-53, abs=0)


@pytest.mark.parametrize("name", LBSGD)
def test_lbsgd_multiplies_as_measured(name):
    rule = SCHEDULES[f"warmup@{name}"].rule
    assert [rule(count, updates=4, batch_scale=3) for count in range(7)] == exactly(LBSGD_MULTIPLIERS[name])


@pytest.mark.parametrize("name", LBSGD)
def test_lbsgd_with_one_update_of_warmup_jumps_as_measured(name):
    rule = SCHEDULES[f"warmup@{name}"].rule
    assert [rule(count, updates=1, batch_scale=3) for count in range(3)] == [1, 3, 3]


@pytest.mark.parametrize(("rule", "settings", "expected"), RATES.values(), ids=RATES)
def test_the_rate_is_the_measured_one(rule, settings, expected):
    assert [rule(count, **settings) for count in range(len(expected))] == exactly(expected)


def test_every_warmup_dialect_is_tested():
    assert {f"warmup@{name}" for name in OPEN} == {name for name in SCHEDULES if name.startswith("warmup@")}


@pytest.mark.parametrize("updates", [0, 1, 4, 7])
@pytest.mark.parametrize("name", OPEN)
def test_from_n_on_the_rule_has_arrived(name, updates):
    rule, _, last = OPEN[name]
    assert [rule(count, updates=updates) for count in (updates, updates + 1, updates + 100)] == [last] * 3


@pytest.mark.parametrize("updates", [1, 4, 7])
@pytest.mark.parametrize("name", OPEN)
def test_at_count_zero_the_rule_has_not_left(name, updates):
    rule, first, _ = OPEN[name]
    assert rule(0, updates=updates) == first


@pytest.mark.parametrize("name", ["lbsgd-linear", "goyal-2017", "mxnet-linear", "chainer-7.8.1"])
def test_a_linear_rule_divides_by_n(name):
    """Not by N - 1 and not by N + 1: with N = 4, the step into the last value is as long as every other."""
    rule, first, last = OPEN[name]
    rises = [after - before for before, after in pairwise(rule(count, updates=4) for count in range(5))]
    assert rises == exactly([(last - first) / 4] * 4)


@pytest.mark.parametrize("name", OPEN)
def test_a_multiplier_is_a_plain_float(name):
    rule, _, _ = OPEN[name]
    assert [type(rule(count, updates=2)) for count in (0, 1, 2)] == [float] * 3


# Where the first update reads 0 -> 1 in 4, and at which update the rate is full: by optimizer, as measured.
CLOCKS = {
    "MXNet SGD, NAG, LARS, LAMB: n = 1, 2, 3": (lambda schedule: schedule, 0.25, 4),
    "MXNet LBSGD: n = 0, 1, 2": (schedules.from_zero, 0.0, 5),
    "MXNet 2.0.0b1 LAMB, alone: n = 2, 4, 6": (lambda schedule: lambda step: schedule(2 * step), 0.5, 2),
    "Chainer, optax, Paddle, MindSpore, timm: t = 0, 1, 2": (schedules.from_zero, 0.0, 5),
}


@pytest.mark.parametrize(("clock", "first", "full"), CLOCKS.values(), ids=CLOCKS)
def test_the_clock_decides_what_the_first_update_sees(clock, first, full):
    rate = clock(partial(warmup.mxnet_linear, begin=0.0, final=1.0, updates=4))
    rates = [rate(step) for step in range(1, 8)]
    assert rates[0] == first
    assert 1 + rates.index(1.0) == full
