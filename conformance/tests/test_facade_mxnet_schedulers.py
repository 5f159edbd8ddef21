"""The schedulers of MXNet: the lists measured on the release, what they remember, and 500 of them at random."""

from __future__ import annotations

import math
import random
import warnings
from functools import partial

import numpy as np
import pytest

from lbref import errors
from lbref.facades import mxnet1, mxnet2

Factor, MultiFactor = mxnet1.FactorScheduler, mxnet1.MultiFactorScheduler
Poly, Cosine = mxnet1.PolyScheduler, mxnet1.CosineScheduler
KINDS = {
    "Factor": partial(Factor, 2, 0.5),
    "MultiFactor": partial(MultiFactor, [2, 5], 0.5),
    "Poly": partial(Poly, 8),
    "Cosine": partial(Cosine, 8),
}
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)

# What is printed with fewer digits is exact to half a unit of the last.
# fmt: off
LISTS = {
    "linear warmup": (Factor(9, base_lr=1.0, warmup_steps=4), range(7), [0, 0.25, 0.5, 0.75, 1, 1, 1]),
    "constant warmup": (Factor(9, base_lr=1.0, warmup_steps=4, warmup_begin_lr=0.25, warmup_mode="constant"), range(6),
                        [0.25] * 4 + [1, 1]),
    "linear warmup from a rate": (Factor(9, base_lr=1.0, warmup_steps=4, warmup_begin_lr=0.5), range(5),
                                  [0.5, 0.625, 0.75, 0.875, 1]),
    "never back": (Factor(2, 0.5, base_lr=1.0), (5, 1), [0.25, 0.25]),
    "the clock runs during the warmup": (Factor(2, 0.5, base_lr=1.0, warmup_steps=4), range(10),
                                         [0, 0.25, 0.5, 0.75, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625]),
    "down to a floor": (Factor(1, 0.25, stop_factor_lr=0.1, base_lr=1.0), range(5), [1, 1, 0.25, 0.1, 0.1]),
    "polynomial": (Poly(8, 1.0, 2, 0.1, 4), range(12),
                   [0, 0.25, 0.5, 0.75, 1, 0.60625, 0.325, 0.15625, 0.1, 0.1, 0.1, 0.1]),
    "polynomial, the last value computed": (Poly(8, 1.0, 2, 0.1), (3, 20, 20), [0.4515625] * 3),
    "cosine": (Cosine(4, 1.0, 0.1), range(5), [1, 0.868198, 0.55, 0.231802, 0.1]),
    "cosine, the last value computed": (Cosine(4, 1.0, 0.1), (1, 9, 3, 9), [0.868198, 0.868198, 0.231802, 0.231802]),
    "E9: a change shows one count later": (Factor(2, 0.5, base_lr=1.0), range(7), [1, 1, 1, 0.5, 0.5, 0.25, 0.25]),
    "E9: with a list too": (MultiFactor([2, 5], 0.1, 1.0), range(1, 8), [1, 1, 0.1, 0.1, 0.1, 0.01, 0.01]),
    "E9: the final rate after the end, not 0": (Poly(3, 1.0, 1, 0.25), range(6), [1, 0.75, 0.5, 0.25, 0.25, 0.25]),
}
# fmt: on


@pytest.mark.parametrize("topic", LISTS)
def test_the_measured_rates(topic):
    scheduler, counts, expected = LISTS[topic]
    assert [scheduler(count) for count in counts] == pytest.approx(expected, rel=0, abs=0.5e-6)


def test_both_releases_have_the_same_schedulers():
    for name in ("LRScheduler", "FactorScheduler", "MultiFactorScheduler", "PolyScheduler", "CosineScheduler"):
        assert getattr(mxnet1, name) is getattr(mxnet2, name)


# --- what they remember


@EVERY_KIND
def test_a_scheduler_is_the_only_keeper_of_its_state(kind):
    first, second = KINDS[kind](base_lr=1.0), KINDS[kind](base_lr=1.0)
    first(7)
    assert first.base_lr != second.base_lr == 1.0


def test_factors_never_go_back_and_count_on_from_where_they_are():
    factor, multi = Factor(2, 0.5, base_lr=1.0), MultiFactor([2, 5], 0.5, 1.0)
    assert [factor(count) for count in (5, 0, 6, 7, 3, 8, 9)] == [0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.0625]
    assert [multi(count) for count in (3, 0, 5, 6, 1)] == [0.5, 0.5, 0.5, 0.25, 0.25]
    assert (factor.count, multi.count, multi.cur_step_ind) == (8, 5, 2)


@pytest.mark.parametrize("kind", ["Poly", "Cosine"])
def test_the_others_do_go_back(kind):
    rates = [KINDS[kind](base_lr=1.0)(count) for count in range(9)]
    scheduler = KINDS[kind](base_lr=1.0)
    assert [scheduler(count) for count in (8, 3, 0, 99)] == [rates[8], rates[3], rates[0], rates[0]]


@EVERY_KIND
def test_a_warmup_leaves_the_base_rate_alone_and_begins_again(kind):
    scheduler = KINDS[kind](base_lr=1.0, warmup_steps=4)
    assert [scheduler(count) for count in (3, 7, 1)][::2] == [0.75, 0.25]
    assert scheduler.base_lr != 1.0


@EVERY_KIND
def test_a_count_may_be_an_integer_of_numpy(kind):
    assert [KINDS[kind]()(np.int64(count)) for count in (0, 3)] == [KINDS[kind]()(count) for count in (0, 3)]


# --- together with an optimizer's learning rate


def quietly(make, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return make(*args, **kwargs)


def rates_of(optimizer, counts):
    """Return the rates of an optimizer when it has counted that far."""
    rates = []
    for count in counts:
        optimizer.num_update = count
        rates.append(optimizer.learning_rate)
    return rates


@pytest.mark.parametrize("release", [mxnet1, mxnet2])
def test_e10_the_learning_rate_overwrites_the_base_and_the_warmup_still_ends_at_the_former(release):
    scheduler = Factor(1000, base_lr=1.0, warmup_steps=4)
    with pytest.warns(UserWarning, match=r"base_lr, 1\.0, is overwritten by the learning rate of the optimizer, 0\.5"):
        optimizer = release.SGD(learning_rate=0.5, lr_scheduler=scheduler)
    assert (scheduler.base_lr, scheduler.warmup_final_lr) == (0.5, 1.0)
    assert rates_of(optimizer, range(6)) == [0, 0.25, 0.5, 0.75, 0.5, 0.5]


@pytest.mark.parametrize("release", [mxnet1, mxnet2])
@pytest.mark.parametrize("make", [partial(Poly, 4, 1.0, 1), partial(Cosine, 4, 1.0)], ids=["Poly", "Cosine"])
def test_e10_poly_and_cosine_ignore_it(release, make):
    optimizer = quietly(release.SGD, learning_rate=0.5, lr_scheduler=make())
    alone = make()
    assert rates_of(optimizer, range(6)) == [alone(count) for count in range(6)]
    assert rates_of(quietly(release.SGD, learning_rate=0.5, lr_scheduler=make()), (9,)) == [0.5]  # nothing computed yet


# fmt: off
DEFAULTS = [
    *((getattr(mxnet1, name), [0.25, 0.75, 1, 1]) for name in ("SGD", "NAG", "LARS", "LBSGD")),
    *((make, [0.25, 0.75, 0.001, 0.001]) for make in (mxnet1.LAMB, mxnet2.LAMB, mxnet2.LANS)),
    *((getattr(mxnet2, name), [0.25, 0.75, 0.1, 0.1]) for name in ("SGD", "NAG", "LARS")),
]
# fmt: on


@pytest.mark.parametrize(("make", "expected"), DEFAULTS)
def test_e24_the_optimizers_default_rate_overwrites_the_base_too(make, expected):
    optimizer = quietly(make, lr_scheduler=Factor(1000, base_lr=1.0, warmup_steps=4))
    assert rates_of(optimizer, (1, 3, 4, 5)) == expected
    asked_for_none = make(learning_rate=None, lr_scheduler=Factor(1000, base_lr=1.0, warmup_steps=4))
    assert rates_of(asked_for_none, (1, 3, 4, 5)) == [0.25, 0.75, 1, 1]


def test_an_equal_rate_is_no_reason_to_warn():
    optimizer = mxnet1.SGD(learning_rate=0.5, lr_scheduler=Factor(2, base_lr=0.5))
    assert optimizer.learning_rate == 0.5


def test_a_plain_function_will_do_where_no_rate_overwrites_its_base():
    assert rates_of(mxnet1.SGD(lr_scheduler=lambda count: 2.0**-count), (0, 3)) == [1, 0.125]
    with pytest.raises(errors.HyperparameterError, match="with a base_lr for the learning rate to overwrite"):
        mxnet1.SGD(learning_rate=0.5, lr_scheduler=lambda _: 0.5)


def test_an_own_scheduler_derives_from_the_base_class_and_has_its_warmup():
    class Halving(mxnet1.LRScheduler):
        def __call__(self, num_update):
            return self.get_warmup_lr(num_update) if num_update < self.warmup_steps else self.base_lr / num_update

    assert rates_of(mxnet1.SGD(lr_scheduler=Halving(base_lr=1.0, warmup_steps=2)), (0, 1, 2, 4)) == [0, 0.5, 0.5, 0.25]
    with pytest.raises(NotImplementedError, match="what follows the warmup"):
        mxnet1.LRScheduler()(0)


# --- 500 at random, beside the recurrences of the release on plain numbers


def rising(count, base, warmup, begin, mode):
    return begin if mode == "constant" else begin + (base - begin) * count / warmup


def factor_by_loop(step, factor, floor):
    due = 0

    def after(rate, count):
        nonlocal due
        while count > due + step:
            due += step
            rate = max(rate * factor, floor)
        return rate

    return after


def milestones_by_loop(step, factor):
    ahead = list(step)

    def after(rate, count):
        while ahead and count > ahead[0]:
            ahead.pop(0)
            rate *= factor
        return rate

    return after


def curve(shape, base, last, final, warmup):
    def after(rate, count):
        done = (count - warmup) / (last - warmup)
        return final + (base - final) * shape(done) if count <= last else rate

    return after


def drawn(draw):
    """Return a scheduler, and its recurrence (rate, count) -> rate after the warmup, with that of the warmup."""
    base, warmup = draw.uniform(0.1, 2.0), draw.choice((0, 0, draw.randrange(1, 12)))
    begin, mode = draw.choice((0.0, base / 3, base)), draw.choice(("linear", "constant"))
    common = {"base_lr": base, "warmup_steps": warmup, "warmup_begin_lr": begin, "warmup_mode": mode}
    factor, final, last = (
        draw.choice((1, 0.5, draw.random())),
        draw.choice((0, 0.05, 3.0)),
        warmup + draw.randrange(1, 30),
    )
    step, floor, power = draw.randrange(1, 9), draw.choice((1e-8, 0.05)), draw.choice((0, 1, 2, 0.5))
    milestones = sorted(draw.sample(range(1, 40), draw.randrange(1, 5)))
    falling = partial(curve, base=base, last=last, final=final, warmup=warmup)
    pair = draw.choice(
        (
            (Factor(step, factor, floor, **common), factor_by_loop(step, factor, floor)),
            (MultiFactor(milestones, factor, **common), milestones_by_loop(milestones, factor)),
            (Poly(last, pwr=power, final_lr=final, **common), falling(lambda done: (1 - done) ** power)),
            (Cosine(last, final_lr=final, **common), falling(lambda done: (1 + math.cos(math.pi * done)) / 2)),
        )
    )
    return *pair, warmup, partial(rising, base=base, warmup=warmup, begin=begin, mode=mode)


@pytest.mark.parametrize("block", range(25))
def test_random_schedulers_follow_the_recurrences_of_the_release(block):
    for seed in range(20):
        follow(random.Random(20 * block + seed))


def follow(draw):
    scheduler, after, warmup, rise = drawn(draw)
    rate, count = scheduler.base_lr, 0
    for _ in range(40):
        count = draw.choice((count + 1, count + 1, count + draw.randrange(8), draw.randrange(60)))
        if draw.random() < 0.05:
            rate = scheduler.base_lr = draw.uniform(0.1, 2.0)  # as an optimizer does with its learning rate
        rate = rate if count < warmup else after(rate, count)
        expected = rise(count) if count < warmup else rate
        # A power is formed at once here and by at most 60 products there.
        assert scheduler(count) == pytest.approx(expected, rel=64 * 2.0**-53, abs=64 * 2.0**-53)
        assert scheduler.base_lr == pytest.approx(rate, rel=64 * 2.0**-53, abs=64 * 2.0**-53)
