"""The oracle's numbers: exact values, and bounds that hold for real rounding without being loose."""

import random

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from lbref_conformance.cases import all_cases
from lbref_conformance.expected import K, expect
from lbref_conformance.oracle.array import array, norm
from lbref_conformance.oracle.number import (
    FORMATS,
    Ambiguous,
    Number,
    Scalar,
    between,
    computing_in,
    number,
    root,
    rounded,
)

OPERATIONS = {
    "+": (lambda x, y: x + y, np.add),
    "-": (lambda x, y: x - y, np.subtract),
    "*": (lambda x, y: x * y, np.multiply),
    "/": (lambda x, y: x / y, np.divide),
}


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_formats_are_those_of_ieee(name):
    info, f = np.finfo(name), FORMATS[name]
    assert f.u == mpf(float(info.eps)) / 2
    assert f.largest == mpf(float(info.max))
    assert f.η == mpf(float(info.smallest_subnormal)) / 2


@pytest.mark.parametrize("operation", OPERATIONS)
def test_one_operation_is_bounded_by_one_rounding(operation):
    exactly, rounding = OPERATIONS[operation]
    generator = random.Random(3)
    with computing_in("float32"):
        for _ in range(300):
            a, b = (np.float32(generator.uniform(-4, 4)) for _ in range(2))
            z = exactly(Number(mpf(float(a))), Number(mpf(float(b))))
            assert abs(mpf(float(rounding(a, b))) - z.x) <= z.e
            assert z.e <= 1.01 * FORMATS["float32"].u * abs(z.x) + 2 * FORMATS["float32"].η


def test_inherited_errors_add_up():
    with computing_in("float32"):
        x, y = Number(mpf(3), mpf("1e-3")), Number(mpf(4), mpf("2e-3"))
        assert mpmath.almosteq((x + y).e, mpf("3e-3"), rel_eps=1e-3)
        assert mpmath.almosteq((x * y).e, mpf("1e-2"), rel_eps=1e-3)
        assert mpmath.almosteq(root(y).e, mpf("5e-4"), rel_eps=1e-3)


def test_a_root_near_zero_has_a_bound_that_says_something():
    with computing_in("float32"):
        assert root(Number(mpf(0), mpf("1e-40"))).e <= mpf("1.01e-20")


def test_overflow_becomes_infinite_and_doubt_is_refused():
    with computing_in("float32"):
        assert (Number(mpf(1e30)) * Number(mpf(1e30))).x == mpmath.inf
        with pytest.raises(Ambiguous):
            rounded(FORMATS["float32"].largest, mpf(1))


@pytest.mark.parametrize("ask", [lambda x: x > Scalar(1), lambda x: x.is_zero(), lambda x: Scalar(1) * x / x])
def test_a_branch_that_noise_would_decide_is_refused(ask):
    with computing_in("float32"), pytest.raises(Ambiguous):
        ask(Number(mpf("1e-9"), mpf(1)))


def test_hyperparameters_are_rounded_once():
    with computing_in("float32"):
        assert number(Scalar(0.5)).e == 0
        assert 0 < number(Scalar(0.1)).e <= 1.01 * FORMATS["float32"].u * mpf("0.1")
        assert number(1 - Scalar(0.999)).e <= 1.01 * FORMATS["float32"].u * mpf("0.001")


def test_clamping_keeps_the_error_of_whichever_it_is():
    with computing_in("float32"):
        far = Number(mpf(5), mpf("1e-3"))
        assert between(far, Scalar(0), Scalar(2)).e == 0
        assert between(far, Scalar(0), Scalar(9)).e == mpf("1e-3")
        assert mpmath.isnan(between(Number(mpmath.nan), Scalar(0), Scalar(1)).x)


@pytest.mark.parametrize("values", [[3.0, 4.0], [1e-30] * 3, [1e30, 1.0], [5e-324, 0.0]])
def test_the_norm_is_exact(values):
    with computing_in("float64"):
        got = norm(array(values))
        assert abs(got.x - mpmath.sqrt(mpmath.fsum(mpf(v) ** 2 for v in values))) <= mpf(2) ** -300 * got.x
        assert got.e < 8 * FORMATS["float64"].u * got.x + 2 * FORMATS["float64"].η


def test_repeated_elements_count():
    with computing_in("float64", repeat=9):
        assert norm(array([1.0])).x == 3


def test_the_oracle_shares_no_value_with_floating_point():
    """0.1 is not a tenth: a hyperparameter is the double that was passed."""
    assert Scalar(0.1).x == mpf(0.1)
    assert Scalar(0.1).x != mpf(1) / 10


@pytest.mark.parametrize(
    "case", [c for c in all_cases("lamb") if c.topic in ("moving", "tiny", "huge")], ids=lambda c: c.id
)
def test_intervals_hold_the_value_and_are_no_wider_than_the_bound(case):
    want = expect(case)
    finite = np.isfinite(want.value)
    assert finite.any() or case.topic == "huge"
    assert (want.low[finite] <= want.value[finite]).all()
    assert (want.value[finite] <= want.high[finite]).all()
    reach = np.maximum(want.high[finite] - want.value[finite], want.value[finite] - want.low[finite])
    rounded_outward = 4 * np.spacing(np.maximum(np.abs(want.low), np.abs(want.high))[finite])
    assert (reach <= K * want.bound[finite] * (1 + 1e-12) + rounded_outward).all()
