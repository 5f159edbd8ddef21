"""What documentation says and what the released package computes, both with the numbers that were measured.

Errata have numbers. The two sides of one are two named dialects, or one dialect with two settings. Those of schedules
and of accumulation have files of their own.
"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest

from lbref import combine, schedules, trust
from lbref.dialects import HOOKS, RULES
from lbref.rules import sgd

THREE = ((1.0, -2.0, 3.0), (0.5, 0.25, -1.0))  # the weight and gradient of most errata
PLAIN = ((3.0, 4.0), (0.3, 0.4))
LAMB_GRADS = ((0.5, 0.25, -1.0), (0.05, 0.3, 0.1), (-0.5, -0.25, 1.0))


class Row(NamedTuple):
    erratum: str  # its number, and which side
    dialect: str
    weight: tuple[float, ...]
    grads: tuple[tuple[float, ...], ...]  # one per step
    settings: dict[str, Any]
    expected: tuple[float, ...]  # the weight after the last step
    velocity: tuple[float, ...] | None = None  # after the last step; the step is subtracted, as everywhere in lbref
    decimals: int = 7


E1 = {"learning_rate": 0.1, "weight_decay": 0.2, "momentum": 0.9, "rescale_grad": 0.5, "clip_gradient": 0.2}
E2 = {"learning_rate": 0.1, "weight_decay": 0.5, "momentum": 0.9}
E3 = {"learning_rate": 1.0, "momentum": 0.0, "rescale_grad": 0.5, "clip_gradient": 0.4}
E7 = {"learning_rate": 0.1, "upper_bound": 2.0, "eps": 0.0}
E8 = {"learning_rate": 0.1, "eps": 0.0}
E12 = {"learning_rate": 0.1, "momentum": 0.9}
E15 = {"learning_rate": 0.1, "weight_decay": 0.5}
E16 = {"learning_rate": 1.0, "momentum": 0.0}
E17 = {"learning_rate": 1.0, "weight_decay": 1.0, "clip_gradient": 0.5, "momentum": 0.0}
E18 = {"learning_rate": 0.1, "momentum": 0.9}
E19 = {"learning_rate": 1.0, "momentum": 0.0}
E20 = {"learning_rate": 0.1}

# fmt: off
ROWS = [
    Row("E1 documented: clip, then rescale; decay without the rate", "lbsgd@mxnet-1.9.1-documented", *THREE[:1],
        THREE[1:], E1, (0.79, -1.61, 2.41), (0.21, -0.39, 0.59)),
    Row("E1 released", "lbsgd@mxnet-1.9.1-linear", *THREE[:1], THREE[1:], E1,
        (0.96, -1.9725, 2.96), (0.04, -0.0275, 0.04)),
    Row("E2 documented: decay in the velocity only", "nag@mxnet-1.9.1-documented", *THREE[:1], THREE[1:], E2,
        (0.86, -1.9575, 3.055), (1.0, -0.75, 0.5)),
    Row("E2 released in place: the velocity's decay reads the new weight", "nag@mxnet-1.9.1", *THREE[:1], THREE[1:], E2,
        (0.81, -1.8575, 2.905), (0.0905, -0.067875, 0.04525)),
    Row("E2 released out of place", "nag@mxnet-2.0.0b1", *THREE[:1], THREE[1:], E2,
        (0.81, -1.8575, 2.905), (0.1, -0.075, 0.05)),
    Row("E3 documented: clip, then rescale", "sgd@mxnet-1.9.1-documented", (0.0, 0.0), ((1.0, -3.0),), E3,
        (-0.2, 0.2)),
    Row("E3 released", "sgd@mxnet-1.9.1", (0.0, 0.0), ((1.0, -3.0),), E3, (-0.4, 0.4)),
    # The direction of LAMB's first step is the sign of the gradient where eps = 0: here (1, 1), of norm √2.
    Row("E7 documented: the upper bound raises", "lamb@mxnet-1.9.1-documented", (3.0, 4.0), ((1.0, 1.0),), E7,
        (2.6464466, 3.6464466)),
    Row("E7 released", "lamb@mxnet-1.9.1", (3.0, 4.0), ((1.0, 1.0),), E7, (2.8585787, 3.8585787)),
    Row("E8 documented, and the Python class: an upper bound of 0 is none", "lamb@mxnet-1.9.1", (3.0, 4.0),
        ((1.0, 1.0),), E8, (2.6464467, 3.6464467)),
    Row("E8 released operator: an upper bound of 0 is a weight norm of 0", "lamb@mxnet-1.9.1", (3.0, 4.0),
        ((1.0, 1.0),), E8 | {"upper_bound": 0.0}, (2.9, 3.9)),
    Row("E8 documented, and the Python class: a clip of 0 is none", "sgd@mxnet-1.9.1", (0.0,), ((5.0,),),
        {"learning_rate": 1.0}, (-5.0,)),
    Row("E8 released operator: a clip of 0 removes the gradient", "sgd@mxnet-1.9.1", (0.0,), ((5.0,),),
        {"learning_rate": 1.0, "clip_gradient": 0.0}, (0.0,)),
    Row("E12 documented, 1 step", "nag@chainer-7.8.1-documented", *THREE[:1], THREE[1:], E12,
        (0.905, -2.0475, 3.19)),
    Row("E12 documented, 2 steps", "nag@chainer-7.8.1-documented", *THREE[:1], 2 * THREE[1:], E12,
        (0.7695, -2.11525, 3.461)),
    Row("E12 documented, 3 steps", "nag@chainer-7.8.1-documented", *THREE[:1], 3 * THREE[1:], E12,
        (0.59755, -2.201225, 3.8049)),
    Row("E12 released, 1 step", "nag@chainer-7.8.1", *THREE[:1], THREE[1:], E12,
        (0.8645, -2.06775, 3.271)),
    Row("E12 released, 2 steps", "nag@chainer-7.8.1", *THREE[:1], 2 * THREE[1:], E12,
        (0.69255, -2.153725, 3.6149)),
    Row("E12 released, 3 steps", "nag@chainer-7.8.1", *THREE[:1], 3 * THREE[1:], E12,
        (0.487795, -2.2561025, 4.02441)),
    Row("E15 documented: t = 1, 2, 3", "lamb@mxnet-1.9.1", *THREE[:1], LAMB_GRADS, E15,
        (0.3376705, -1.8567381, 2.3581422)),
    Row("E15 released alone in a list: t = 2, 4, 6", "lamb@mxnet-2.0.0b1-single", *THREE[:1], LAMB_GRADS, E15,
        (0.4059923, -1.7437984, 2.2771251)),
    Row("E16 documented: no trust coefficient", "lars@mxnet-2.0.0b1-documented", *PLAIN[:1], PLAIN[1:], E16,
        (0.0, 0.0)),
    Row("E16 released", "lars@mxnet-2.0.0b1", *PLAIN[:1], PLAIN[1:], E16, (2.997, 3.996)),
    Row("E17 documented: the sum with the decay is clipped", "sgd@mxnet-2.0.0b1-documented", (2.0,), ((1.0,),), E17,
        (1.5,)),
    Row("E17 released", "sgd@mxnet-1.9.1", (2.0,), ((1.0,),), E17, (-0.5,)),
    Row("E18 documented: Nesterov", "nag@torch-2.13.0", *PLAIN[:1], 2 * PLAIN[1:], E18, (2.8617, 3.8156)),
    Row("E18 released on CPU: the flag is ignored", "sgd@goyal-2017", *PLAIN[:1], 2 * PLAIN[1:], E18,
        (2.913, 3.884)),
    Row("E18 documented, decay", "nag@torch-2.13.0", *PLAIN[:1], 2 * PLAIN[1:], E18 | {"weight_decay": 0.5},
        (2.20269, 2.93692)),
    Row("E18 released on CPU, decay", "sgd@goyal-2017", *PLAIN[:1], 2 * PLAIN[1:], E18 | {"weight_decay": 0.5},
        (2.487, 3.316)),
    Row("E19 released: eps in the denominator", "lars@published", *PLAIN[:1], PLAIN[1:],
        E19 | {"eps": 1.0, "weight_decay": 0.1}, (2.9985, 3.998)),
    Row("E19 documented: without decay the ratio stays", "lars@published", *PLAIN[:1], PLAIN[1:], E19, (2.997, 3.996)),
    Row("E19 released on CPU: without decay there is no ratio", "sgd@published", *PLAIN[:1], PLAIN[1:], E19,
        (2.7, 3.6)),
    Row("E19 released: Lamb divides by 1 - beta1^t", "lamb@optax-0.2.8", (3.0, 4.0), ((1.0, -1.0),),
        E20 | {"weight_decay": 0.5}, (2.5357618, 3.8143044)),
    Row("E20 documented: no bias correction", "lamb@published-uncorrected", (3.0, 4.0), ((1.0, -1.0),), E20,
        (2.6464, 4.3536), decimals=4),
    Row("E20 optax, a norm of 50", "lamb@optax-0.2.8", (30.0, 40.0), ((1.0, -1.0),), E20,
        (26.464466, 43.535534), decimals=6),
]
# fmt: on


def rounding(values, decimals=7, steps=1):
    """Return by how much printed numbers may be off: half a unit of the last decimal, and the packages' float32.

    One step rounds about eight times (two norms, the ratio, the decay, products, the difference), each time by at most
    2⁻²⁴ of the largest number involved. Numbers printed shorter are exact in decimal, and are held to the same.
    """
    return 0.5 * 10.0**-decimals + steps * 8 * 2.0**-24 * max(1.0, *np.abs(np.ravel(values)))


def near(values, decimals=7, steps=1):
    return pytest.approx(np.asarray(values), rel=0, abs=rounding(values, decimals, steps))


@pytest.mark.parametrize("row", ROWS, ids=[row.erratum for row in ROWS])
def test_a_side_of_an_erratum_gives_the_measured_weight(run, row):
    weight, state = run(RULES[row.dialect].rule, row.weight, row.grads, row.settings)
    assert weight == near(row.expected, row.decimals, len(row.grads))
    if row.velocity is not None:
        assert state.velocity == near(row.velocity, row.decimals, len(row.grads))


def lars_with_rates(*rates, corrected):
    """Return MXNet 1.9.1's LARS with eta 1 and a rate per step."""

    def rate(step):
        return rates[step - 1]

    momentum = schedules.corrected_momentum(0.9, rate) if corrected else lambda _: 0.9
    rule = combine.bind(RULES["lars@mxnet-1.9.1"].rule, trust_coefficient=1.0)
    return combine.scheduled(rule, learning_rate=rate, momentum=momentum)


def test_e4_documented_every_layer_of_a_step_has_its_momentum_corrected():
    rule = combine.each(lars_with_rates(1.0, 2.0, corrected=True))
    weights = [np.ones(2), np.ones(2)]
    states = rule.init(weights)
    for step in (1, 2):
        weights, states = rule.update(weights, [np.ones(2), np.ones(2)], states, step)
    assert weights[0] == near((-3.8, -3.8), steps=2)
    assert weights[1] == near((-3.8, -3.8), steps=2)


def test_e4_released_a_second_call_of_a_step_corrects_by_one(run):
    """It finds the rate of its own step where it looks for that of the step before."""
    weight, _ = run(lars_with_rates(1.0, 2.0, corrected=False), (1.0, 1.0), ((1.0, 1.0),) * 2, {})
    assert weight == near((-2.9, -2.9), steps=2)


def test_e4_a_schedule_through_zero_erases_the_velocity(run):
    rule = lars_with_rates(1.0, 0.0, 1.0, corrected=True)
    trail = [run(rule, (1.0, 1.0), ((1.0, 1.0),) * steps, {}) for steps in (1, 2, 3)]
    assert [weight[0] for weight, _ in trail] == [0.0, 0.0, -1.0]
    assert [state.velocity[0] for _, state in trail] == [1.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("phi", "expected"),
    [(trust.raised_to_both, (2.5, 3.5)), (trust.clamped, (2.8, 3.8))],
    ids=["documented", "released"],
)
def test_e7_phase_two_alone(phi, expected):
    """The operator takes both norms as arguments, so that a direction (1, 1) may claim the norm 1."""
    size = phi(np.asarray(5.0), upper=2.0)
    assert np.asarray((3.0, 4.0)) - 0.1 * size / 1.0 * np.ones(2) == near(expected)


def behind(dialect, **settings):
    hook = partial(HOOKS[f"gradient-lars@{dialect}"].rule, **settings)
    return combine.hooked(combine.bind(sgd, momentum=0.0, weight_decay=0.0, learning_rate=1.0), hook)


def test_e13_at_the_threshold_the_released_hook_does_not_scale(run):
    """The documentation says "more than", as the release does; but its formula, without threshold, scales.

    Measured in float32, where this weight's norm comes out as the threshold; its exact norm is a little more. In
    float64 the norm is the threshold itself.
    """
    assert np.hypot(0.006, 0.008) == 0.01
    for dialect, expected in (("chainer-7.8.1", (-0.294, -0.392)), ("chainer-7.8.1-documented", (0.0, 0.0))):
        weight, _ = run(behind(dialect), (0.006, 0.008), PLAIN[1:], {})
        assert weight == near(expected)


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [("chainer-7.8.1-documented", (0.0, 0.0)), ("chainer-7.8.1", (2.0, 2.6667))],
    ids=["documented", "released"],
)
def test_e14_eps_shows_where_the_gradient_is_as_small(run, dialect, expected):
    weight, _ = run(behind(dialect), (3.0, 4.0), ((3e-10, 4e-10),), {})
    assert weight == near(expected, decimals=4)


def test_e15_without_decay_a_doubled_count_cannot_be_seen(run):
    settings = {"learning_rate": 0.1}
    for dialect in ("mxnet-1.9.1", "mxnet-2.0.0b1-single"):
        weight, _ = run(RULES[f"lamb@{dialect}"].rule, THREE[0], 3 * THREE[1:], settings)
        assert weight == near((0.30792, -2.69208, 3.69208), decimals=5)


def test_e17_a_zero_gradient_is_finite_as_published_and_nan_as_released(run):
    settings = {"learning_rate": 0.1, "weight_decay": 0.5}
    published, _ = run(RULES["lans@published"].rule, (3.0, 4.0), ((0.0, 0.0),), settings)
    released = run(RULES["lans@mxnet-2.0.0b1"].rule, (3.0, 4.0), ((0.0, 0.0),), settings)
    assert np.isfinite(published).all()
    assert np.isnan((released[0], *released[1])).all()


def test_e17_the_two_forms_of_lans_differ_where_the_gradient_varies_and_not_where_it_is_constant(run):
    draw = np.random.RandomState(7)  # the scenario of test_scenario.py
    weight = draw.randn(4, 3)
    grads = [draw.randn(4, 3) * scale for scale in (1, 0.3, 2, 0.7, 1.5)]
    assert apart(run, weight, grads) == pytest.approx(5.9e-4, abs=0.05e-4)
    # A constant gradient makes both halves one direction; the first then only shortens the second, which is normalised.
    # What is left is rounding: five steps of about eight, of numbers up to 4.
    assert apart(run, weight, grads[:1] * 5) <= 5 * 8 * 2.0**-53 * 4


STEP_FORMS = (
    ("sgd", "1.9.1"), ("nag", "2.0.0b1"), ("lars", "2.0.0b1"), ("lamb", "2.0.0b1-step"), ("lans", "2.0.0b1-step"),
)  # fmt: skip


def apart(run, weight, grads):
    """Return the largest difference between what the fused kernel and step() make of MXNet's LANS."""
    fused, step_by_step = (
        combine.scheduled(
            combine.bind(RULES[f"lans@{dialect}"].rule, weight_decay=0.05, rescale_grad=0.5),
            learning_rate=lambda step: (0.1, 0.2, 0.05, 0.3, 0.1)[step - 1],
        )
        for dialect in ("mxnet-2.0.0b1", "mxnet-2.0.0b1-step")
    )
    return np.abs(run(fused, weight, grads, {})[0] - run(step_by_step, weight, grads, {})[0]).max()


@pytest.mark.parametrize(
    "dialect", [f"{rule}@mxnet-{name}" for rule, name in STEP_FORMS], ids=[rule for rule, _ in STEP_FORMS]
)
def test_e17_the_gradient_is_left_alone(dialect):
    """Documented; step() of the release writes into it."""
    grad = np.asarray(THREE[1])
    grad.flags.writeable = False
    rule, weight = RULES[dialect].rule, np.asarray(THREE[0])
    rule.update(weight, grad, rule.init(weight), 1, learning_rate=0.1, weight_decay=0.5, rescale_grad=0.5)
    assert tuple(grad) == THREE[1]


def test_e19_documented_lamb_divides_by_the_power_itself(run):
    def documented(moment, *, beta, step):
        return moment / beta**step

    rule = combine.bind(RULES["lamb@optax-0.2.8"].rule, bias_correction=documented)
    weight, _ = run(rule, (3.0, 4.0), ((1.0, -1.0),), {"learning_rate": 0.1, "weight_decay": 0.5})
    assert weight == near((2.5213041, 4.1443960))


@pytest.mark.parametrize(
    ("weight", "weight_decay", "expected"),
    [
        ((3.0, 4.0), 0.0, (-0.5355332, 7.535533)),
        ((30.0, 40.0), 0.0, (22.928934, 47.071068)),
        ((3.0, 4.0), 0.5, (-1.8515348, 5.20938)),
    ],
    ids=["plain", "the weight's norm is bounded by 10", "coupled decay"],
)
def test_e20_released_the_step_is_divided_by_the_correction_of_the_mean(run, weight, weight_decay, expected):
    rule = combine.scheduled(RULES["lamb@published-uncorrected"].rule, learning_rate=lambda step: 0.1 / (1 - 0.9**step))
    moved, _ = run(rule, weight, ((1.0, -1.0),), {"upper_bound": 10.0, "weight_decay": weight_decay})
    # The package also adds 1e-6 to the norm of the direction, which is 4.47 or more: the step is that much shorter.
    added = np.abs(moved - np.asarray(weight)).max() * 1e-6 / 4.47
    assert moved == pytest.approx(np.asarray(expected), rel=0, abs=rounding(expected, decimals=6) + added)
