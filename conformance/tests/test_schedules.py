"""Each learning-rate schedule gives the rates that MXNet's schedulers were seen to give, count by count."""

from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from lbref import errors, schedules, warmup
from lbref.dialects import SCHEDULES

RISE = partial(warmup.mxnet_linear, begin=0.0, final=1.0, updates=4)
FACTOR = partial(schedules.factor, learning_rate=1.0, period=2, factor=0.5)
MULTI = partial(schedules.multi_factor, learning_rate=1.0, milestones=(2, 5), factor=0.1)
POLY = partial(schedules.polynomial, learning_rate=1.0, updates=8, power=2.0, final_learning_rate=0.1)
COSINE = partial(schedules.cosine, learning_rate=1.0, updates=4, final_learning_rate=0.1)

# schedule, first count, rates as measured, half a unit of the last decimal printed (0: printed in full)
# fmt: off
MEASURED = {
    "linear warmup, then constant": (
        schedules.warmed(RISE, lambda _: 1.0, updates=4), 0, (0, 0.25, 0.5, 0.75, 1, 1, 1), 0),
    "constant warmup, then constant": (
        schedules.warmed(lambda _: 0.25, lambda _: 1.0, updates=4), 0, (0.25, 0.25, 0.25, 0.25, 1, 1, 1), 0),
    "factor": (FACTOR, 0, (1, 1, 1, 0.5, 0.5, 0.25, 0.25), 0),
    "factor, whose clock runs during the warmup": (
        schedules.warmed(RISE, FACTOR, updates=4), 0, (0, 0.25, 0.5, 0.75, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625), 0),
    "multi-factor": (MULTI, 1, (1, 1, 0.1, 0.1, 0.1, 0.01, 0.01), 0),
    "polynomial": (POLY, 3, (0.4515625,), 0),
    "polynomial after a warmup": (
        schedules.warmed(RISE, partial(POLY, warmup_updates=4), updates=4), 0,
        (0, 0.25, 0.5, 0.75, 1, 0.6062, 0.325, 0.1562, 0.1, 0.1, 0.1, 0.1), 0.5e-4),
    "polynomial of power 1 to zero": (
        partial(schedules.polynomial, learning_rate=1.0, updates=4, power=1.0), 0, (1, 0.75, 0.5, 0.25, 0, 0), 0),
    "cosine": (COSINE, 0, (1, 0.868198, 0.55, 0.231802, 0.1), 0.5e-6),
}
# fmt: on

# Six operations and a power or cosine, each correct to a unit in the last place of a number up to 1.
ROUNDING = 8 * 2.0**-53


@pytest.mark.parametrize(("schedule", "first", "expected", "printing"), MEASURED.values(), ids=MEASURED)
def test_the_rates_are_the_measured_ones(schedule, first, expected, printing):
    rates = [schedule(first + i) for i in range(len(expected))]
    assert rates == pytest.approx(list(expected), rel=0, abs=printing + ROUNDING)


@pytest.mark.parametrize("schedule", [POLY, COSINE], ids=["polynomial", "cosine"])
def test_a_decay_starts_at_its_rate_where_the_warmup_ends_and_stays_where_it_ends(schedule):
    late = partial(schedule, warmup_updates=3)
    assert late(3) == 1.0
    assert [schedule(n) for n in (8, 9, 1000)] == [0.1] * 3


@pytest.mark.parametrize("schedule", [POLY, COSINE], ids=["polynomial", "cosine"])
def test_a_warmup_moves_the_start_of_a_decay_and_not_its_end(schedule):
    """T counts from 0, with the warmup: after W of T updates, what is left to go is T - W."""
    moved = partial(schedule, updates=8, warmup_updates=4)
    alone = partial(schedule, updates=4)
    assert [moved(n + 4) for n in range(6)] == [alone(n) for n in range(6)]


def test_a_factor_never_falls_below_its_floor_but_a_smaller_rate_stays():
    assert schedules.factor(100, learning_rate=1.0, period=1, factor=0.5, floor=0.125) == 0.125
    assert schedules.factor(1, learning_rate=1e-9, period=1, factor=0.5) == 1e-9
    assert schedules.factor(2, learning_rate=1e-9, period=1, factor=0.5) == 1e-8


@pytest.mark.parametrize("count", [0, 1])
def test_a_released_factor_does_not_change_before_the_second_count(count):
    assert schedules.factor(count, learning_rate=1.0, period=1, factor=0.5) == 1.0
    assert schedules.multi_factor(count, learning_rate=1.0, milestones=(1,), factor=0.5) == 1.0


@pytest.mark.parametrize(("clock", "shown"), [(schedules.completed, 8), (schedules.current, 7)])
@pytest.mark.parametrize(
    "schedule",
    [
        partial(schedules.factor, learning_rate=1.0, period=7, factor=0.5),
        partial(schedules.multi_factor, learning_rate=1.0, milestones=(7,), factor=0.5),
    ],
    ids=["factor", "multi-factor"],
)
def test_a_change_due_at_seven_shows_when_its_clock_says(schedule, clock, shown):
    changed = [n for n in range(12) if schedule(n, clock=clock) != 1.0]
    assert changed[0] == shown


def test_at_the_due_update_the_documented_dialect_has_changed_and_the_released_one_has_not():
    for name in ("factor", "multi-factor"):
        released = SCHEDULES[f"schedule@mxnet-{name}"].rule
        documented = SCHEDULES[f"schedule@mxnet-{name}-documented"].rule
        settings = {"period": 2} if name == "factor" else {"milestones": (2,)}
        rates = [rule(2, learning_rate=1.0, factor=0.5, **settings) for rule in (released, documented)]
        assert rates == [1.0, 0.5]


def test_warmed_follows_the_rise_up_to_n_and_the_decay_from_n_on():
    rate = schedules.warmed(lambda n: -n, lambda n: n, updates=3)
    assert [rate(n) for n in range(6)] == [0, -1, -2, 3, 4, 5]


def test_without_a_warmup_warmed_is_the_decay():
    rate = schedules.warmed(lambda n: -n, lambda n: n, updates=0)
    assert [rate(n) for n in range(3)] == [0, 1, 2]


def test_from_zero_calls_the_first_step_zero():
    assert [schedules.from_zero(lambda count: count)(step) for step in (1, 2, 3)] == [0, 1, 2]


def test_zero_after_keeps_the_last_update_itself():
    assert [schedules.zero_after(lambda _: 1.0, updates=3)(n) for n in (2, 3, 4)] == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ((1.0, 1.0, 1.0), (0.5, 0.5, 0.5)),
        ((1.0, 2.0, 1.0), (0.5, 1.0, 0.25)),
        ((1.0, 0.0, 1.0), (0.5, 0.0, 0.5)),
        ((0.0, 1.0, 1.0), (0.5, 0.5, 0.5)),
    ],
    ids=["constant", "changing", "through zero", "from zero"],
)
def test_corrected_momentum_follows_the_rate_and_is_plain_after_a_rate_of_zero(rates, expected):
    momentum = schedules.corrected_momentum(0.5, lambda step: rates[step - 1])
    assert [momentum(step) for step in (1, 2, 3)] == list(expected)


def test_corrected_momentum_asks_for_no_rate_before_the_first_step():
    asked = []
    schedules.corrected_momentum(0.5, lambda step: asked.append(step) or 1.0)(1)
    assert 0 not in asked


def test_a_count_may_be_a_0d_array_of_an_integer_as_optax_passes_it():
    assert [POLY(count) for count in (np.int32(3), jnp.asarray(3), torch.tensor(3))] == [POLY(3)] * 3


@pytest.mark.parametrize("count", [True, -1, 1.0, np.float32(1), jnp.asarray(1.0), np.asarray([1, 2]), "1", None])
def test_what_is_no_count_is_refused(count):
    with pytest.raises(errors.StepError, match="an integer >= 0"):
        POLY(count)
