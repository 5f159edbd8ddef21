"""The transformations of optax on arrays that are split over four devices: what one device computes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.sharding import NamedSharding, PartitionSpec

from lbref.facades import optax as facade

DEVICES, STEPS = 4, 3
MADE = {
    "lars": lambda: facade.lars(0.5, weight_decay=0.1, trust_coefficient=0.5),
    "lamb": lambda: facade.lamb(optax.linear_schedule(0.1, 0.5, STEPS), weight_decay=0.1),
    "lbsgd": lambda: facade.lbsgd(0.5, batch_scale=2, warmup_strategy="lars", momentum=0.5),
    "nag": lambda: optax.chain(optax.clip_by_global_norm(1.0), facade.nag(0.5)),
}
LAYOUT = {"rows": PartitionSpec("shard"), "columns": PartitionSpec(None, "shard"), "whole": PartitionSpec()}


def draws():
    random = np.random.default_rng(2)
    shapes = {"rows": (8, 3), "columns": (3, 8), "whole": (3,)}
    return [
        {name: jnp.asarray(random.normal(size=shape), jnp.float32) for name, shape in shapes.items()}
        for _ in range(1 + STEPS)
    ]


def split(tree, mesh):
    return {name: jax.device_put(leaf, NamedSharding(mesh, LAYOUT[name])) for name, leaf in tree.items()}


def walk(transformation, params, *grads):
    @partial(jax.jit, donate_argnums=(0, 1))
    def step(params, state, grad):
        updates, state = transformation.update(grad, state, params)
        return optax.apply_updates(params, updates), state

    moved = jax.tree.map(jnp.copy, params), transformation.init(params)
    for grad in grads:
        moved = step(*moved, grad)
    return moved


def placed(tree, params):
    """Return whether everything that is shaped like a param is split like it."""
    specs = {leaf.shape: leaf.sharding for leaf in params.values()}
    leaves = [leaf for leaf in jax.tree.leaves(tree) if leaf.ndim]
    return all(leaf.sharding.is_equivalent_to(specs[leaf.shape], leaf.ndim) for leaf in leaves)


def compared():
    """Return for each transformation the largest difference from one device, of what size, and where all of it lies."""
    mesh = jax.make_mesh((DEVICES,), ("shard",), devices=np.array(jax.devices()))
    found = {}
    for name, make in MADE.items():
        alone, apart = walk(make(), *draws()), walk(make(), *(split(tree, mesh) for tree in draws()))
        pairs = [
            (np.asarray(one), np.asarray(other))
            for one, other in zip(*map(jax.tree.leaves, (alone, apart)), strict=True)
        ]
        worst = max(float(np.max(np.abs(one - other))) for one, other in pairs)
        size = max(float(np.max(np.abs(one))) for one, _ in pairs if one.ndim)
        found[name] = [worst, size, placed(apart, split(draws()[0], mesh))]
    return found


@pytest.fixture(scope="module")
def of_four_devices():
    # Collectives of four devices wait for each other forever where the host has fewer threads than they need.
    environment = {
        **os.environ,
        "JAX_PLATFORMS": "cpu",
        "JAX_NUM_CPU_DEVICES": str(DEVICES),
        "JAX_CPU_ENABLE_ASYNC_DISPATCH": "0",
        "PJRT_NPROC": str(4 * DEVICES),
    }
    command = [sys.executable, __file__]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=300)  # noqa: S603  written here
    return json.loads(run.stdout)


@pytest.mark.parametrize("name", MADE)
def test_four_devices_compute_what_one_does(name, of_four_devices):
    """Norms are summed in another order: some ulps of the largest number per step."""
    worst, size, as_the_params = of_four_devices[name]
    assert worst <= 8 * STEPS * 2.0**-24 * size
    assert as_the_params


if __name__ == "__main__":
    sys.stdout.write(json.dumps(compared()))
