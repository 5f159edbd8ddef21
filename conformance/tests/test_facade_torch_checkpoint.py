"""The optimizers of torch continue bit for bit: in the same process, and in a new one from a file without pickle.

Run as a program, ``python test_facade_torch_checkpoint.py FOLDER``, this is the new process.
"""

from __future__ import annotations

import copy
import io
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lbref.facades import checkpoint
from lbref.facades import torch as facade

MOMENTS = ({"betas": (0.8, 0.99), "weight_decay": 0.1}, {"lr": 0.2, "adaptive": False, "upper_bound": 3.0})
OPTIONS = {
    "LARS": ({"lr": 2.0, "trust_coefficient": 0.02}, {"dialect": "timm-1.0.31"}),
    "LAMB": MOMENTS,
    "LANS": MOMENTS,
    "NAG": ({"weight_decay": 0.1}, {"momentum": 0.5, "maximize": True}),
    "SGD": ({"weight_decay": 0.1}, {"lr": 0.5}),
    "LBSGD": ({"batch_scale": 2, "warmup_strategy": "lars"}, {"batch_scale": 3, "momentum": 0.5}),
}
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
CASES = [(name, dtype) for name in OPTIONS for dtype in DTYPES]
SAVED, LAST = 3, 6  # three micro-batches: LBSGD is between two steps in the group of two


def drawn(shape, seed, dtype):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def model(dtype):
    shapes = [[(4, 3), ()], [(5,), (0, 2)]]
    weights = [[drawn(shape, 7, DTYPES[dtype]) for shape in group] for group in shapes]
    return [[torch.nn.Parameter(weight) for weight in group] for group in weights]


def optimizer_of(name, groups):
    options = zip(groups, OPTIONS[name], strict=True)
    return getattr(facade, name)([{"params": group, **own} for group, own in options], lr=0.1)


def walk(optimizer, groups, steps):
    for step in steps:
        for place, weight in enumerate(weight for group in groups for weight in group):
            weight.grad = drawn(weight.shape, 100 * step + place, weight.dtype)
        optimizer.step()


def tree_of(optimizer, groups):
    """Return all there is, weights widened: NumPy, and so the file, has no bfloat16."""
    return {"weights": [[w.detach().double() for w in group] for group in groups], "optimizer": optimizer.state_dict()}


def bits(tree):
    if isinstance(tree, torch.Tensor):
        return str(tree.dtype), tuple(tree.shape), tree.detach().reshape(-1).view(torch.uint8).tolist()
    if isinstance(tree, dict):
        return {key: bits(value) for key, value in tree.items()}
    return type(tree), [bits(part) for part in tree] if isinstance(tree, list | tuple) else tree


def resumed(name, dtype, tree):
    groups = model(dtype)
    with torch.no_grad():
        for group, saved in zip(groups, tree["weights"], strict=True):
            for weight, value in zip(group, saved, strict=True):
                weight.copy_(value)
    optimizer = optimizer_of(name, groups)
    optimizer.load_state_dict(tree["optimizer"])
    return optimizer, groups


@pytest.fixture(scope="module")
def continued(tmp_path_factory):
    """Return what a new process made of the checkpoints of all cases, and what this one made without a break."""
    folder, expected = tmp_path_factory.mktemp("checkpoints"), {}
    for name, dtype in CASES:
        groups = model(dtype)
        optimizer = optimizer_of(name, groups)
        walk(optimizer, groups, range(1, SAVED + 1))
        checkpoint.save(folder / f"{name}-{dtype}.before", tree_of(optimizer, groups))
        walk(optimizer, groups, range(SAVED + 1, LAST + 1))
        expected[name, dtype] = tree_of(optimizer, groups)
    subprocess.run([sys.executable, __file__, str(folder)], check=True)  # noqa: S603
    found = {case: checkpoint.load(folder / f"{'-'.join(case)}.after", torch.asarray) for case in CASES}
    return found, expected


def continue_all(folder):
    for name, dtype in CASES:
        optimizer, groups = resumed(name, dtype, checkpoint.load(folder / f"{name}-{dtype}.before", torch.asarray))
        walk(optimizer, groups, range(SAVED + 1, LAST + 1))
        checkpoint.save(folder / f"{name}-{dtype}.after", tree_of(optimizer, groups))


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_a_new_process_continues_bit_for_bit(continued, case):
    found, expected = continued
    assert bits(found[case]) == bits(expected[case])
    untouched = tree_of(optimizer_of(case[0], model(case[1])), model(case[1]))
    assert bits(expected[case]["weights"]) != bits(untouched["weights"])


@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_a_state_dict_stays_as_it_was_and_continues_bit_for_bit(name, dtype):
    groups = model(dtype)
    optimizer = optimizer_of(name, groups)
    walk(optimizer, groups, range(1, SAVED + 1))
    tree, stream = tree_of(optimizer, groups), io.BytesIO()
    torch.save(tree, stream)
    before = bits(tree)
    walk(optimizer, groups, range(SAVED + 1, LAST + 1))
    assert bits(tree) == before
    stream.seek(0)
    for saved in (copy.deepcopy(tree), torch.load(stream, weights_only=True)):
        again, again_groups = resumed(name, dtype, saved)
        assert bits(tree_of(again, again_groups)) == before
        walk(again, again_groups, range(SAVED + 1, LAST + 1))
        assert bits(tree_of(again, again_groups)) == bits(tree_of(optimizer, groups))


def test_a_copy_of_an_optimizer_continues_on_its_own():
    groups = model("float32")
    optimizer = optimizer_of("LANS", groups)
    walk(optimizer, groups, [1, 2])
    copied, copied_groups = copy.deepcopy((optimizer, groups))
    before = bits(tree_of(optimizer, groups))
    walk(copied, copied_groups, [3])
    assert bits(tree_of(optimizer, groups)) == before
    walk(optimizer, groups, [3])
    assert bits(tree_of(copied, copied_groups)) == bits(tree_of(optimizer, groups))


def test_hooks_that_load_state_dict_knows_are_called_in_order():
    groups = model("bfloat16")
    optimizer = optimizer_of("NAG", groups)
    walk(optimizer, groups, [1])
    saved, seen = optimizer.state_dict(), []
    weight = groups[0][0]
    optimizer.register_load_state_dict_pre_hook(lambda _, given: {**given, "state": {0: saved["state"][0]}})
    optimizer.register_load_state_dict_post_hook(lambda given: seen.append(given.state[weight]["master"].dtype))
    optimizer.load_state_dict({"state": {}, "param_groups": saved["param_groups"]})
    optimizer.load_state_dict({"state": {}, "param_groups": saved["param_groups"]})
    assert seen == [torch.float32, torch.float32]  # what the hook before put in, and not rounded to bfloat16
    assert list(optimizer.state) == [weight]


if __name__ == "__main__":
    continue_all(Path(sys.argv[1]))
