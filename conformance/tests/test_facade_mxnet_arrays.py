"""The facades of MXNet on arrays of every library and layout: what they make, write and leave alone."""

from __future__ import annotations

from typing import Any, NamedTuple

import array_api_strict
import numpy as np
import pytest
import torch
from array_api_compat import array_namespace as namespace

from lbref.facades import mxnet1, mxnet2

OPTIMIZERS = [(mxnet1, name) for name in ("SGD", "NAG", "LARS", "LAMB", "LBSGD")] + [
    (mxnet2, name) for name in ("SGD", "NAG", "LARS", "LAMB", "LANS")
]
EVERY_OPTIMIZER = pytest.mark.parametrize(
    ("release", "name"), OPTIMIZERS, ids=[f"{release.Optimizer.release}-{name}" for release, name in OPTIMIZERS]
)
VALUES = np.array([[3.0, -4.0], [0.5, 1.25], [2.0, -0.75]], np.float32)
GRADS = [VALUES[::-1] / 4, VALUES / 8 - 1]
SETTINGS: dict[str, Any] = {"learning_rate": 0.25, "wd": 0.5, "rescale_grad": 0.5, "clip_gradient": 0.4}
AROUND = 7.0
# torch's vector square root is not correctly rounded, and LAMB and LANS have one: a few units in the last place.
ULPS = 4 * 2.0**-23


class Library(NamedTuple):
    weight: Any  # values -> (the weight, what holds its memory or None)
    grad: Any  # values -> a gradient
    values: Any  # array -> NumPy values


def viewed(values):
    """Return every second element of an array twice as large in each direction, and the whole."""
    whole = np.full([2 * size for size in values.shape], AROUND, values.dtype)
    whole[every_second(whole)] = values
    return whole[every_second(whole)], whole


def viewed_in_torch(values):
    whole = torch.from_numpy(viewed(values)[1])
    return whole[every_second(whole)], whole


def every_second(whole):
    return (..., *(slice(None, None, 2) for _ in whole.shape))


def leaf(values):
    return torch.nn.Parameter(torch.from_numpy(values.copy())), None


def recorded(values):
    """Return a gradient that is itself part of a tape."""
    start = torch.from_numpy(values.copy()).requires_grad_()
    return start * torch.ones_like(start)


def from_torch(array):
    return array.detach().numpy()


def strict(values):
    return array_api_strict.asarray(values, copy=True)


LIBRARIES = {
    "numpy": Library(lambda values: (values.copy(), None), np.copy, np.asarray),
    "numpy-view": Library(viewed, lambda values: viewed(values)[0], np.asarray),
    "numpy-transposed": Library(lambda values: (values.T.copy().T, None), np.copy, np.asarray),
    "torch": Library(lambda values: (torch.tensor(values), None), torch.tensor, from_torch),
    "torch-view": Library(viewed_in_torch, lambda values: viewed_in_torch(values)[0], from_torch),
    "torch-leaf": Library(leaf, recorded, from_torch),
    "array-api-strict": Library(lambda values: (strict(values), None), strict, np.asarray),
}
SHAPES = {"0-d": (), "empty": (0, 2), "2-d": (3, 2)}


def flat(state):
    if isinstance(state, tuple | list):
        return [array for part in state for array in flat(part)]
    return [] if state is None else [state]


def made(release, name, **settings):
    momentum = {} if name in {"LAMB", "LANS"} else {"momentum": 0.9}
    return getattr(release, name)(**SETTINGS, **momentum, **settings)


def call(optimizer, index, weight, grad, state):
    """Update one parameter, as each release takes it."""
    arguments = (index, weight, grad, state)
    optimizer.update_multi_precision(*([x] for x in arguments) if optimizer.takes_lists_only else arguments)


def walked(optimizer, library, shape):
    """Return the weight and the state after two steps, with the gradients of both."""
    weight, whole = library.weight(np.resize(VALUES, shape))
    grads = [library.grad(np.resize(grad, shape)) for grad in GRADS]
    state = optimizer.create_state_multi_precision(0, weight)
    for grad in grads:
        call(optimizer, 0, weight, grad, state)
    return weight, whole, state, grads


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("library", LIBRARIES)
@EVERY_OPTIMIZER
def test_a_weight_and_its_state_are_updated_where_they_are(release, name, library, shape):
    asked = LIBRARIES[library]
    expected, _, expected_state, _ = walked(made(release, name), LIBRARIES["numpy"], SHAPES[shape])
    weight, whole, state, grads = walked(made(release, name), asked, SHAPES[shape])
    rtol = ULPS if name in {"LAMB", "LANS"} and library.startswith("torch") else 0
    for got, wanted in zip([weight, *flat(state)], [expected, *flat(expected_state)], strict=True):
        np.testing.assert_allclose(asked.values(got), wanted, rtol=rtol, atol=0)
        assert str(got.dtype).endswith("float32")
    assert shape != "2-d" or np.all(asked.values(weight) != VALUES)
    for grad, values in zip(grads, GRADS, strict=True):
        np.testing.assert_array_equal(asked.values(grad), np.resize(values, SHAPES[shape]))
    if whole is not None:
        around = np.asarray(whole).copy()
        around[every_second(around)] = AROUND
        assert np.all(around == AROUND)


@EVERY_OPTIMIZER
def test_a_leaf_of_torch_stays_one_that_can_be_trained_on(release, name):
    weight, _, state, _ = walked(made(release, name), LIBRARIES["torch-leaf"], (3, 2))
    assert (weight.is_leaf, weight.requires_grad, weight.grad) == (True, True, None)
    assert not any(array.requires_grad for array in flat(state))
    (weight * weight).sum().backward()
    np.testing.assert_array_equal(weight.grad.numpy(), 2 * weight.detach().numpy())


@EVERY_OPTIMIZER
def test_a_state_is_zeros_of_the_right_dtype_on_the_device_of_the_weight(release, name):
    of_moments = "float32" if release is mxnet2 else "float64"
    dtypes = [of_moments] * 2 if name in {"LAMB", "LANS"} else ["float64"]
    strict_device = array_api_strict.Device("device1")
    for like in (np.ones((2, 3)), torch.ones(3, dtype=torch.float64), array_api_strict.ones(2, device=strict_device)):
        state = flat(made(release, name).create_state(0, like))
        assert [str(array.dtype).rpartition(".")[2] for array in state] == dtypes
        for array in state:
            assert (type(array), array.shape, array.device) == (type(like), like.shape, like.device)
            assert not namespace(array).any(array != 0)


@EVERY_OPTIMIZER
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_weight_in_half_precision_gets_a_master_copy_beside_its_state(release, name, dtype):
    """SGD, NAG and LARS of 1.9.1 have it behind the state."""
    optimizer = made(release, name, multi_precision=True)
    weight = torch.tensor([1.5, -2.0], dtype=getattr(torch, dtype), requires_grad=True)
    pair = optimizer.create_state_multi_precision(0, weight)
    master, state = pair[::-1] if release is mxnet1 and name in {"SGD", "NAG", "LARS"} else pair
    assert (type(pair), master.dtype, master.tolist(), master.requires_grad) == (tuple, torch.float32, [1.5, -2], False)
    assert [(array.dtype, array.tolist()) for array in flat(state)] == [(torch.float32, [0, 0])] * len(flat(state))
    call(optimizer, 0, weight, torch.ones_like(weight), pair)
    assert torch.equal(weight, master.to(weight.dtype))
    assert not torch.equal(master, torch.tensor([1.5, -2]))


def test_lbsgd_makes_a_pair_for_update_too_the_other_way_round():
    optimizer, weight = made(mxnet1, "LBSGD", multi_precision=True), np.ones(2, np.float16)
    velocity, master = state = optimizer.create_state(0, weight)
    optimizer.update(0, weight, np.ones(2, np.float16), state)
    assert (velocity.dtype, master.dtype) == (np.float32, np.float32)
    np.testing.assert_array_equal(master, 1 + velocity)
    np.testing.assert_array_equal(weight, master.astype(np.float16))


@EVERY_OPTIMIZER
def test_a_half_without_a_master_copy_is_warned_of(release, name):
    with pytest.warns(UserWarning, match="half precision loses small updates; pass multi_precision=True"):
        state = made(release, name).create_state_multi_precision(0, np.ones(2, np.float16))
    of_moments = np.float32 if release is mxnet2 and name in {"LAMB", "LANS"} else np.float16
    assert {array.dtype.type for array in flat(state)} == {of_moments}


@pytest.mark.parametrize(("release", "name"), [one for one in OPTIMIZERS if one[1] not in {"LAMB", "LANS"}])
def test_without_momentum_there_is_nothing_to_remember(release, name):
    optimizer = getattr(release, name)(momentum=0.0, multi_precision=True)
    assert optimizer.create_state(0, np.ones(2, np.float32)) is None
    pair = optimizer.create_state_multi_precision(0, np.ones(2, np.float16))
    assert sorted(array is None for array in pair) == [False, True]
