"""The facades of MXNet as their users call them: registry, rates and decays, what is looked up by name."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from lbref.facades import mxnet1, mxnet2

RELEASES = pytest.mark.parametrize("release", [mxnet1, mxnet2], ids=["mxnet1", "mxnet2"])
OPTIMIZERS = [(mxnet1, name) for name in ("SGD", "NAG", "LARS", "LAMB", "LBSGD")] + [
    (mxnet2, name) for name in ("SGD", "NAG", "LARS", "LAMB", "LANS")
]
EVERY_OPTIMIZER = pytest.mark.parametrize(
    ("release", "name"), OPTIMIZERS, ids=[f"{release.Optimizer.release}-{name}" for release, name in OPTIMIZERS]
)
NAMES = {0: "fc_weight", 1: "fc_bias", 2: "bn_gamma", 3: "bn_beta"}
ONE, TWO = np.float32(1), np.float32(2)


def array(*values, dtype=np.float32):
    return np.asarray(values, dtype)


def call(optimizer, index, weight, grad, state):
    """Update one parameter, as each release takes it."""
    arguments = (index, weight, grad, state)
    optimizer.update_multi_precision(*([x] for x in arguments) if optimizer.takes_lists_only else arguments)


def decayed(release):
    """Return a class of the user's own: w ← w − γ (ρ g + β w)."""

    class Decayed(release.Optimizer):
        def update(self, index, weight, grad, state):
            if self.takes_lists_only:
                super().update(index, weight, grad, state)
            else:
                self._one(index, weight, grad)

        def step(self, indices, weights, grads, states):
            for index, weight, grad, _ in zip(indices, weights, grads, states, strict=True):
                self._one(index, weight, grad)

        def _one(self, index, weight, grad):
            self._update_count(index)
            rate, decay = self._get_lr(index), self._get_wd(index)
            weight[...] = weight - rate * (self.rescale_grad * grad + decay * weight)

    return Decayed


@pytest.fixture
def own(request, monkeypatch):
    """Return the class above, registered in the release that the test is for, for as long as it runs."""
    release = request.getfixturevalue("release")
    monkeypatch.setattr(release.Optimizer, "opt_registry", dict(release.Optimizer.opt_registry))
    return release.register(decayed(release))


# --- the registry


@RELEASES
def test_the_registry_has_the_optimizers_of_its_release_by_lower_case_names(release):
    expected = {name.lower(): getattr(release, name) for module, name in OPTIMIZERS if module is release}
    assert release.Optimizer.opt_registry == expected


@EVERY_OPTIMIZER
def test_create_finds_a_class_in_any_case_and_passes_the_arguments_on(release, name):
    for spelling in (name, name.lower(), name.capitalize()):
        for create in (release.create, release.Optimizer.create_optimizer, release.SGD.create_optimizer):
            optimizer = create(spelling, learning_rate=0.25)
            assert (type(optimizer), optimizer.learning_rate) == (getattr(release, name), 0.25)


@RELEASES
def test_an_own_class_is_registered_with_its_release_only(release, own):
    other = mxnet2 if release is mxnet1 else mxnet1
    assert type(release.create("DeCayed")) is own
    assert "decayed" not in other.Optimizer.opt_registry


@RELEASES
@pytest.mark.usefixtures("own")
def test_a_class_that_replaces_another_warns(release):
    new = decayed(release)
    with pytest.warns(UserWarning, match="replaces .*Decayed.* as 'decayed'"):
        assert release.register(new) is new
    assert type(release.create("decayed")) is new


@RELEASES
@pytest.mark.usefixtures("own")
def test_an_own_class_counts_and_finds_its_rates(release):
    optimizer = release.create("decayed", learning_rate=0.5, wd=0.5, rescale_grad=2.0, begin_num_update=3)
    optimizer.set_lr_mult({1: 0.5})
    for index, expected in ((0, -0.25), (1, 0.375)):
        weight = array(1.0)
        call(optimizer, index, weight, array(1.0), optimizer.create_state(index, weight))
        assert weight == [expected]
    assert (optimizer.num_update, optimizer._index_update_count) == (4, {0: 4, 1: 4})


@RELEASES
@pytest.mark.usefixtures("own")
def test_an_own_class_gets_the_master_copy_of_a_half(release):
    optimizer = release.create("decayed", learning_rate=2.0**-12, multi_precision=True)
    weight, grad = array(1.0, dtype=np.float16), array(1.0, dtype=np.float16)
    master, inner = state = optimizer.create_state_multi_precision(0, weight)
    assert (master.dtype, inner) == (np.float32, None)
    call(optimizer, 0, weight, grad, state)
    assert (master[0], weight[0]) == (1 - 2.0**-12, 1)  # too little for a half
    call(optimizer, 0, weight, grad, state)
    assert (master[0], weight[0]) == (1 - 2.0**-11, np.float16(1 - 2.0**-11))


@RELEASES
@pytest.mark.usefixtures("own")
def test_an_own_class_works_through_an_updater(release):
    updater = release.get_updater(release.create("decayed", learning_rate=0.5))
    weights = [array(1.0), array(2.0, 3.0)]
    updater([0, "x"], [array(1.0), array(2.0, 2.0)], weights)
    updater(b"x", array(2.0, 2.0), weights[1])
    assert [weight.tolist() for weight in weights] == [[0.5], [0.0, 1.0]]
    assert updater.optimizer._index_update_count == {0: 1, "x": 2}


# --- rates and decays


@EVERY_OPTIMIZER
def test_the_rate_can_be_set_and_is_0_01_where_nothing_says_otherwise(release, name):
    optimizer = getattr(release, name)(learning_rate=None)
    assert optimizer.learning_rate == 0.01
    optimizer.set_learning_rate(ONE)
    assert (optimizer.learning_rate, type(optimizer.lr)) == (1.0, float)


@RELEASES
def test_the_default_rates_are_those_of_the_release(release):
    rates = {name: getattr(release, name)().learning_rate for module, name in OPTIMIZERS if module is release}
    of_sgd = 0.01 if release is mxnet1 else 0.1
    assert rates == {name: 0.001 if name in {"LAMB", "LANS"} else of_sgd for name in rates}


def found(optimizer):
    return optimizer._get_lrs(list(NAMES)), optimizer._get_wds(list(NAMES))


@EVERY_OPTIMIZER
def test_which_parameters_decay_by_their_names(release, name):
    optimizer = getattr(release, name)(wd=0.5, param_idx2name=NAMES)
    expected = [0.5] * 4 if release is mxnet2 else [0.5, 0.0, 0.5 if name != "LARS" else 0.0, 0.0]
    assert found(optimizer)[1] == expected
    assert getattr(release, name)(wd=0.5)._get_wds(["fc_bias", 7]) == [0.5, 0.5]  # without names all do


@RELEASES
def test_multipliers_by_name_and_by_index_an_index_first(release):
    optimizer = release.SGD(learning_rate=1.0, wd=1.0, param_idx2name=NAMES)
    optimizer.set_lr_mult({"fc_bias": 0.5, 1: 0.25, "bn_gamma": TWO})
    optimizer.set_wd_mult({"fc_bias": 3.0, 3: 4.0, "fc_weight": 0})
    assert found(optimizer) == ([1.0, 0.25, 2.0, 1.0], [0.0, 3.0, 1.0, 4.0])
    optimizer.set_lr_mult({})
    optimizer.set_wd_mult({})
    assert found(optimizer) == ([1.0] * 4, [1.0, 0.0, 1.0, 0.0] if release is mxnet1 else [1.0] * 4)


@RELEASES
def test_where_indices_are_names_multipliers_find_them(release):
    """Measured on both releases: a rate of 0.1 with the multiplier 2 moves 1 to 0.8."""
    optimizer = release.SGD(learning_rate=0.1)
    optimizer.set_lr_mult({"fc_weight": 2.0})
    weight = np.ones(1, np.float32)
    release.get_updater(optimizer)("fc_weight", np.ones(1, np.float32), weight)
    np.testing.assert_allclose(weight, [0.8], rtol=1e-6)


@RELEASES
def test_a_gluon_parameters_own_multipliers_win(release):
    own = {1: SimpleNamespace(lr_mult=0.5, wd_mult=2.0)}
    optimizer = release.SGD(learning_rate=1.0, wd=1.0, param_idx2name=NAMES, param_dict=own)
    optimizer.set_lr_mult({1: 9.0, 2: 3.0})
    optimizer.set_wd_mult({"fc_bias": 9.0, 0: 3.0})
    assert found(optimizer) == ([1.0, 0.5, 3.0, 1.0], [3.0, 2.0, 1.0, 0.0 if release is mxnet1 else 1.0])
    own[1].lr_mult = 0.25  # it is asked at every step
    assert found(optimizer)[0][1] == 0.25


@RELEASES
def test_a_symbols_multipliers_are_defaults(release):
    attributes = {"fc_weight": {"__lr_mult__": "0.5"}, "fc_bias": {"__wd_mult__": "2"}, "other": {"__lr_mult__": "9"}}
    arguments = ["fc_weight", "fc_bias", "unnamed"]
    sym = SimpleNamespace(attr_dict=lambda: attributes, list_arguments=lambda: arguments)
    optimizer = release.SGD(learning_rate=1.0, wd=1.0, sym=sym, param_idx2name=NAMES)
    assert (optimizer.lr_mult, optimizer.wd_mult["fc_bias"]) == ({"fc_weight": 0.5}, 2.0)
    optimizer.set_lr_mult({"fc_weight": 4.0, "unnamed": 3.0})
    assert optimizer.lr_mult == {"fc_weight": 4.0, "unnamed": 3.0}


@EVERY_OPTIMIZER
def test_multipliers_reach_the_step(release, name):
    moved = []
    for lr_mult, wd_mult in ((1.0, 1.0), (2.0, 0.0)):
        optimizer = getattr(release, name)(learning_rate=0.25, wd=0.5)
        optimizer.set_lr_mult({0: lr_mult})
        optimizer.set_wd_mult({0: wd_mult})
        plain = getattr(release, name)(learning_rate=0.25 * lr_mult, wd=0.5 * wd_mult)
        for each in (optimizer, plain):
            weight = array(3.0, 4.0)
            call(each, 0, weight, array(0.25, -0.5), each.create_state(0, weight))
            moved.append(weight.tolist())
    assert moved[0] == moved[1] != moved[2] == moved[3]


@RELEASES
@pytest.mark.parametrize("ending", ["gamma", "beta", "bias", "weight", None])
def test_lars_takes_no_ratio_for_gains_and_biases(release, ending):
    optimizer = release.LARS(learning_rate=0.5, param_idx2name={0: f"x_{ending}"} if ending else {})
    optimizer.set_wd_mult({0: 1.0})
    for index in (0, f"y_{ending}"):  # an index may itself be the name
        weight = array(3.0, 4.0)
        call(optimizer, index, weight, array(0.5, 0.5), None)
        plain = ending in {"gamma", "beta", "bias"}
        assert (weight.tolist() == [2.75, 3.75]) is plain


@RELEASES
def test_set_lr_scale_warns_and_does_nothing(release):
    optimizer = release.SGD(learning_rate=0.5)
    with pytest.warns(DeprecationWarning, match="use set_lr_mult"):
        optimizer.set_lr_scale({0: 2.0})
    assert optimizer._get_lr(0) == 0.5


@RELEASES
def test_warnings_point_at_the_line_of_the_caller(release):
    with pytest.warns(UserWarning, match="overwritten by the learning rate") as of_rate:
        release.LAMB(lr_scheduler=release.FactorScheduler(2, base_lr=0.5))
    with pytest.warns(UserWarning, match="loses small updates") as of_half:
        release.get_updater(release.SGD())(0, np.ones(2, np.float16), np.ones(2, np.float16))
    assert {warning.filename for warning in [*of_rate, *of_half]} == {__file__}


def test_names_by_which_nothing_decays_are_warned_of():
    with pytest.warns(UserWarning, match=r"none of fc\.weight, fc\.bias decays, by their names") as found:
        mxnet1.SGD(wd=0.1, param_idx2name={0: "fc.weight", 1: "fc.bias"})
    assert found[0].filename == __file__
    mxnet1.SGD(param_idx2name={0: "fc.weight"})  # nothing to decay
    mxnet1.SGD(wd=0.1, param_idx2name=NAMES)
    mxnet2.SGD(wd=0.1, param_idx2name={0: "fc.weight"})  # 2.0.0b1 does not look at names
