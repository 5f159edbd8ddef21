"""What MXNet's LBSGD documents of its accumulation and what it releases (erratum E11), with the measured numbers."""

import math

import numpy as np
import pytest

from lbref import combine
from lbref.dialects import RULES
from lbref.rules import lbsgd

RELEASED = RULES["lbsgd@mxnet-1.9.1-linear"].rule
SETTINGS = {"learning_rate": 1.0, "batch_scale": 2, "warmup_epochs": 0}  # no warmup: the multiplier is batch_scale


def trail(rule, start, grads):
    """Return the weight of one element after each micro-batch, and the state after the last."""
    weight = np.asarray([start])
    state, weights = rule.init(weight), []
    for step, grad in enumerate(grads, start=1):
        weight, state = rule.update(weight, np.asarray([float(grad)]), state, step)
        weights.append(weight[0])
    return weights, state


@pytest.mark.parametrize(
    ("grads", "settings", "expected"),
    [
        ((1, 3, 1, 3), {}, (0, -4, -4, -8)),
        # The buffer of the first micro-batch is kept by reference and has been filled anew: a 3 is counted twice.
        ((3, 3, 1, 3), {}, (0, -6, -6, -10)),
        ((1, 1, 1, 1, 1), {"begin_epoch": 3, "updates_per_epoch": 1}, (-1, -1, -3, -3, -5)),
    ],
    ids=["documented: the mean", "released: one reused buffer", "released: a count that starts at 3"],
)
def test_e11_the_weight_after_each_micro_batch(grads, settings, expected):
    weights, _ = trail(combine.bind(RELEASED, **SETTINGS, **settings), 0.0, grads)
    assert weights == list(expected)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_e11_a_waiting_micro_batch_poisons_the_released_weight_and_not_that_of_the_formula(bad):
    with np.errstate(invalid="ignore"):
        released, _ = trail(combine.bind(RELEASED, **SETTINGS), 1.0, (bad,))
        formula, _ = trail(combine.bind(lbsgd, **SETTINGS), 1.0, (bad,))
    assert np.isnan(released).all()
    assert formula == [1.0]


def test_accumulation_starts_anew_after_each_step():
    _, state = trail(combine.bind(RELEASED, **SETTINGS), 0.0, (1, 3))
    assert state.grad_sum == [0.0]
