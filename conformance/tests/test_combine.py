"""Combinators: what each does to a rule, to the last bit."""

from __future__ import annotations

import inspect
import itertools
from functools import partial

import ml_dtypes
import numpy as np
import pytest
import torch

from lbref import hooks, inertia, trust
from lbref.combine import (
    accumulated,
    bind,
    decay_reads_new_weight,
    each,
    hooked,
    restepped,
    scheduled,
    with_master_weight,
)
from lbref.rules import lamb, lans, lars, lbsgd, nag, sgd

RULES = {"sgd": sgd, "nag": nag, "lars": lars, "lamb": lamb, "lans": lans, "lbsgd": lbsgd}
WITH_LATE_HOOK = {"lars": lars, "lans": lans, "lbsgd": lbsgd}
WEIGHT = np.asarray([[0.5, -1.25, 2.0], [0.375, -0.75, 4.0]], np.float32)
GRADS = [np.asarray(grad, np.float32).reshape(2, 3) for grad in ([4, -8, 1, 2, 3, -6], [1, 5, -2, 7, 0, 3])]
HYPER = {"learning_rate": 0.1, "weight_decay": 0.05}


def walk(rule, grads=GRADS, weight=WEIGHT, **hyper):
    """Return the weight and the state after all steps."""
    state = rule.init(weight)
    for step, grad in enumerate(grads, start=1):
        weight, state = rule.update(weight, grad, state, step, **hyper)
    return weight, *state


def same(one, other):
    one, other = list(one), list(other)
    return len(one) == len(other) and all(
        left.dtype == right.dtype and np.array_equal(left, right, equal_nan=True)
        for left, right in zip(one, other, strict=True)
    )


# --- bind ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_a_bound_rule_is_the_rule_with_these_hyperparameters(rule):
    plain = walk(RULES[rule], **HYPER)
    assert same(walk(bind(RULES[rule], **HYPER)), plain)
    assert same(walk(bind(bind(RULES[rule], learning_rate=0.1), weight_decay=0.05)), plain)


@pytest.mark.parametrize("rule", RULES)
def test_a_caller_may_override_what_is_bound_and_so_may_a_later_bind(rule):
    bound, plain = bind(RULES[rule], learning_rate=0.7, weight_decay=0.9), walk(RULES[rule], **HYPER)
    assert not same(walk(bound), plain)
    assert same(walk(bound, **HYPER), plain)
    assert same(walk(bind(bound, **HYPER)), plain)


def test_binding_changes_neither_the_rule_nor_another_binding():
    one, other = bind(lars, learning_rate=0.1), bind(lars, learning_rate=0.2)
    assert not same(walk(one), walk(other))
    assert same(walk(one), walk(lars, learning_rate=0.1))
    assert "learning_rate" in inspect.signature(one.update).parameters


# --- scheduled ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_a_schedule_is_asked_at_every_step_from_1(rule):
    asked = []
    rates = {1: 0.5, 2: 0.125}
    scheduling = scheduled(RULES[rule], learning_rate=lambda step: asked.append(step) or rates[step])
    weight, state = WEIGHT, RULES[rule].init(WEIGHT)
    for step, grad in enumerate(GRADS, start=1):
        weight, state = RULES[rule].update(weight, grad, state, step, learning_rate=rates[step])
    assert same(walk(scheduling), (weight, *state))
    assert asked == [1, 2]


def test_a_caller_may_override_a_schedule_and_a_schedule_what_is_bound():
    half = scheduled(bind(lars, learning_rate=0.9), learning_rate=lambda _: 0.5)
    assert same(walk(half), walk(lars, learning_rate=0.5))
    assert same(walk(half, learning_rate=0.1), walk(lars, learning_rate=0.1))
    assert same(walk(bind(half, learning_rate=0.1)), walk(lars, learning_rate=0.1))


# --- hooked -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("order", list(itertools.permutations(["rescale", "clip"])))
def test_early_hooks_are_applied_the_first_first(rule, order):
    hooking = hooked(RULES[rule], *(getattr(hooks, name) for name in order))
    seen = {
        ("rescale", "clip"): [np.clip(grad * np.float32(0.5), -2, 2) for grad in GRADS],
        ("clip", "rescale"): [np.clip(grad, -2, 2) * np.float32(0.5) for grad in GRADS],
    }[order]
    assert same(walk(hooking, rescale_grad=0.5, clip_gradient=2.0, **HYPER), walk(RULES[rule], seen, **HYPER))


@pytest.mark.parametrize("rule", WITH_LATE_HOOK)
def test_late_hooks_are_applied_the_first_first_where_the_rule_asks(rule):
    late = hooked(WITH_LATE_HOOK[rule], late=(hooks.rescale, hooks.clip))

    def by_hand(weight, grad):
        return hooks.clip(weight, hooks.rescale(weight, grad, rescale_grad=0.5), clip_gradient=0.25)

    by_rule = walk(WITH_LATE_HOOK[rule], late_hook=by_hand, **HYPER)
    assert same(walk(late, rescale_grad=0.5, clip_gradient=0.25, **HYPER), by_rule)
    early = hooked(WITH_LATE_HOOK[rule], hooks.rescale, hooks.clip)
    if rule != "lbsgd":  # its linear warmup takes no norm
        assert not same(walk(early, rescale_grad=0.5, clip_gradient=0.25, **HYPER), by_rule)


def test_early_and_late_hooks_each_get_their_own_hyperparameters():
    both = hooked(lars, hooks.rescale, late=(hooks.clip,))
    got = walk(both, rescale_grad=0.5, clip_gradient=1.0, **HYPER)
    clip = partial(hooks.clip, clip_gradient=1.0)
    assert same(got, walk(lars, [grad * np.float32(0.5) for grad in GRADS], late_hook=clip, **HYPER))


def test_hooks_without_hyperparameters_change_nothing():
    for hooking in (hooked(lars), hooked(lars, hooks.rescale, hooks.clip), hooked(lars, late=(hooks.clip,))):
        assert same(walk(hooking, **HYPER), walk(lars, **HYPER))


@pytest.mark.parametrize("bound_first", [True, False])
def test_a_bound_hook_leaves_its_name_to_another(bound_first):
    two = [partial(hooks.rescale, rescale_grad=0.5), hooks.rescale]
    twice = hooked(sgd, *(two if bound_first else two[::-1]))
    eighth = [grad * np.float32(0.125) for grad in GRADS]
    assert same(walk(twice, rescale_grad=0.25, **HYPER), walk(sgd, eighth, **HYPER))


AXES = {
    "zero_norm": (lars, trust.one_unless_both_positive, trust.as_published),
    "measure": (lars, trust.joint_norm, trust.sum_of_norms),
    "inertia": (lars, inertia.rate_outside, inertia.rate_inside),
    "phi": (lamb, trust.raised_to_both, trust.clamped),
    "unit": (lans, trust.unit_or_nan, trust.unit),
    "momentum": (lars, 0.5, 0.25),
}


@pytest.mark.parametrize("axis", AXES)
def test_what_is_bound_inside_hooks_can_be_overridden_outside(axis):
    rule, bound, other = AXES[axis]
    hooking = hooked(bind(rule, **{axis: bound}), hooks.rescale, hooks.clip)
    zeros = {"grads": [GRADS[0] * 0, GRADS[1]], "learning_rate": 0.1, "weight_decay": 0.05}
    with np.errstate(invalid="ignore"):
        kept, replaced = walk(rule, **{axis: bound}, **zeros), walk(rule, **{axis: other}, **zeros)
        assert same(walk(hooking, **zeros), kept)
        assert same(walk(hooking, **{axis: other}, **zeros), replaced)
        assert same(walk(bind(hooking, **{axis: other}), **zeros), replaced)
    assert not same(kept, replaced)


RATED = partial(hooks.gradient_lars, weight_decay=0.0, bound=trust.at_most_learning_rate)


@pytest.mark.parametrize(
    "rule",
    [
        bind(hooked(sgd, RATED), learning_rate=0.5),
        hooked(bind(sgd, learning_rate=0.5), RATED),
        scheduled(hooked(sgd, RATED), learning_rate=lambda _: 0.5),
        hooked(scheduled(sgd, learning_rate=lambda _: 0.5), RATED),
        bind(hooked(sgd, partial(RATED, learning_rate=8.0)), learning_rate=0.5),
    ],
    ids=["bound-outside", "bound-inside", "scheduled-outside", "scheduled-inside", "another-bound-in-the-hook"],
)
def test_a_hook_that_names_the_learning_rate_gets_the_rules(rule):
    assert same(walk(rule), walk(hooked(sgd, RATED), learning_rate=0.5))


# --- accumulated --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("count", [1, 2, 4])
def test_accumulating_gradients_is_one_step_with_their_mean(rule, count):
    apart = np.linspace(-1, 1, count, dtype=np.float32) if count == 2 else np.zeros(count, np.float32)
    parts = [grad + shift for grad in GRADS for shift in apart]
    weight, inner, grad_sum = walk(accumulated(RULES[rule], count), parts, **HYPER)
    assert same((weight, *inner), walk(RULES[rule], **HYPER))
    assert not grad_sum.any()


def test_between_two_steps_the_weight_and_the_state_inside_stay():
    three = accumulated(lamb, 3)
    weight, inner, grad_sum = walk(three, **HYPER)
    assert same((weight, *inner), (WEIGHT, *lamb.init(WEIGHT)))
    np.testing.assert_array_equal(grad_sum, GRADS[0] + GRADS[1])


def test_the_rule_inside_counts_its_own_steps_from_1():
    counted = []
    rule = restepped(sgd, lambda step: counted.append(step) or step)
    walk(accumulated(rule, 2), GRADS * 3, **HYPER)
    assert counted == [1, 2, 3]


# --- with_master_weight -------------------------------------------------------------------------------------------

# what is stored -> (how an array is put there, how it is widened, the type that rounds to it once)
HALVES = {
    "numpy-float16": (lambda a: np.asarray(a, np.float16), lambda a: np.asarray(a, np.float32), np.float16),
    "torch-float16": (lambda a: torch.asarray(a).to(torch.float16), torch.Tensor.float, np.float16),
    "torch-bfloat16": (lambda a: torch.asarray(a).to(torch.bfloat16), torch.Tensor.float, ml_dtypes.bfloat16),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("half", HALVES)
def test_a_master_weight_moves_in_float32_and_the_weight_is_rounded_once(rule, half):
    put, wide, rounded = HALVES[half]
    grads, start = [put(grad) for grad in GRADS], put(WEIGHT)
    weight, inner, master = walk(with_master_weight(RULES[rule]), grads, start, **HYPER)
    expected = walk(RULES[rule], [wide(grad) for grad in grads], wide(start), **HYPER)
    assert same((master, *inner), expected)
    assert weight.dtype == start.dtype
    once = np.asarray(expected[0]).astype(rounded).astype(np.float32)
    np.testing.assert_array_equal(wide(weight), once)


def test_steps_too_small_for_half_precision_add_up_in_the_master():
    rule, weight = with_master_weight(sgd), np.ones(2, np.float16)
    grads = [np.ones(2, np.float16)] * 64
    moved, _, master = walk(rule, grads, weight, learning_rate=2.0**-14, momentum=0.0)
    np.testing.assert_array_equal(master, np.float32(1 - 2.0**-8))
    np.testing.assert_array_equal(moved, np.float16(1 - 2.0**-8))
    assert np.float16(1) - np.float16(2.0**-14) == np.float16(1)


def test_the_master_is_no_view_of_the_weight():
    weight = WEIGHT.copy()
    _, master = with_master_weight(sgd).init(weight)
    assert not np.shares_memory(master, weight)


# --- restepped, decay_reads_new_weight ----------------------------------------------------------------------------


def test_a_restepped_rule_counts_by_the_given_function():
    weight, state = WEIGHT, lamb.init(WEIGHT)
    for step, grad in ((2, GRADS[0]), (4, GRADS[1])):
        weight, state = lamb.update(weight, grad, state, step, **HYPER)
    assert same(walk(restepped(lamb, lambda step: 2 * step), **HYPER), (weight, *state))
    assert not same(walk(lamb, **HYPER), (weight, *state))


def test_the_decay_of_the_velocity_reads_the_new_weight_and_the_step_the_old():
    hyper = {"learning_rate": 0.25, "weight_decay": 0.5, "momentum": 0.5}
    (moved, velocity), (plain, plain_velocity) = (
        walk(decay_reads_new_weight(nag), GRADS[:1], **hyper),
        walk(nag, GRADS[:1], **hyper),
    )
    np.testing.assert_array_equal(moved, plain)
    np.testing.assert_array_equal(velocity, 0.25 * (GRADS[0] + 0.5 * moved))  # dyadic: exact
    assert not same([velocity], [plain_velocity])


@pytest.mark.parametrize("bound", ["learning_rate", "weight_decay", "momentum"])
def test_what_is_bound_inside_decay_reads_new_weight_holds(bound):
    hyper = {"learning_rate": 0.25, "weight_decay": 0.5, "momentum": 0.5}
    rest = {name: value for name, value in hyper.items() if name != bound}
    inside = decay_reads_new_weight(bind(nag, **{bound: hyper[bound]}))
    assert same(walk(inside, **rest), walk(decay_reads_new_weight(nag), **hyper))


COMBINATORS = {
    "bind": bind,
    "scheduled": scheduled,
    "hooked": hooked,
    "accumulated": partial(lambda count, rule: accumulated(rule, count), 1),
    "with_master_weight": with_master_weight,
    "each": each,
    "restepped": lambda rule: restepped(rule, lambda step: step),
    "decay_reads_new_weight": decay_reads_new_weight,
}


@pytest.mark.parametrize("outer", [name for name in COMBINATORS if name != "decay_reads_new_weight"])  # of a rule only
@pytest.mark.parametrize("inner", COMBINATORS)
def test_combinators_of_combinators_that_do_nothing_are_the_rule(outer, inner):
    rule = COMBINATORS[outer](COMBINATORS[inner](sgd))
    hyper = {"learning_rate": 0.1, "momentum": 0.5}
    assert np.array_equal(walk(rule, **hyper)[0], walk(sgd, **hyper)[0])
    assert "learning_rate" in inspect.signature(rule.update).parameters
