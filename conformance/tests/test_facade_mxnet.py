"""The facades of MXNet follow the real packages through what was recorded of them.

After each step the facade's arrays are compared with those of the release and then overwritten with them, so that every
step is judged alone and nothing accumulates. What two correct programs may be apart has two parts.

The last addition rounds in proportion to the element itself, half an ulp on both sides, and once more on both where the
release's kernel adds to the weight twice (`adds_twice`).

Every other operation rounds a term that is no larger than a *scale*: for a velocity, and a weight or master copy that
it moves, the largest element of the velocity before and after the step and of the weight's change; for a moment its own
largest element before and after. The release has this many, half an ulp of the scale each:

    SGD, LBSGD, LARS   ‖w‖, ‖g‖, ρ‖g‖, β‖w‖, two sums, γη, ·‖w‖, quotient; γβ, ·w, ρg, γc, mv, two sums        16
    NAG                ρg, βw, sum, γ·, mv, sum; the first four again, 1 + m, a product, two sums                14
    LAMB               ρg; two products and a sum for m, three and one for s; power, difference and quotient for
                       both; root, ε, quotient, βw, sum; two norms, their quotient, γ·, ·u                       24
    LANS               as LAMB, ‖g‖, a quotient; quotient, sum, norm, quotient, two products and a sum for g     33

`ULPS` is half of that, rounded up to 8, and 16 for the last two. lbref forms norms and what follows from
hyperparameters in double precision and adds fewer roundings of its own; that all point one way is not to be expected,
and that nothing but roundings hides here is shown at the end: hyperparameters off by 1e-4 are found. Of 1 − β₂ᵗ the
release loses the last bits; that is a common factor of the direction, which the ratio cancels but for the decay, and
the cases do not join decay with a β₂ near 1.

The ulp is one of the precision in which the release computes (`epsilon`), which is not always that of the array.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mxnet_driver as driver
import nearness
import numpy as np
import pytest
import torch
from arrays import decoded

from lbref.facades import mxnet1, mxnet2

PEERS = Path(__file__).parents[1] / "peers"

FACADES = {"mxnet-1.9.1": mxnet1, "mxnet-2.0.0b1": mxnet2}
LIBRARIES = {
    "numpy": (np.array, np.array),
    "torch": (lambda values: torch.from_numpy(values.copy()), lambda array: array.numpy().copy()),
}
RECORDED = {peer: json.loads((PEERS / "recorded" / f"{peer}.json").read_text("utf-8"))["cases"] for peer in FACADES}
CASES = {(peer, case["id"]): case for peer, cases in driver.CASES.items() for case in cases}
ULPS = {"SGD": 8, "LBSGD": 8, "LARS": 8, "NAG": 8, "LAMB": 16, "LANS": 16}

# Both warn of halves without a master copy, and of a rate beside a scheduler.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*half precision:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*is overwritten by the learning rate:UserWarning"),
]


def flat(tree: Any) -> list[Any]:
    """Return the arrays of a state, living or recorded."""
    if isinstance(tree, list | tuple):
        return [leaf for part in tree for leaf in flat(part)]
    return [] if tree is None else [decoded(tree) if isinstance(tree, dict) else tree]


def form(tree: Any) -> Any:
    """Return how arrays and None are nested in a state."""
    if isinstance(tree, list | tuple):
        return [form(part) for part in tree]
    return None if tree is None else "array"


def largest(array: np.ndarray) -> float:
    """Return the largest magnitude of all elements, NaN left out."""
    return float(np.nanmax(np.abs(array.astype(np.float64)), initial=0.0))


def is_master(array: np.ndarray, weight: np.ndarray) -> bool:
    """Return whether the weight, in half precision, is this array of its state rounded."""
    return weight.dtype == np.float16 and np.array_equal(array.astype(np.float16), weight)


def adds_twice(case: dict[str, Any]) -> bool:
    """Return whether the release adds to the weight twice.

    So do (1 − γβ) w − γc, which is SGD without momentum, w − mv + (1 + m)(...), which is NAG, and the halves of LANS.
    """
    plain_sum = case["optimizer"] == "LAMB" or (case["optimizer"] != "NAG" and case["settings"].get("momentum"))
    return not plain_sum


def epsilon(peer: str, case: dict[str, Any], weight: np.ndarray) -> float:
    """Return the ε in which the release computes a step of this weight.

    That of float32 where there is a master copy. But 1.9.1 takes norms of the halves all the same in its LARS and LAMB,
    and rounds their squares to halves; and its LBSGD sums halves where `update` is called directly.
    """
    settings = case["settings"]
    in_halves = peer == "mxnet-1.9.1" and case["optimizer"] in {"LARS", "LAMB"}
    in_halves |= case["optimizer"] == "LBSGD" and case["method"] == "update" and settings["batch_scale"] > 1
    in_single = settings.get("multi_precision") and not in_halves
    return float(np.finfo(np.float32 if in_single else weight.dtype).eps)


def scales(case: dict[str, Any], old: list[np.ndarray], new: list[np.ndarray]) -> list[float]:
    """Return the scale of each array of one parameter, in its own unit: its weight, then those of its state."""
    pairs = list(zip(old, new, strict=True))
    moves = [index == 0 or is_master(array, new[0]) for index, array in enumerate(new)]
    change = max(largest(now.astype(np.float64) - was) for move, (was, now) in zip(moves, pairs, strict=True) if move)
    own = [max(largest(was), largest(now)) for was, now in pairs]
    if case["optimizer"] in {"LAMB", "LANS"}:
        return [change if move else one for move, one in zip(moves, own, strict=True)]
    return [max([change, *(one for move, one in zip(moves, own, strict=True) if not move)])] * len(new)


def assert_near(
    peer: str, case: dict[str, Any], got: list[np.ndarray], old: list[np.ndarray], new: list[np.ndarray]
) -> None:
    """Compare the arrays of one parameter with those recorded before and after the step."""
    computing = epsilon(peer, case, new[0])
    for one, wanted, scale in zip(got, new, scales(case, old, new), strict=True):
        roundings = 4 if adds_twice(case) else 2
        scaled = scale * computing / float(np.finfo(wanted.dtype).eps)
        off = nearness.excess(one, wanted, scale=scaled, operations=ULPS[case["optimizer"]], roundings=roundings)
        assert off <= 1, f"got {one}, but {wanted} was recorded: {off} times what rounding explains"


def at_start(weight: np.ndarray, new: list[np.ndarray]) -> list[np.ndarray]:
    """Return the arrays of one parameter before its first step, from those after it."""
    return [weight, *(weight if is_master(array, new[0]) else np.zeros_like(array) for array in new[1:])]


def follow(peer: str, case: dict[str, Any], library: str, **changed: Any) -> None:
    """Walk a case, or one with changed settings, beside its recording."""
    array, values = LIBRARIES[library]
    api = driver.Api(FACADES[peer], FACADES[peer], array, values)
    moments = driver.walk(api, {**case, "settings": case["settings"] | changed})
    before: dict[int, list[np.ndarray]] = {}
    for moment, step in zip(moments, RECORDED[peer][case["id"]], strict=True):
        assert form(moment.states) == form(step["states"])
        assert moment.learning_rate == pytest.approx(step["learning_rate"], rel=1e-12, abs=0)
        assert moment.num_update == step["num_update"]
        for index, living in enumerate(map(flat, zip(moment.weights, moment.states, strict=True))):
            new = flat([step["weights"][index], step["states"][index]])
            old = before.get(index) or at_start(decoded(case["weights"][index]), new)
            assert_near(peer, case, [values(one) for one in living], old, new)
            for target, recorded in zip(living, new, strict=True):
                target[...] = array(recorded)
            before[index] = new


@pytest.mark.parametrize("peer", FACADES)
def test_every_case_was_recorded(peer):
    assert sorted(case["id"] for case in driver.CASES[peer]) == list(RECORDED[peer])


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("peer", "name"), CASES)
def test_every_step_is_that_of_the_release(peer, name, library):
    follow(peer, CASES[peer, name], library)


@pytest.mark.parametrize(
    ("peer", "name", "hyperparameter"),
    [
        ("mxnet-1.9.1", "lbsgd/strategy-linear", "wd"),
        ("mxnet-1.9.1", "lbsgd/strategy-lars", "wd"),
        ("mxnet-1.9.1", "lbsgd/strategy-sqrt", "momentum"),
        ("mxnet-1.9.1", "lbsgd/clip-rescale", "rescale_grad"),
        ("mxnet-1.9.1", "lbsgd/clip-rescale", "clip_gradient"),
        ("mxnet-1.9.1", "sgd/no-momentum", "wd"),
        ("mxnet-1.9.1", "nag/updater", "wd"),
        ("mxnet-1.9.1", "nag/mixed", "momentum"),
        ("mxnet-1.9.1", "lars/updater", "wd"),
        ("mxnet-1.9.1", "lars/updater", "eta"),
        ("mxnet-1.9.1", "lamb/updater", "wd"),
        ("mxnet-1.9.1", "lamb/betas", "beta1"),
        ("mxnet-1.9.1", "lamb/betas", "beta2"),
        ("mxnet-2.0.0b1", "lamb/upper-bound-fused", "upper_bound"),
        ("mxnet-2.0.0b1", "lamb/updater-step", "wd"),
        ("mxnet-2.0.0b1", "lans/updater-fused", "wd"),
        ("mxnet-2.0.0b1", "nag/updater-fused", "wd"),
    ],
)
def test_a_hyperparameter_off_by_one_in_ten_thousand_is_found(peer, name, hyperparameter):
    case = CASES[peer, name]
    follow(peer, case, "numpy")
    with pytest.raises(AssertionError):
        follow(peer, case, "numpy", **{hyperparameter: case["settings"][hyperparameter] * (1 + 1e-4)})


@pytest.mark.parametrize(
    ("peer", "name", "wrong"),
    [
        ("mxnet-1.9.1", "lbsgd/strategy-cubic", {"warmup_strategy": "linear"}),
        ("mxnet-1.9.1", "lbsgd/begin-epoch", {"begin_epoch": 0}),
        ("mxnet-1.9.1", "lars/changing-rate-scalar", {"momentum_correction": False}),
        ("mxnet-1.9.1", "lars/changing-rate-updater", {"momentum_correction": False}),
        ("mxnet-1.9.1", "lamb/uncorrected", {"bias_correction": True}),
        ("mxnet-1.9.1", "sgd/scheduler-and-rate", {"learning_rate": None}),
        ("mxnet-2.0.0b1", "lamb/updater-single", {"aggregate_num": 4}),
        ("mxnet-2.0.0b1", "lamb/scheduler-factor-single", {"aggregate_num": 4}),
        ("mxnet-2.0.0b1", "lamb/nan-fused", {"use_fused_step": False}),
        ("mxnet-2.0.0b1", "lamb/clip-zero-step", {"use_fused_step": True}),
        ("mxnet-2.0.0b1", "lans/updater-fused", {"use_fused_step": False}),
        ("mxnet-2.0.0b1", "nag/mixed-fused", {"multi_precision": False}),
    ],
)
def test_another_setting_is_found(peer, name, wrong):
    with pytest.raises(AssertionError):
        follow(peer, CASES[peer, name], "numpy", **wrong)
