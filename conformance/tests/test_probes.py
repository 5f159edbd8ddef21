"""What single probes of the real packages gave: zero norms, NaN, clips, epsilons, exclusions.

Each row was measured by running the named package once on the given numbers, in float32.
"""

import math
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest

from lbref import combine, hooks, inertia, trust
from lbref.dialects import HOOKS, RULES
from lbref.rules import lars, lbsgd, sgd

NAN = math.nan
W, G, ZERO, ONES = (3.0, 4.0), (0.3, 0.4), (0.0, 0.0), (1.0, 1.0)


class Row(NamedTuple):
    package: str
    rule: Any  # a dialect's id, or a rule put together from axes
    weight: tuple[float, ...]
    grads: tuple[tuple[float, ...], ...]  # one per step
    settings: dict[str, Any]
    expected: tuple[float, ...]  # the weight after the last step
    printing: float = 0.5e-7  # half a unit of the last decimal, and what else is known of the package


def behind(*early, **axes):
    """Return SGD behind gradient hooks that do the decay."""
    return combine.hooked(combine.bind(sgd, weight_decay=0.0, **axes), *early)


def mindspore(dialect, **settings):
    """Return MindSpore's Momentum wrapped in its LARS."""
    return behind(partial(HOOKS[f"gradient-lars@{dialect}"].rule, **settings), inertia=inertia.rate_outside)


CHAINER = HOOKS["gradient-lars@chainer-7.8.1"].rule
CHAINER_LARS = behind(CHAINER)
DECAY_THEN_LARS = behind(partial(hooks.decay, weight_decay=0.1), partial(CHAINER, weight_decay=0.0))
LARS_THEN_DECAY = behind(partial(CHAINER, weight_decay=0.0), partial(hooks.decay, weight_decay=0.1))
MINDSPORE = mindspore("mindspore-2.10.0")
MINDSPORE_CLIP = mindspore("mindspore-2.10.0-clip")
LARC = behind(partial(hooks.gradient_lars, bound=trust.at_most_learning_rate), inertia=inertia.rate_outside)
TIMM_CLIP = behind(
    partial(
        hooks.gradient_lars,
        trust_coefficient=0.001,
        eps=1e-8,
        zero_norm=trust.one_unless_both_positive,
        bound=trust.at_most_learning_rate,
    ),
    inertia=inertia.rate_outside,
)
OUTSIDE = combine.bind(lars, inertia=inertia.rate_outside, zero_norm=trust.one_if_either_vanishes)
# pytorch_optimizer asks for a positive weight norm and a positive denominator, not for a positive gradient norm.
KOZISTR = combine.bind(lars, inertia=inertia.rate_outside, zero_norm=trust.one_up_to(0.0))
KOZISTR_LAMB = combine.scheduled(
    combine.bind(RULES["lamb@published-uncorrected"].rule, zero_norm=trust.one_if_either_vanishes, upper_bound=10.0),
    learning_rate=lambda step: 0.1 / (1 - 0.9**step),
)

HALF = {"learning_rate": 0.5}
HALF_DECAY = {"learning_rate": 0.5, "weight_decay": 0.1}
ONE = {"learning_rate": 1.0}
ONE_DECAY = {"learning_rate": 1.0, "weight_decay": 0.1}
TENTH = {"learning_rate": 0.1}
NO_CLIP: dict[str, Any] = {"learning_rate": 0.5}
CLIP_ZERO = {"learning_rate": 0.5, "clip_gradient": 0.0}

# fmt: off
ZERO_NORMS = [
    Row("MXNet 1.9.1 LARS, zero weight", "lars@mxnet-1.9.1", ZERO, (W,), HALF, (-1.5, -2.0)),
    Row("MXNet 1.9.1 LARS, zero gradient", "lars@mxnet-1.9.1", W, (ZERO,), HALF_DECAY, (2.85, 3.8)),
    Row("MXNet 1.9.1 LARS, name ending gamma", "sgd@mxnet-1.9.1", W, (G,), HALF, (2.85, 3.8)),
    Row("MXNet 1.9.1 LARS, name ending weight", "lars@mxnet-1.9.1", W, (G,), HALF, (2.9985, 3.998)),
    Row("MXNet 1.9.1 LARS, norm before clip", "lars@mxnet-1.9.1", W, (G,), HALF | {"clip_gradient": 0.1},
        (2.9995, 3.9995)),
    Row("MXNet 2.0.0b1 LARS, zero weight", "lars@mxnet-2.0.0b1", ZERO, (W,), HALF, (-1.5, -2.0)),
    Row("MXNet 2.0.0b1 LARS, zero gradient", "lars@mxnet-2.0.0b1", W, (ZERO,), HALF_DECAY, (2.85, 3.8)),
    Row("MXNet LAMB, zero weight", "lamb@mxnet-1.9.1", ZERO, (ONES,), TENTH, (-0.0999999, -0.0999999)),
    Row("MXNet LAMB, zero gradient", "lamb@mxnet-1.9.1", W, (ZERO,), TENTH, W),
    # optax forms 1 - 0.999 in float32, off by up to 2⁻²⁵ of 0.001, of which the root makes a half.
    Row("optax lamb, zero weight", "lamb@optax-0.2.8", ZERO, (G,), TENTH, (-0.099999, -0.0999991),
        0.1 * 2.0**-26 / 0.001 + 0.5e-6),
    Row("timm Lamb(always_adapt), zero weight", "lamb@optax-0.2.8", ZERO, (G,), TENTH, (-0.0999997, -0.0999998)),
    Row("pytorch_optimizer Lamb, zero weight", KOZISTR_LAMB, ZERO, (G,), {}, (-3.1619442, -3.1620276)),
    Row("optax lars, zero weight", "lars@optax-0.2.8", ZERO, (G,), ONE, (-0.3, -0.4)),
    Row("timm Lars, zero weight", "lars@timm-1.0.31", ZERO, (G,), ONE, (-0.3, -0.4)),
    Row("pytorch_optimizer LARS, zero weight", KOZISTR, ZERO, (G,), ONE, (-0.3, -0.4)),
    Row("optax lars, zero gradient", "lars@optax-0.2.8", W, (ZERO,), ONE_DECAY, (2.997, 3.996)),
    Row("pytorch_optimizer LARS, zero gradient", KOZISTR, W, (ZERO,), ONE_DECAY, (2.997, 3.996)),
    Row("timm Lars, zero gradient", "lars@timm-1.0.31", W, (ZERO,), ONE_DECAY, (2.7, 3.6)),
    Row("timm Lars(trust_clip), zero weight", TIMM_CLIP, ZERO, (G,), {"learning_rate": 10.0}, (-0.3, -0.4)),
    Row("optax lars, update exactly zero", "lars@optax-0.2.8", W, ((-1.5, -2.0),),
        {"learning_rate": 1.0, "weight_decay": 0.5}, W),
]

NAN_ELEMENT = [
    Row("MXNet 1.9.1 LARS", "lars@mxnet-1.9.1", W, ((NAN, 1.0),), HALF_DECAY, (NAN, 3.3)),
    Row("MXNet 2.0.0b1 LARS", "lars@mxnet-2.0.0b1", W, ((NAN, 1.0),), HALF_DECAY, (NAN, 3.3)),
    Row("MXNet 1.9.1 LAMB", "lamb@mxnet-1.9.1", W, ((NAN, 1.0),), HALF, (NAN, NAN)),
    Row("MXNet 2.0.0b1 LAMB, fused, alone", "lamb@mxnet-2.0.0b1-single", W, ((NAN, 1.0),), HALF, (NAN, NAN)),
    Row("MXNet 2.0.0b1 LAMB, step()", "lamb@mxnet-2.0.0b1-step", W, ((NAN, 1.0),), HALF, (NAN, 3.5)),
    Row("optax lars", "lars@optax-0.2.8", W, ((NAN, 1.0),), ONE, (NAN, NAN)),
    Row("optax lamb", "lamb@optax-0.2.8", W, ((NAN, 1.0),), TENTH, (NAN, NAN)),
    Row("timm Lars", "lars@timm-1.0.31", W, ((NAN, 1.0),), ONE_DECAY, (NAN, 2.6)),
    Row("timm Lamb", "lamb@mxnet-2.0.0b1-step", W, ((NAN, 1.0),), {"learning_rate": 0.1, "weight_decay": 0.01},
        (NAN, 3.896)),
    Row("pytorch_optimizer Lamb", KOZISTR_LAMB, W, ((NAN, 1.0),), {}, (NAN, NAN)),
]

MXNET = [
    Row("2.0.0b1 SGD, fused: a clip of 0 is none", "sgd@mxnet-1.9.1", W, (ONES,), NO_CLIP, (2.5, 3.5)),
    Row("2.0.0b1 SGD, step(): a clip of 0 clips", "sgd@mxnet-1.9.1", W, (ONES,), CLIP_ZERO, W),
    Row("2.0.0b1 NAG, fused: a clip of 0 is none", "nag@mxnet-2.0.0b1", W, (ONES,), NO_CLIP, (2.05, 3.05)),
    Row("2.0.0b1 NAG, step(): a clip of 0 clips", "nag@mxnet-2.0.0b1", W, (ONES,), CLIP_ZERO, W),
    Row("2.0.0b1 LAMB, fused: a clip of 0 is none", "lamb@mxnet-1.9.1", W, (ONES,), NO_CLIP,
        (1.232233, 2.232233), 0.5e-6),
    Row("2.0.0b1 LAMB, step(): a clip of 0 clips", "lamb@mxnet-2.0.0b1-step", W, (ONES,), CLIP_ZERO, W),
    Row("2.0.0b1 LANS, fused: a clip of 0 is none", "lans@mxnet-2.0.0b1", W, (ONES,), NO_CLIP,
        (1.232233, 2.232233), 0.5e-6),
    Row("2.0.0b1 LANS, step(): a clip of 0 clips", "lans@mxnet-2.0.0b1-step", W, (ONES,), CLIP_ZERO, W),
    Row("2.0.0b1 LARS, fused and step(): a clip of 0 clips", "lars@mxnet-2.0.0b1", W, (ONES,), CLIP_ZERO, W),
    Row("2.0.0b1 NAG, two steps", "nag@mxnet-2.0.0b1", (1.0, -2.0, 3.0), ((0.5, 0.25, -1.0),) * 2,
        {"learning_rate": 0.1, "weight_decay": 0.5, "momentum": 0.9}, (0.55705, -1.6677874, 2.778525)),
    Row("2.0.0b1 LARS, alone: a negative rescale", "lars@mxnet-2.0.0b1", W, (G,),
        {"learning_rate": 1.0, "weight_decay": 0.2, "rescale_grad": -1.0, "trust_coefficient": 1.0}, (2.0, 2.6666665)),
    Row("LAMB, corrected, no decay", "lamb@mxnet-1.9.1", (1.0, -2.0, 3.0),
        ((0.5, 0.25, -1.0), (0.05, 0.3, 0.1), (-0.5, -0.25, 1.0)), TENTH, (0.62721837, -2.8946528, 3.2269082)),
    Row("LAMB, uncorrected, no decay", "lamb@mxnet-1.9.1-uncorrected", (1.0, -2.0, 3.0),
        ((0.5, 0.25, -1.0), (0.05, 0.3, 0.1), (-0.5, -0.25, 1.0)), TENTH, (0.6272162, -2.8946357, 3.226917)),
]

CHAINER_PROBES = [
    Row("plain", CHAINER_LARS, W, (G,), ONE, ZERO),
    Row("a norm below the threshold keeps the decay", CHAINER_LARS, (0.003, 0.004), (G,), ONE_DECAY,
        (-0.2973, -0.3964)),
    Row("zero weight", CHAINER_LARS, ZERO, (W,), ONE, (-3.0, -4.0)),
    Row("zero gradient", CHAINER_LARS, W, (ZERO,), ONE_DECAY, ZERO),
    Row("zero gradient, no decay", CHAINER_LARS, W, (ZERO,), ONE, W),
    Row("WeightDecay, then GradientLARS", DECAY_THEN_LARS, W, (G,), ONE, ZERO),
    Row("GradientLARS, then WeightDecay", LARS_THEN_DECAY, W, (G,), ONE, (-0.3, -0.4)),
]

MINDSPORE_PROBES = [
    Row("no decay", MINDSPORE, W, (G,), ONE, (2.997, 3.996)),
    Row("decay", MINDSPORE, W, (G,), ONE_DECAY, (2.997, 3.996)),
    Row("zero weight stays", MINDSPORE, ZERO, (G,), ONE, ZERO),
    Row("zero gradient", MINDSPORE, W, (ZERO,), ONE_DECAY, (2.997, 3.996)),
    Row("use_clip", mindspore("mindspore-2.10.0-clip", trust_coefficient=1.0), W, (G,), ONE_DECAY, (2.4, 3.2)),
    Row("use_clip, small rate", MINDSPORE_CLIP, W, (G,), {"learning_rate": 0.01}, (2.997, 3.996)),
    Row("use_clip, small rate, decay", MINDSPORE_CLIP, W, (G,), {"learning_rate": 0.01, "weight_decay": 0.1},
        (2.997, 3.996)),
    Row("a filtered bias loses its decay", "sgd@goyal-2017", W, (G,), ONE, (2.7, 3.6)),
    Row("three steps", mindspore("mindspore-2.10.0", trust_coefficient=0.02, eps=1e-3), W, (G,) * 3, HALF_DECAY,
        (2.8333032, 3.7777374)),
]

OTHERS = [
    Row("optax lars: the joint norm", "lars@optax-0.2.8", W, ((-4.0, 3.0),),
        {"learning_rate": 1.0, "weight_decay": 0.5, "trust_coefficient": 0.01, "momentum": 0.0},
        (3.0223606, 3.9552786)),
    Row("the sum of norms, which optax lars is not", "lars@published", W, ((-4.0, 3.0),),
        {"learning_rate": 1.0, "weight_decay": 0.5, "trust_coefficient": 0.01, "momentum": 0.0},
        (3.0166667, 3.9666667)),
    Row("Apex LARC, rate 1", LARC, W, (G,), ONE | {"trust_coefficient": 0.02, "eps": 1e-8}, (2.94, 3.92)),
    Row("Apex LARC, rate .1", LARC, W, (G,), TENTH | {"trust_coefficient": 0.02, "eps": 1e-8}, (2.97, 3.96)),
    Row("Apex LARC, no clip, zero weight", OUTSIDE, ZERO, (G,), ONE, (-0.3, -0.4)),
    Row("pytorch_optimizer 3.9.0 LARS: no decay in the denominator", "lars@published-equation-5", W, (G,),
        {"learning_rate": 1.0, "weight_decay": 0.5, "trust_coefficient": 0.01}, (2.82, 3.76)),
    Row("pytorch_optimizer 4.1.0 LARS", KOZISTR, W, (G,),
        {"learning_rate": 1.0, "weight_decay": 0.5, "trust_coefficient": 0.01}, (2.97, 3.96)),
    Row("timm Lars without decay is SGD", "sgd@goyal-2017", W, (G,), ONE, (2.7, 3.6)),
    Row("timm Lars(always_adapt)", "lars@timm-1.0.31", W, (G,), ONE, (2.997, 3.996)),
    Row("Paddle Lamb(always_adapt)", "lamb@optax-0.2.8", W, ((1.0, -1.0),), TENTH, (2.6464467, 4.3535533)),
    Row("bitsandbytes LARS, never scaled: no Nesterov", "sgd@goyal-2017", W, (G,) * 2, ONE, (2.13, 2.84)),
    Row("the Nesterov that bitsandbytes LARS ignores", "nag@torch-2.13.0", W, (G,) * 2, ONE, (1.617, 2.156)),
]
# fmt: on

TABLES = {
    "zero norm": ZERO_NORMS,
    "NaN element": NAN_ELEMENT,
    "MXNet": MXNET,
    "Chainer GradientLARS": CHAINER_PROBES,
    "MindSpore LARS": MINDSPORE_PROBES,
    "others": OTHERS,
}


def near(values, printing=0.5e-7, steps=1):
    """Return what equals printed numbers, up to how they were printed and the float32 of the packages.

    One step rounds about eight times (two norms, the ratio, the decay, products, the difference), each time by at most
    2⁻²⁴ of the largest number involved. Numbers printed shorter are exact in decimal, and are held to the same.
    """
    values = np.asarray(values)
    float32 = steps * 8 * 2.0**-24 * max(1.0, *np.abs(np.nan_to_num(values)))
    return pytest.approx(values, rel=0, abs=printing + float32, nan_ok=True)


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=f"{name}: {row.package}") for name, rows in TABLES.items() for row in rows]
)
def test_a_probe_gives_what_the_package_gave(run, row):
    rule = RULES[row.rule].rule if isinstance(row.rule, str) else row.rule
    weight, _ = run(rule, row.weight, row.grads, row.settings)
    assert weight == near(row.expected, row.printing, len(row.grads))


def test_nag_of_mxnet_2_remembers_the_measured_velocity(run):
    settings = {"learning_rate": 0.1, "weight_decay": 0.5, "momentum": 0.9}
    _, state = run(RULES["nag@mxnet-2.0.0b1"].rule, (1.0, -2.0, 3.0), ((0.5, 0.25, -1.0),) * 2, settings)
    assert state.velocity == near((0.1805, -0.135375, 0.09025), steps=2)  # MXNet stores it negated


def test_below_the_threshold_chainers_hook_adds_the_decay_and_nothing_else():
    grad = CHAINER(np.asarray((0.003, 0.004)), np.asarray(G), weight_decay=0.1)
    assert grad == near((0.3003, 0.4004))


def test_the_documented_example_of_mindspores_operator():
    """Sums of squares 1.49 and .86, no decay, printed from float32 to eight decimals."""
    weight = np.asarray([[0.5, 0.8, 0.2], [0.6, 0.4, 0.2]], np.float32)
    grad = np.asarray([[0.4, 0.4, 0.5], [0.2, 0.4, 0.3]], np.float32)
    printed = [[0.0005265, 0.0005265, 0.00065813], [0.00026325, 0.0005265, 0.00039488]]
    scaled = HOOKS["gradient-lars@mindspore-2.10.0"].rule(weight, grad, weight_decay=0.0)
    assert scaled == pytest.approx(np.asarray(printed), rel=0, abs=0.5e-8 + 8 * 2.0**-24 * 1e-3)
    # Without epsilon the first number would print as .00052651.
    documented = HOOKS["gradient-lars@mindspore-2.10.0-documented"].rule(weight, grad, weight_decay=0.0)
    assert documented[0, 0] == pytest.approx(0.00052651, rel=0, abs=0.5e-8)


@pytest.mark.parametrize(
    ("weight", "grad", "expected"),
    [
        (W, G, 3.0151134),
        (W, ZERO, 3.1622777),
        (ZERO, W, 0.01),
        ((300.0, 400.0), (0.03, 0.04), 3.1622775),
        ((NAN, 4.0), G, NAN),
    ],
    ids=["plain", "zero gradient", "zero weight", "large weight", "NaN"],
)
def test_the_ratio_of_lbsgd(weight, grad, expected):
    ratio = lbsgd.lars(np.asarray(weight), np.asarray(grad), 1, updates=0, batch_scale=1, weight_decay=0.1)
    assert ratio == pytest.approx(expected, rel=0, abs=0.5e-7 + 4 * 2.0**-24 * 3.2, nan_ok=True)


@pytest.mark.parametrize("rescale_grad", [1.0, 0.25])
def test_the_ratio_of_lbsgd_does_not_see_the_rescaling(run, rescale_grad):
    weight, _ = run(
        RULES["lbsgd@mxnet-1.9.1-lars"].rule, W, (G,), ONE_DECAY | {"batch_scale": 1, "rescale_grad": rescale_grad}
    )
    assert weight == near(np.asarray(W) - 3.0151134 * (rescale_grad * np.asarray(G) + 0.1 * np.asarray(W)))


@pytest.mark.parametrize(
    ("dialect", "learning_rate", "expected"),
    [("lars@mxnet-2.0.0b1", 1.0, 299.7), ("lamb@mxnet-1.9.1", 0.1, 270.0)],
)
def test_large_half_precision_weights_move_by_the_norm_of_their_master(dialect, learning_rate, expected):
    """The squares of 300 overflow half precision, and the release before made NaN and -inf of it."""
    weight = np.full(4, 300.0, np.float16)
    rule = combine.with_master_weight(RULES[dialect].rule)
    moved, state = rule.update(weight, np.ones(4, np.float16), rule.init(weight), 1, learning_rate=learning_rate)
    assert state.master == near(np.full(4, expected))
    assert moved.tolist() == np.full(4, expected, np.float16).tolist()


def test_the_ratio_is_that_of_the_master_where_the_weight_has_lost_it():
    rule = combine.with_master_weight(RULES["lamb@mxnet-1.9.1"].rule)
    weight = np.ones(1, np.float16)
    state = rule.init(weight)._replace(master=np.asarray([1.5], np.float32))
    _, state = rule.update(weight, np.ones(1, np.float16), state, 1, learning_rate=0.1)
    assert state.master == near((1.35,))


@pytest.mark.parametrize(
    ("grads", "divisor"),
    [(((0.3, 0.4), (0.0, 0.5)), 1.0), (((3.0, 0.0), (0.0, 4.0)), 5.0), (((0.6, 0.0), (0.0, 0.8)), 1.0)],
    ids=["below the limit", "above", "at the limit"],
)
def test_a_global_clip_divides_by_the_norm_of_all_layers_and_never_enlarges(grads, divisor):
    """Apex and timm: by max(G / max, 1)."""
    clipped = hooks.clip_global_norm([np.asarray(grad) for grad in grads], max_norm=1.0)
    assert np.asarray(clipped) == pytest.approx(np.asarray(grads) / divisor, rel=4 * 2.0**-53, abs=0)
