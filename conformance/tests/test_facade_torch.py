"""The optimizers of torch: the numbers of the rules bit for bit, and the manners of torch's own."""

from __future__ import annotations

import copy
import doctest
import importlib

import pytest
import torch

from lbref import combine, dialects, trust
from lbref.facades import torch as facade
from lbref.rules import lamb, lans, lars, lbsgd, nag, sgd

ZERO_SAFE = {"zero_norm": trust.one_if_either_vanishes}
MOMENTS = {"betas": (0.8, 0.99), "eps": 1e-7, "weight_decay": 0.1, "lower_bound": 0.5, "upper_bound": 3.0}
MOMENTS_BY_HAND = {"beta1": 0.8, "beta2": 0.99, **{name: MOMENTS[name] for name in MOMENTS if name != "betas"}}
WARMUP = {"momentum": 0.5, "batch_scale": 2, "warmup_epochs": 2, "updates_per_epoch": 3, "begin_epoch": 1}

# optimizer -> the options of two groups, and for each the rule and the hyperparameters as lbref has them
CASES = {
    "LARS": [
        (
            {"lr": 2.0, "momentum": 0.8, "weight_decay": 0.01, "trust_coefficient": 0.02, "eps": 1e-3},
            combine.bind(lars, **ZERO_SAFE),
            {"learning_rate": 2.0, "momentum": 0.8, "weight_decay": 0.01, "trust_coefficient": 0.02, "eps": 1e-3},
        ),
        ({"lr": 0.1, "adaptive": False}, sgd, {"learning_rate": 0.1, "momentum": 0.9}),
    ],
    "LAMB": [
        ({"lr": 0.1, **MOMENTS}, combine.bind(lamb, **ZERO_SAFE), {"learning_rate": 0.1, **MOMENTS_BY_HAND}),
        (
            {"lr": 0.2, "betas": (0.5, 0.9), "adaptive": False},
            combine.bind(lamb, zero_norm=trust.one_always),
            {"learning_rate": 0.2, "beta1": 0.5, "beta2": 0.9},
        ),
    ],
    "LANS": [
        ({"lr": 0.1, **MOMENTS}, combine.bind(lans, **ZERO_SAFE), {"learning_rate": 0.1, **MOMENTS_BY_HAND}),
        (
            {"lr": 0.2, "weight_decay": 0.1, "adaptive": False},
            combine.bind(lans, zero_norm=trust.one_always),
            {"learning_rate": 0.2, "weight_decay": 0.1},
        ),
    ],
    "NAG": [
        ({"lr": 0.5, "weight_decay": 0.1}, nag, {"learning_rate": 0.5, "weight_decay": 0.1}),
        (
            {"lr": 0.1, "momentum": 0.5, "dialect": "torch-2.13.0"},
            dialects.RULES["nag@torch-2.13.0"],
            {"learning_rate": 0.1, "momentum": 0.5},
        ),
    ],
    "SGD": [
        ({"lr": 0.5, "weight_decay": 0.1}, sgd, {"learning_rate": 0.5, "weight_decay": 0.1}),
        ({"lr": 0.1, "dialect": "goyal-2017"}, dialects.RULES["sgd@goyal-2017"], {"learning_rate": 0.1}),
    ],
    "LBSGD": [
        (
            {"lr": 0.1, "weight_decay": 0.1, "warmup_strategy": "sqrt", **WARMUP},
            combine.bind(lbsgd, warmup_strategy=lbsgd.sqrt),
            {"learning_rate": 0.1, "weight_decay": 0.1, **WARMUP},
        ),
        (
            {"lr": 0.2, "warmup_strategy": "lars", "batch_scale": 3},
            combine.bind(lbsgd, warmup_strategy=lbsgd.lars),
            {"learning_rate": 0.2, "batch_scale": 3},
        ),
    ],
}


def drawn(*shape, seed=0, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def parameters(dtype=torch.float32):
    """Return two groups: a matrix, a layer of zeros, a scalar, nothing; float64, two of them."""
    first = [drawn(4, 3, dtype=dtype), torch.zeros(3, dtype=dtype), drawn(seed=1, dtype=dtype), torch.zeros(0, 2)]
    second = [drawn(5, seed=2, dtype=torch.float64), drawn(2, 2, seed=3, dtype=dtype)]
    return [[torch.nn.Parameter(weight) for weight in group] for group in (first, second)]


def set_grads(groups, step):
    for place, weight in enumerate(weight for group in groups for weight in group):
        weight.grad = drawn(*weight.shape, seed=100 * step + place, dtype=weight.dtype)


def bits(tree):
    """Return something that is equal only where every bit is."""
    if isinstance(tree, torch.Tensor):
        return str(tree.dtype), tuple(tree.shape), tree.detach().reshape(-1).view(torch.uint8).tolist()
    if isinstance(tree, dict):
        return {key: bits(value) for key, value in tree.items()}
    return [bits(part) for part in tree] if isinstance(tree, list | tuple) else tree


def walk_by_hand(weight, rule, hyper, grads):
    weight = weight.detach().clone()
    state = rule.init(weight)
    for step, grad in enumerate(grads, start=1):
        weight, state = rule.update(weight, grad, state, step, **hyper)
    return weight, state


def made(name, groups, **common):
    cases = [options | common for options, *_ in CASES[name]]
    return getattr(facade, name)([{"params": g, **options} for g, options in zip(groups, cases, strict=True)], lr=1.0)


def walk(optimizer, groups, steps):
    for step in steps:
        set_grads(groups, step)
        optimizer.step()


@pytest.mark.parametrize("name", CASES)
def test_two_groups_step_as_the_rule_does(name):
    groups = parameters()
    start = copy.deepcopy(groups)
    optimizer = made(name, groups)
    grads = []
    for step in range(1, 6):
        set_grads(groups, step)
        grads.append([[weight.grad.clone() for weight in group] for group in groups])
        optimizer.step()
        assert bits(grads[-1]) == bits([[weight.grad for weight in group] for group in groups])
    for g, (_, rule, hyper) in enumerate(CASES[name]):
        for w, weight in enumerate(groups[g]):
            moved, state = walk_by_hand(start[g][w], rule, hyper, [of_step[g][w] for of_step in grads])
            assert bits(weight) == bits(moved)
            assert bits(optimizer.state[weight]) == bits({"step": 5, **state._asdict()})


@pytest.mark.parametrize("full_name", dialects.RULES)
def test_a_dialect_keeps_its_constants(full_name):
    rule, _, dialect = full_name.partition("@")
    weight = torch.nn.Parameter(drawn(4, dtype=torch.float64))  # an epsilon of 1e-8 shows
    grad = drawn(4, seed=1, dtype=torch.float64)
    start = weight.detach().clone()
    optimizer = getattr(facade, rule.upper())([weight], 0.5, weight_decay=0.25, dialect=dialect)
    for _ in range(2):
        weight.grad = grad
        optimizer.step()
    hyper = {"learning_rate": 0.5, "weight_decay": 0.25}
    assert bits(weight) == bits(walk_by_hand(start, dialects.RULES[full_name], hyper, [grad, grad])[0])


STEPS = 8


def distance(one, other):
    """Return how far two tensors are apart, in ulps of the largest element."""
    scale = torch.finfo(one.dtype).eps * other.abs().max()
    return ((one - other).abs().max() / scale).item()


@pytest.mark.parametrize(
    ("ours", "dialect", "theirs"), [(facade.NAG, "torch-2.13.0", {"nesterov": True}), (facade.SGD, "goyal-2017", {})]
)
@pytest.mark.parametrize("maximize", [False, True])
def test_the_dialect_of_torch_follows_torch(ours, dialect, theirs, maximize):
    mine, other = torch.nn.Parameter(drawn(50)), torch.nn.Parameter(drawn(50))
    options = {"weight_decay": 0.01, "maximize": maximize}
    optimizers = ours([mine], 0.1, dialect=dialect, **options), torch.optim.SGD([other], 0.1, 0.9, **options, **theirs)
    for step in range(STEPS):
        mine.grad = other.grad = drawn(50, seed=step)
        for optimizer in optimizers:
            optimizer.param_groups[0]["lr"] = 0.1 / (1 + step)
            optimizer.step()
    # Each of the two rounds the weight once a step, by half an ulp; its step, which is smaller, rounds some more.
    assert distance(mine, other) <= 2 * STEPS


def test_lamb_that_is_not_adapted_follows_adamw():
    mine, other = torch.nn.Parameter(drawn(50)), torch.nn.Parameter(drawn(50))
    optimizers = (
        facade.LAMB([mine], 0.1, eps=1e-8, weight_decay=0.1, adaptive=False),
        torch.optim.AdamW([other], 0.1, eps=1e-8, weight_decay=0.1),
    )
    for step in range(STEPS):
        mine.grad = other.grad = drawn(50, seed=step)
        for optimizer in optimizers:
            optimizer.step()
    assert distance(mine, other) <= 2 * STEPS  # as above, but that AdamW decays in a rounding of its own


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dialect", [None, "mxnet"])
def test_to_maximize_is_to_minimize_the_opposite(name, dialect):
    known = [full.partition("@")[2] for full in dialects.RULES if full.startswith(f"{name.lower()}@{dialect}")]
    weights = [torch.nn.Parameter(drawn(4)) for _ in range(2)]
    for weight, maximize in zip(weights, (True, False), strict=True):
        options = {"weight_decay": 0.1, "maximize": maximize, "dialect": known[0] if known else None}
        optimizer = getattr(facade, name)([weight], 0.5, **options)
        for step in range(3):
            weight.grad = drawn(4, seed=step).mul(1 if maximize else -1)
            optimizer.step()
    assert bits(weights[0]) == bits(weights[1]) != bits(drawn(4))


@pytest.mark.parametrize("name", ["LARS", "LAMB", "LANS"])
def test_a_weight_of_zeros_moves_unless_the_published_formula_is_asked_for(name):
    weights = [torch.nn.Parameter(torch.zeros(3)) for _ in range(2)]
    for weight, dialect in zip(weights, (None, "published"), strict=True):
        weight.grad = torch.ones(3)
        getattr(facade, name)([weight], 0.5, dialect=dialect).step()
    assert (weights[0] < 0).all()
    assert bits(weights[1]) == bits(torch.zeros(3))


def test_a_closure_is_called_once_with_gradients_on_and_its_loss_returned():
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer, called = facade.NAG([weight], 0.5, momentum=0.0), []

    def closure():
        called.append(torch.is_grad_enabled())
        optimizer.zero_grad()
        loss = weight.square().sum()
        loss.backward()
        return loss

    with torch.no_grad():
        loss = optimizer.step(closure)
    assert (called, loss.item(), weight.tolist()) == ([True], 2.0, [0.0, 0.0])
    assert weight.requires_grad
    assert optimizer.step() is None


def test_hooks_of_torch_are_called_around_a_step():
    weight, calls = torch.nn.Parameter(torch.ones(1)), []
    optimizer = facade.SGD([weight], 0.5)
    optimizer.register_step_pre_hook(lambda *_: calls.append(weight.item()))
    optimizer.register_step_post_hook(lambda *_: calls.append(weight.item()))
    weight.grad = torch.ones(1)
    optimizer.step()
    assert calls == [1.0, 0.5]


def test_a_parameter_without_gradient_is_skipped_and_not_counted():
    groups = parameters()
    (first, *_), (second, *_) = groups
    optimizer = made("LAMB", groups)
    walk(optimizer, groups, [1, 2])
    before = bits([first, optimizer.state[first]])
    first.requires_grad_(False)  # frozen later
    set_grads(groups, 3)
    first.grad = None
    optimizer.step()
    assert bits([first, optimizer.state[first]]) == before
    assert (optimizer.state[first]["step"], optimizer.state[second]["step"]) == (2, 3)
    optimizer.zero_grad()
    optimizer.step()
    assert optimizer.state[second]["step"] == 3


def test_a_parameter_that_joins_later_counts_from_one():
    late = torch.nn.Parameter(drawn(3, seed=9))
    start = late.detach().clone()
    groups = parameters()
    optimizer = made("LAMB", groups)
    walk(optimizer, groups, [1, 2])
    optimizer.add_param_group({"params": late, "lr": 0.25, "betas": (0.5, 0.5)})
    late.grad = drawn(3, seed=10)
    optimizer.step()
    rule, hyper = combine.bind(lamb, **ZERO_SAFE), {"learning_rate": 0.25, "beta1": 0.5, "beta2": 0.5}
    assert bits(late) == bits(walk_by_hand(start, rule, hyper, [late.grad])[0])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", CASES)
def test_halves_move_by_a_float32_copy(name, dtype):
    _, rule, hyper = CASES[name][0]
    weight = torch.nn.Parameter(drawn(4, 3, dtype=dtype))
    start, grads = weight.detach().clone(), [drawn(4, 3, seed=step, dtype=dtype) for step in range(1, 5)]
    optimizer = made(name, [[weight], []])
    for grad in grads:
        weight.grad = grad
        optimizer.step()
    moved, state = walk_by_hand(start.float(), rule, hyper, [grad.float() for grad in grads])
    assert bits(weight) == bits(moved.to(dtype))
    assert bits(optimizer.state[weight]) == bits({"step": 4, **state._asdict(), "master": moved})


def test_a_learning_rate_may_be_a_tensor():
    weights = [torch.nn.Parameter(drawn(4)) for _ in range(2)]
    for weight, rate in zip(weights, (0.1, torch.tensor(0.1, dtype=torch.float64)), strict=True):
        weight.grad = drawn(4, seed=1)
        facade.LARS([weight], rate).step()
    assert bits(weights[0]) == bits(weights[1])


@pytest.mark.parametrize("name", facade.__all__)
def test_the_example_of_a_docstring_runs(name):
    module = importlib.import_module(getattr(facade, name).__module__)
    ran = doctest.testmod(module)
    assert ran.attempted > 0
    assert ran.failed == 0
