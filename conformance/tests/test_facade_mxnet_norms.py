"""Infinite norms: the array code and the kernels of MXNet 2.0.0b1 take them for different things."""

from __future__ import annotations

import numpy as np
import pytest

from lbref.facades import mxnet2


@pytest.mark.parametrize(
    ("settings", "moved"),
    [
        ({"clip_gradient": 0.5}, (2.95, 3.99)),
        ({"clip_gradient": 0.5, "use_fused_step": False}, (2.95, 3.99)),
        ({"clip_gradient": 0.5, "aggregate_num": 4}, (3, 4)),
        ({}, (-np.inf, 3.99)),
    ],
)
def test_array_code_of_lars_takes_the_ratio_1_for_an_infinite_norm_and_the_kernel_for_lists_does_not(settings, moved):
    """Measured on 2.0.0b1."""
    optimizer = mxnet2.LARS(learning_rate=0.1, eta=0.01, **settings)
    weight = np.float32([3, 4])
    optimizer.update([0], [weight], [np.float32([np.inf, 0.1])], [None])
    np.testing.assert_allclose(weight, np.float32(moved), rtol=1e-6)
