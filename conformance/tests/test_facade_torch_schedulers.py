"""torch's own schedulers drive the optimizers of torch: every step has the rate, momentum and betas of the moment."""

from __future__ import annotations

import pytest
import torch
from torch.optim import lr_scheduler

from lbref import combine, errors, trust
from lbref.facades import torch as facade
from lbref.rules import lamb, lars

STEPS = 8


def warmed(optimizer):
    rising = lr_scheduler.LinearLR(optimizer, start_factor=0.25, total_iters=3)
    falling = lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS)
    return lr_scheduler.SequentialLR(optimizer, [rising, falling], milestones=[3])


SCHEDULERS = {
    "lambda": lambda optimizer: lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch)),
    "one-cycle": lambda optimizer: lr_scheduler.OneCycleLR(optimizer, max_lr=0.5, total_steps=STEPS + 1),
    "warmed": warmed,
    "plateau": lambda optimizer: lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0),
}
CYCLED = "one-cycle"
# ours, an optimizer of torch that a scheduler treats alike, our rule, and the hyperparameters of a group of theirs
PAIRS = {
    "LARS": (
        lambda p: facade.LARS(p, 0.2, trust_coefficient=0.5),
        lambda p: torch.optim.SGD(p, 0.2, momentum=0.9),
        combine.bind(lars, zero_norm=trust.one_if_either_vanishes, trust_coefficient=0.5),
        lambda group: {"learning_rate": group["lr"], "momentum": group["momentum"]},
    ),
    "LAMB": (
        lambda p: facade.LAMB(p, 0.2),
        lambda p: torch.optim.Adam(p, 0.2),
        combine.bind(lamb, zero_norm=trust.one_if_either_vanishes),
        lambda group: {
            "learning_rate": group["lr"],
            **dict(zip(("beta1", "beta2"), group["betas"], strict=True)),
        },
    ),
}


def drawn(seed):
    return torch.randn(4, generator=torch.Generator().manual_seed(seed))


def advance(scheduler, step):
    loss = [1.0] if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau) else []  # it never improves
    scheduler.step(*loss)
    return step


def walk(optimizer, scheduler, weight, steps):
    for step in steps:
        weight.grad = drawn(step)
        optimizer.step()
        advance(scheduler, step)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("name", PAIRS)
def test_every_step_has_the_numbers_of_the_moment(name, scheduler):
    ours, theirs, rule, numbers = PAIRS[name]
    weight, dummy = torch.nn.Parameter(drawn(0)), torch.nn.Parameter(drawn(0))
    optimizer, twin = ours([weight]), theirs([dummy])
    schedulers = SCHEDULERS[scheduler](optimizer), SCHEDULERS[scheduler](twin)
    moved, seen = drawn(0), []
    state = rule.init(moved)
    for step in range(1, STEPS + 1):
        weight.grad = dummy.grad = drawn(step)
        seen.append(numbers(twin.param_groups[0]))
        moved, state = rule.update(moved, weight.grad, state, step, **seen[-1])
        optimizer.step()
        twin.step()
        assert torch.equal(weight, moved), step
        for each in schedulers:
            advance(each, step)
    varied = {hyper for hyper in seen[0] if len({hypers[hyper] for hypers in seen}) > 1}
    assert varied == (
        {"learning_rate", "momentum", "beta1"} & seen[0].keys() if scheduler == CYCLED else {"learning_rate"}
    )


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("name", PAIRS)
def test_optimizer_and_scheduler_continue_together(name, scheduler):
    ours, *_ = PAIRS[name]
    weight = torch.nn.Parameter(drawn(0))
    optimizer = ours([weight])
    plan = SCHEDULERS[scheduler](optimizer)
    walk(optimizer, plan, weight, [1, 2, 3])
    again = torch.nn.Parameter(weight.detach().clone())
    continued = ours([again])
    continued_plan = SCHEDULERS[scheduler](continued)
    continued_plan.load_state_dict(plan.state_dict())
    continued.load_state_dict(optimizer.state_dict())
    walk(optimizer, plan, weight, [4, 5, 6])
    walk(continued, continued_plan, again, [4, 5, 6])
    assert torch.equal(again, weight)


def test_a_rate_in_a_tensor_is_scheduled_in_place():
    weights = [torch.nn.Parameter(drawn(0)) for _ in range(2)]
    for weight, rate in zip(weights, (0.25, torch.tensor(0.25)), strict=True):
        optimizer = facade.NAG([weight], rate)
        walk(optimizer, lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5**epoch), weight, [1, 2, 3])
    assert torch.equal(*weights)


def test_a_rate_that_a_scheduler_makes_negative_is_refused():
    weight = torch.nn.Parameter(drawn(0))
    optimizer = facade.LARS([weight], 0.5)
    plan = lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 - epoch)
    walk(optimizer, plan, weight, [1, 2])
    before, remembered = weight.detach().clone(), optimizer.state[weight]
    with pytest.raises(errors.HyperparameterError, match=r"LARS.param_groups\[0\]: lr is -0.5, but must be .* >= 0"):
        walk(optimizer, plan, weight, [3])
    assert torch.equal(weight, before)
    assert optimizer.state[weight] is remembered
