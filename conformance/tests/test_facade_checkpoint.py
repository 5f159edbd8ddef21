"""Checkpoints of facades: trees that come back as they were, and bytes or objects that are none."""

from __future__ import annotations

import io
import json
import math
import random
from typing import Any, NamedTuple

import array_api_strict
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from lbref import errors
from lbref._arrays import bits_on_host
from lbref.facades import checkpoint

TREE = {
    "numbers": [0, -7, 2**70, 0.1, -0.0, 5e-324, math.inf, -math.inf, True, False, None],
    "texts": ("", "ε ‖w‖", 'a "quoted" \\ line\n', "1"),
    1: {"1": 1, 1: "one", -3: {}, "": [[], (), [()]]},
    "arrays": {"0-d": np.asarray(1.5), "empty": np.ones((0, 2)), "half": np.ones(2, np.float16)},
    "view": np.arange(6.0)[::-2],
    "structure": np.arange(3),  # also what the text is called inside
}


def bits(tree):
    """Return a tree with its types, and arrays as dtype, shape and bytes."""
    if isinstance(tree, dict):
        return [(key, type(key), bits(value)) for key, value in tree.items()]
    if isinstance(tree, list | tuple):
        return type(tree), [bits(part) for part in tree]
    return (tree.dtype, tree.shape, tree.tobytes()) if isinstance(tree, np.ndarray) else (type(tree), repr(tree))


def test_a_tree_comes_back_bit_for_bit():
    assert bits(checkpoint.loads(checkpoint.dumps(TREE))) == bits(TREE)


@pytest.mark.parametrize("leaf", [math.nan, np.float64(math.inf), np.float64(math.nan), np.float64(0.1)])
def test_a_number_of_numpy_is_a_number(leaf):
    assert repr(checkpoint.loads(checkpoint.dumps([leaf]))) == f"[{float(leaf)!r}]"


@pytest.mark.parametrize(
    "array",
    [
        torch.tensor([1.5, -2.0], requires_grad=True),
        torch.nn.Parameter(torch.tensor([1.5, -2.0])),
        jnp.asarray([1.5, -2.0]),
        array_api_strict.asarray([1.5, -2.0], dtype=array_api_strict.float32),
    ],
    ids=["torch", "parameter", "jax", "array-api-strict"],
)
def test_arrays_of_every_library_are_copied_to_the_host(array):
    (found,) = checkpoint.loads(checkpoint.dumps([array]))
    assert (type(found), found.dtype, found.tolist()) == (np.ndarray, np.float32, [1.5, -2.0])


def test_what_is_loaded_is_writable_and_of_the_library_asked_for():
    data = checkpoint.dumps([np.ones(2)])
    for asarray in (np.asarray, torch.asarray):
        (array,) = checkpoint.loads(data, asarray)
        array[0] = 3.0
        assert (type(array), array.tolist()) == (type(asarray([1.0])), [3.0, 1.0])
    assert checkpoint.loads(data)[0].tolist() == [1.0, 1.0]


def test_the_bytes_hold_no_pickle_and_are_the_same_every_time():
    data = checkpoint.dumps(TREE)
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        arrays = dict(stored)
    assert not any(array.dtype.hasobject for array in arrays.values())
    assert data == checkpoint.dumps(TREE)


def test_a_file_is_written_whole_and_read_again(tmp_path):
    for path in (tmp_path / "a file", str(tmp_path / "a file")):
        checkpoint.save(path, TREE)
        assert bits(checkpoint.load(path)) == bits(TREE)
    assert isinstance(checkpoint.load(path, torch.asarray)["view"], torch.Tensor)
    assert [file.name for file in tmp_path.iterdir()] == ["a file"]


# --- what cannot be saved


UNFIT = [
    ({"a": [1, {2: {3}}]}, "tree['a'][1][2] is a set"),
    ((b"bytes",), "tree[0] is a bytes"),
    ([1j], "tree[0] is a complex"),
    (object(), "tree is a object"),
    ({1.5: 1}, "tree has the key 1.5, but keys must be str or int"),
    ([{True: 1}], "tree[0] has the key True"),
    ({None: 1}, "tree has the key None"),
    ({"a": np.asarray([object()])}, "tree['a'] is an array of object; it must hold plain numbers"),
    (np.zeros(2, [("a", "f4")]), "it must hold plain numbers"),
    ([torch.ones(2, device="meta")], "tree[0] is an array of torch.float32"),
]


@pytest.mark.parametrize(("tree", "words"), UNFIT, ids=[words[:40] for _, words in UNFIT])
def test_what_cannot_be_saved_is_named_by_where_it_stands_and_leaves_no_file(tmp_path, tree, words):
    path = tmp_path / "kept"
    checkpoint.save(path, [1])
    for target in (path, tmp_path / "new"):
        with pytest.raises(errors.CheckpointError) as raised:
            checkpoint.save(target, tree)
        assert words in str(raised.value)
    assert [file.name for file in tmp_path.iterdir()] == ["kept"]
    assert checkpoint.load(path) == [1]


# --- what is no checkpoint


SMALL = checkpoint.dumps({"a": [1, 2.5], 7: np.arange(4.0), "h": np.ones((2, 2), np.float16)})


def loads_or_refuses(data):
    """Return whether the data are what they were, or refused; anything else is an error of this test."""
    try:
        return bits(checkpoint.loads(data)) == bits(checkpoint.loads(SMALL))
    except errors.CheckpointError as error:
        return "pass what dumps returned or save wrote" in str(error)


def test_truncated_bytes_are_refused_wherever_they_end():
    for end in range(len(SMALL)):
        with pytest.raises(errors.CheckpointError, match="no checkpoint"):
            checkpoint.loads(SMALL[:end])


@pytest.mark.parametrize("change", [1, 8, 64])
def test_a_damaged_byte_is_refused_or_changes_nothing(change):
    """Dates and the like inside the file may be anything."""
    for place in range(len(SMALL)):
        data = bytearray(SMALL)
        data[place] ^= change
        assert loads_or_refuses(bytes(data)), place


def test_pieces_that_are_lost_or_doubled_are_refused_or_change_nothing():
    draw = random.Random(7)
    for _ in range(300):
        start, end = sorted(draw.sample(range(len(SMALL)), 2))
        assert loads_or_refuses(SMALL[:start] + SMALL[end:])
        assert loads_or_refuses(SMALL[:end] + SMALL[start:])


def npz(structure, **arrays):
    stream = io.BytesIO()
    np.savez(stream, structure=np.array(structure), **arrays)
    return stream.getvalue()


def npy():
    stream = io.BytesIO()
    np.save(stream, np.arange(3))
    return stream.getvalue()


FOREIGN = {
    "None": None,
    "number": 3,
    "text": "a text",
    "pickle": b"\x80\x04K\x01.",
    "npy": npy(),
    "npz without a structure": npz("")[:0] + npz("{"),
    "array that is not there": npz('{"array": "array0"}'),
    "array without a name": npz('{"array": [1]}', array0=np.ones(1)),
    "unknown kind": npz('{"set": [1]}'),
    "two kinds": npz('{"list": [], "tuple": []}'),
    "no pairs": npz('{"dict": [1]}'),
    "key that is no key": npz('{"dict": [[[1], 2]]}'),
    "number that is none": npz('{"float": "much"}'),
    "too deep": npz("[" * 10**5),
    "pickled array": npz("[]", array0=np.ones(1)).replace(b"<f8", b"|O8"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_is_no_checkpoint_is_refused(what):
    with pytest.raises(errors.CheckpointError, match="pass what dumps returned or save wrote"):
        checkpoint.loads(FOREIGN[what])


def test_a_checkpoint_is_an_npz_with_one_text():
    """So that other programs can read it."""
    with np.load(io.BytesIO(checkpoint.dumps({"a": (1, np.ones(2))}))) as stored:
        structure = json.loads(str(stored["structure"]))
        assert structure == {"dict": [["a", {"tuple": [1, {"array": "array0"}]}]]}
        assert stored["array0"].tolist() == [1.0, 1.0]


class Pair(NamedTuple):
    first: Any
    second: Any


class Nothing(NamedTuple):
    pass


def test_named_tuples_come_back_where_a_tree_is_like_it():
    tree = {"a": [Pair(np.arange(2.0), (1, Nothing()))], 3: None}
    data = checkpoint.dumps(tree)
    plain = checkpoint.loads(data)
    assert type(plain["a"][0]) is tuple
    back = checkpoint.loads(data, like={"a": [Pair(None, (7, Nothing()))], 3: 0})
    assert type(back["a"][0]) is Pair
    assert back["a"][0].second == (1, Nothing())
    assert type(back["a"][0].second[1]) is Nothing
    np.testing.assert_array_equal(back["a"][0].first, [0.0, 1.0])


@pytest.mark.parametrize(
    ("like", "words"),
    [
        ({"a": 1, "b": 2}, "tree is a dict of a, but a dict of a, b"),
        ({"a": [1, 2, 3]}, r"tree\['a'\] is a list of 2, but a list of 3"),
        ({"a": (1, 2)}, r"tree\['a'\] is a list of 2, but a tuple of 2"),
        ({"a": 1}, r"tree\['a'\] is a list of 2, but a int"),
        ({"a": [1, [2]]}, r"tree\['a'\]\[1\] is a int, but a list of 1"),
    ],
)
def test_a_tree_of_another_structure_is_refused(like, words):
    with pytest.raises(errors.CheckpointError, match=words):
        checkpoint.loads(checkpoint.dumps({"a": [1, 2]}), like=like)


@pytest.mark.parametrize("library", [torch, jnp])
def test_bfloat16_comes_back_bit_for_bit_in_a_library_that_has_it(library):
    values = library.asarray([1.0, -2.5, 3e38, float("nan"), 1e-40], dtype=library.bfloat16)
    data = checkpoint.dumps({"weight": values, "0-d": values[1]})
    back = checkpoint.loads(data, library.asarray)
    assert (back["weight"].dtype, back["0-d"].shape) == (library.bfloat16, ())
    np.testing.assert_array_equal(bits_on_host(back["weight"]), bits_on_host(values), strict=True)
    with pytest.raises(errors.CheckpointError, match=r"bfloat16, which NumPy does not have; pass asarray"):
        checkpoint.loads(data)
