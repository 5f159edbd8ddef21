"""The judge: what lies within the bounds passes, whatever else fails, whatever it is."""

import numpy as np
import pytest

from lbref_conformance.cases import all_cases
from lbref_conformance.expected import Expected, expect
from lbref_conformance.judge import judge

CASES = {case.id: case for case in all_cases("lars")}
ORDINARY = CASES["lars@published/moving/float32"]
NAN = CASES["lars@published/nan-grad/float32"]
INFINITE = CASES["lars@published/infinite-weight/float32"]


@pytest.fixture(scope="module")
def expected():
    return {case.id: expect(case) for case in (ORDINARY, NAN, INFINITE)}


def exact(case, expected):
    """Return the oracle's own values, rounded to the case's dtype, as an implementation would hand them in."""
    values = expected[case.id].value
    return [[output.astype(case.storage) for output in step] for step in values]


@pytest.mark.parametrize("case", [ORDINARY, NAN, INFINITE], ids=lambda case: case.topic)
def test_the_exact_values_pass(case, expected):
    verdict = judge(case, expected[case.id], exact(case, expected))
    assert verdict.passed, verdict.detail
    assert verdict.fraction <= 1


@pytest.mark.parametrize("step", [0, 3])
@pytest.mark.parametrize("output", [0, 1])
def test_just_beyond_the_bound_fails_and_just_within_passes(step, output, expected):
    want = expected[ORDINARY.id]
    for edge, passes in ((want.high, True), (np.nextafter(np.float32(want.high), np.float32(np.inf)), False)):
        got = exact(ORDINARY, expected)
        inward = np.nextafter(edge[step, output, 5].astype(np.float32), np.float32(-np.inf)) if passes else None
        got[step][output][5] = inward if passes else np.nextafter(np.float32(edge[step, output, 5]), np.float32(np.inf))
        assert judge(ORDINARY, want, got).passed is passes


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_special_value_in_place_of_a_number_fails(wrong, expected):
    got = exact(ORDINARY, expected)
    got[1][0][3] = wrong
    verdict = judge(ORDINARY, expected[ORDINARY.id], got)
    assert not verdict.passed
    assert "step 2, weight[3]" in verdict.detail


def test_a_number_in_place_of_nan_fails(expected):
    got = exact(NAN, expected)
    got[1][0][:] = 1.0
    assert not judge(NAN, expected[NAN.id], got).passed


def test_infinity_of_the_other_sign_fails(expected):
    want = expected[INFINITE.id]
    values = want.value.copy()
    values[0, 0, 0] = np.inf
    infinite = Expected(values, want.rest, values, values, want.bound)
    got = [[output.astype("float32") for output in step] for step in values]
    assert judge(INFINITE, infinite, got).passed
    got[0][0][0] = -np.inf
    assert not judge(INFINITE, infinite, got).passed


@pytest.mark.parametrize(("dtype", "shape"), [("float64", (12,)), ("float32", (3, 4))])
def test_another_dtype_or_shape_fails(dtype, shape, expected):
    got = [[output.astype(dtype).reshape(shape) for output in step] for step in exact(ORDINARY, expected)]
    verdict = judge(ORDINARY, expected[ORDINARY.id], got)
    assert not verdict.passed
    assert "not (12,) of float32" in verdict.detail


@pytest.mark.parametrize("cut", [lambda _: [], lambda got: got[:-1], lambda got: [step[:-1] for step in got]])
def test_missing_steps_or_outputs_fail(cut, expected):
    verdict = judge(ORDINARY, expected[ORDINARY.id], cut(exact(ORDINARY, expected)))
    assert not verdict.passed
    assert "not 2 at each of 4 steps" in verdict.detail


def test_every_output_of_every_step_is_looked_at(expected):
    want = expected[ORDINARY.id]
    for step in range(want.value.shape[0]):
        for output in range(want.value.shape[1]):
            got = exact(ORDINARY, expected)
            got[step][output][0] += 1
            assert not judge(ORDINARY, want, got).passed
