"""What MXNet's documentation says of its schedules and what it releases, both with the numbers that were measured."""

from functools import partial

import pytest

from lbref import schedules, warmup
from lbref.dialects import SCHEDULES

FACTOR = {"learning_rate": 1.0, "period": 2, "factor": 0.5}
MULTI_FACTOR = {"learning_rate": 1.0, "milestones": (2, 5), "factor": 0.1}


@pytest.mark.parametrize(
    ("schedule", "settings", "first", "expected"),
    [
        ("schedule@mxnet-factor-documented", FACTOR, 0, (1, 1, 0.5, 0.5, 0.25, 0.25, 0.125)),
        ("schedule@mxnet-factor", FACTOR, 0, (1, 1, 1, 0.5, 0.5, 0.25, 0.25)),
        ("schedule@mxnet-multi-factor-documented", MULTI_FACTOR, 1, (1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01)),
        ("schedule@mxnet-multi-factor", MULTI_FACTOR, 1, (1, 1, 0.1, 0.1, 0.1, 0.01, 0.01)),
    ],
)
def test_e9_a_change_shows_one_update_later_than_documented(schedule, settings, first, expected):
    values = [SCHEDULES[schedule].rule(first + i, **settings) for i in range(len(expected))]
    assert values == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("name", ["mxnet-poly", "mxnet-cosine"])
def test_e9_after_the_end_documented_zero_and_released_the_final_rate(name):
    released = partial(SCHEDULES[f"schedule@{name}"].rule, learning_rate=1.0, updates=4, final_learning_rate=0.1)
    documented = schedules.zero_after(released, updates=4)
    assert [released(n) for n in (4, 5, 9)] == [0.1, 0.1, 0.1]
    assert [documented(n) for n in (4, 5, 9)] == [0.1, 0.0, 0.0]


@pytest.mark.parametrize(
    ("aim", "expected"),
    [(0.5, (0, 0.125, 0.25, 0.375, 0.5, 0.5)), (1.0, (0, 0.25, 0.5, 0.75, 0.5, 0.5))],
    ids=["documented", "released"],
)
def test_e10_the_warmup_still_aims_at_the_rate_that_the_argument_replaced(aim, expected):
    rate = after_warmup(aim, 0.5)
    assert [rate(n) for n in range(6)] == list(expected)


@pytest.mark.parametrize(
    ("default", "expected"),
    [(1.0, (0.25, 0.75, 1, 1)), (0.001, (0.25, 0.75, 0.001, 0.001)), (0.1, (0.25, 0.75, 0.1, 0.1))],
    ids=["documented", "released LAMB and LANS", "released SGD, NAG and LARS of 2.0.0b1"],
)
def test_e24_a_default_rate_replaces_the_rate_after_the_warmup_only(default, expected):
    rate = after_warmup(1.0, default)
    assert [rate(n) for n in (1, 3, 4, 5)] == list(expected)


def after_warmup(aim, base):
    """Return MXNet's FactorScheduler with four updates of warmup up to `aim` and the rate `base` from then on."""
    rise = partial(warmup.mxnet_linear, begin=0.0, final=aim, updates=4)
    return schedules.warmed(rise, partial(schedules.factor, learning_rate=base, period=1000, factor=1.0), updates=4)
