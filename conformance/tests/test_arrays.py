"""The norm: as if summed in float64 and rounded once; it neither overflows nor vanishes."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from fractions import Fraction

import array_api_strict
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from lbref import _arrays
from lbref._arrays import norm

LIBRARIES = {"numpy": np.asarray, "torch": torch.asarray, "array-api-strict": array_api_strict.asarray}
DTYPES = {"float32": np.float32, "float64": np.float64}
SHAPES = of_numpy.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6)
ORDINARY = {"float32": (1e-12, 1e12), "float64": (1e-100, 1e100)}
# float32 is summed in float64, whose own errors shift a rounding by so little
ONE_ROUNDING = Fraction(1, 2) + Fraction(1, 2**20)
LARGE = 2**24


def quiet():
    return np.errstate(over="ignore", invalid="ignore")


def arrays(dtype, *, ordinary=False):
    width, (low, high) = np.finfo(dtype).bits, ORDINARY[dtype]
    low, high = (float(np.dtype(dtype).type(limit)) for limit in (low, high))
    magnitudes = st.floats(low, high, width=width) if ordinary else st.floats(allow_nan=False, width=width)
    signed = st.builds(math.copysign, magnitudes, st.sampled_from([-1.0, 1.0])) if ordinary else magnitudes
    finite = signed.filter(math.isfinite)
    return of_numpy.arrays(dtype, SHAPES, elements=finite)


def as_fractions(array):
    return [Fraction(float(element)) for element in np.asarray(array).reshape(-1)]


def last_place(number, about):
    """Return the unit in the last place; np.spacing overflows at the largest number."""
    return Fraction(2) ** (max(math.frexp(number)[1] - 1, int(about.minexp)) - int(about.nmant))


def is_norm(got, array, reach):
    """Whether got is within `reach` units in the last place of √Σx², in exact arithmetic."""
    total = sum(x * x for x in as_fractions(array))
    finite = Fraction(float(np.finfo(array.dtype).max if np.isinf(got) else got))
    margin = reach * last_place(float(finite), np.finfo(array.dtype))
    below = max(finite - margin, 0) if np.isfinite(got) else finite
    return below**2 <= total and (bool(np.isinf(got)) or total <= (finite + margin) ** 2)


def reach_of(array):
    """One rounding in float32; in float64 one for each square and each sum, halved by the root, and two more."""
    return ONE_ROUNDING if array.dtype == np.float32 else Fraction(array.size, 2) + 2


def taken(array):
    assert tuple(array.shape) == ()
    return np.asarray(array)[()]


@pytest.mark.parametrize("ordinary", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("library", LIBRARIES)
def test_a_norm_is_the_exact_one_but_for_its_rounding(library, dtype, ordinary):
    @settings(max_examples=150, deadline=None, database=None, derandomize=True)
    @given(arrays(dtype, ordinary=ordinary))
    def holds(array):
        with quiet():
            got = taken(norm(LIBRARIES[library](array)))
        assert got.dtype == array.dtype
        assert is_norm(got, array, reach_of(array))

    holds()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_norm_a_little_off_is_not_taken_for_the_exact_one(dtype):
    array = np.asarray([3.0, 4.0], dtype)
    assert is_norm(np.asarray(5.0, dtype)[()], array, ONE_ROUNDING)
    for wrong in (np.nextafter(array.dtype.type(5), array.dtype.type(to)) for to in (0, 9)):
        assert not is_norm(wrong, array, ONE_ROUNDING)
    assert not is_norm(array.dtype.type(np.inf), array, ONE_ROUNDING)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("count", [1, 2, 5, 1000])
def test_the_largest_and_the_smallest_numbers_have_norms(library, dtype, count):
    largest, smallest = np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal
    few = np.asarray([largest / 2] * min(count, 3), dtype)
    for array in (few, np.asarray([largest, *[0] * count], dtype), np.asarray([smallest] * count, dtype)):
        with quiet():
            got = taken(norm(LIBRARIES[library](array)))
        assert 0 < got < np.inf
        assert is_norm(got, array, reach_of(array))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("library", LIBRARIES)
def test_every_power_of_two_is_its_own_norm(library, dtype):
    about = np.finfo(dtype)
    powers = np.ldexp(np.asarray(1, dtype), np.arange(about.minexp - about.nmant, about.maxexp))
    for power in powers:
        assert taken(norm(LIBRARIES[library](np.asarray([power, 0, 0], dtype)))) == power


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ([math.nan], math.nan),
        ([math.nan, math.inf], math.nan),
        ([math.inf, 1.0], math.inf),
        ([-math.inf, 0.0], math.inf),
        ([math.inf, -math.inf], math.inf),
        ([math.nan, 0.0, 1e-45], math.nan),
        ([-0.0, 0.0], 0.0),
        ([], 0.0),
    ],
)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("library", LIBRARIES)
def test_nan_and_infinity_and_nothing_have_norms(library, dtype, elements, expected):
    got = taken(norm(LIBRARIES[library](np.asarray(elements, dtype))))
    np.testing.assert_array_equal(got, expected)
    assert not np.signbit(got)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("library", LIBRARIES)
def test_the_norm_of_a_number_is_its_magnitude(library, dtype):
    for number in (-1.5, 0.0, -3e38, 1e-38):
        got = taken(norm(LIBRARIES[library](np.asarray(number, dtype))))
        assert got == abs(np.asarray(number, dtype)[()])
        assert got.dtype == dtype


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_norm_sees_every_element_of_every_shape_and_stride(library):
    put = LIBRARIES[library]
    whole = np.arange(1.0, 61.0, dtype=np.float32).reshape(3, 4, 5)
    for array in (whole, whole.T, whole[::2, 1:, ::3], np.zeros((2, 0, 3), np.float32)):
        assert is_norm(taken(norm(put(array))), array, ONE_ROUNDING)


def large():
    """Return the worst case for a running sum in float32: one large element, then many that drop below its ulp."""
    rng = np.random.default_rng(7)
    array = rng.uniform(0.5, 1.5, LARGE).astype(np.float32)
    array[0] = 4096.0
    return array


def exactly(array):
    squares = np.square(array.astype(np.float64))  # exact: a float32 has 24 bits
    parts = (math.fsum(part) for part in squares.reshape(256, -1).tolist())
    return mpmath.sqrt(mpmath.mpf(math.fsum(parts)))


def test_a_norm_of_16_million_elements_is_rounded_once():
    array = large()
    exact = exactly(array)
    for put in (np.asarray, torch.asarray):
        got = taken(norm(put(array)))
        assert abs(float(got) - exact) <= 0.51 * float(np.spacing(got))
        assert abs(float(got) / exact - 1) <= 1e-7


def test_a_norm_of_a_million_elements_is_the_exact_one_in_float64():
    array = np.random.default_rng(8).standard_normal(2**20)
    exact = mpmath.sqrt(mpmath.mpf(math.fsum((array * array).tolist())))
    for put in (np.asarray, torch.asarray):
        assert abs(float(norm(put(array))) / exact - 1) <= 1e-13


# values -> norm, for JAX as it comes: in float32 only, where no wider sum is to be had
_WITHOUT_FLOAT64 = {
    "large": ([1e30, 1e30, 1e30, 1e30], 2e30),
    "largest": ([3.4028234663852886e38, 0.0], 3.4028234663852886e38),
    "half-of-the-largest": ([1.5e38] * 4, 3e38),
    "small": ([1e-30, 1e-30, 1e-30, 1e-30], 2e-30),
    "smallest-normal": ([1.1754943508222875e-38, 0.0], 1.1754943508222875e-38),
    "both": ([1e30, 1e-30], 1e30),
    "middle": ([3.0, -4.0], 5.0),
    "zero": ([0.0, 0.0], 0.0),
    "nothing": ([], 0.0),
    "infinite": ([math.inf, 1.0], math.inf),
}
_PROGRAM = """
import json, sys, jax
jax.config.update("jax_platforms", "cpu")
from lbref._arrays import norm
asked = json.loads(sys.argv[1])
norms = {name: norm(jax.numpy.asarray(values, dtype="float32")) for name, values in asked.items()}
print(json.dumps({name: [float(got), str(got.dtype)] for name, got in norms.items()}))
"""


def test_jax_without_float64_scales_before_it_squares():
    asked = json.dumps({name: values for name, (values, _) in _WITHOUT_FLOAT64.items()})
    command = [sys.executable, "-c", _PROGRAM, asked]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603  above
    for name, (_, expected) in _WITHOUT_FLOAT64.items():
        got, dtype = said[name]
        assert dtype == "float32"
        assert got == expected or abs(got / expected - 1) <= 2**-22, name


def test_namespace_tells_what_is_no_array_and_what_is_of_two_libraries():
    for wrong in ([[1.0]], [None], [np.ones(1), torch.ones(1)], [np.ones(1), jnp.ones(1)]):
        with pytest.raises(TypeError):
            _arrays.namespace(*wrong)
    assert _arrays.namespace(np.ones(1)).__name__.endswith("numpy")


def test_the_device_of_an_array_is_where_it_lies():
    assert _arrays.device(np.ones(1)) == "cpu"
    assert _arrays.device(torch.ones(1, device="meta")) == torch.device("meta")
    assert _arrays.device(jnp.ones(1)) == _arrays.device(jnp.ones((2, 3)))


def test_the_widest_float_is_float64_where_there_is_one():
    for put in LIBRARIES.values():
        array = put(np.ones(1, np.float32))
        xp = _arrays.namespace(array)
        assert _arrays.widest_float(xp, array) == xp.float64
