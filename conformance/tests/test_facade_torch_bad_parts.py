"""What torch itself lets through and lbref does not: misspelt options, expanded tensors, broken state dicts."""

from __future__ import annotations

import copy

import pytest
import torch

from lbref import errors
from lbref.facades.torch import LAMB, LARS, SGD


def started(count=2):
    """Return an optimizer that has made a step, and its parameters with gradients."""
    weights = [torch.nn.Parameter(torch.arange(1.0, 4.0) * (index + 1)) for index in range(count)]
    optimizer = LARS([{"params": [weight]} for weight in weights], lr=0.5)
    for weight in weights:
        weight.grad = torch.tensor([0.1, -0.2, 0.3])
    optimizer.step()
    return optimizer, weights


@pytest.mark.parametrize("word", ["weight_deacy", "momentun", "trust_coeficient", "adaptiv", "dialects", "maximise"])
def test_a_misspelt_option_of_a_group_is_refused(word):
    with pytest.raises(errors.UnknownHyperparameterError, match=rf"no option '{word}'; there are lr, momentum"):
        LARS([{"params": [torch.nn.Parameter(torch.ones(2))], word: 1.0}], lr=0.1)


@pytest.mark.parametrize("word", ["initial_lr", "max_lr", "min_lr", "max_momentum", "base_momentum", "name", "swa_lr"])
def test_what_schedulers_and_users_keep_in_a_group_is_let_through(word):
    LARS([{"params": [torch.nn.Parameter(torch.ones(2))], word: 1.0}], lr=0.1).step()


def test_a_parameter_that_was_expanded_is_refused_at_once():
    with pytest.raises(errors.ImmutableArrayError, match=r"SGD\.param_groups\[0\]"):
        SGD([torch.nn.Parameter(torch.zeros(1).expand(3))], lr=0.1)


def test_one_that_is_expanded_later_stops_the_step_before_the_first_has_moved():
    optimizer, weights = started()
    weights[1].data = torch.zeros(1).expand(3)
    before = weights[0].detach().clone(), copy.deepcopy(optimizer.state[weights[0]])
    with pytest.raises(errors.ImmutableArrayError, match="cannot be written to"):
        optimizer.step()
    assert torch.equal(weights[0], before[0])
    assert optimizer.state[weights[0]]["step"] == before[1]["step"]


BROKEN = {
    "no memory": (lambda s: s["state"].update({1: None}), "a dict of tensors and a step"),
    "no states": (lambda s: s.update(state=[]), "a dict of tensors and a step"),
    "no groups": (lambda s: s.update(param_groups=None), "must be a list of dicts"),
    "no group": (lambda s: s.update(param_groups=[5]), "must be a list of dicts"),
    "no params": (lambda s: s["param_groups"][0].pop("params"), "a list of 'params' each"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_state_dict_is_refused_and_changes_nothing(fault):
    optimizer, weights = started()
    broken = copy.deepcopy(optimizer.state_dict())
    breaks, words = BROKEN[fault]
    breaks(broken)
    before = {key: value.clone() for key, value in optimizer.state[weights[0]].items() if key != "step"}
    with pytest.raises(errors.StateError, match=words):
        optimizer.load_state_dict(broken)
    assert all(torch.equal(optimizer.state[weights[0]][key], value) for key, value in before.items())


def test_a_dialect_is_loaded_with_the_options():
    weight = torch.nn.Parameter(torch.ones(2))
    other = LAMB([weight], lr=0.1, dialect="optax-0.2.8")
    mine = LAMB([weight], lr=0.1)
    mine.load_state_dict(other.state_dict())
    assert mine.param_groups[0]["dialect"] == "optax-0.2.8"
