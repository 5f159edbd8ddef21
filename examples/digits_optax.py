"""Train on the digits with JAX: LARS behind a clip in an `optax.chain`, a schedule, and one jitted step."""

from __future__ import annotations

from typing import Any

import digits
import jax
import optax

from lbref.facades.optax import lars

BATCH = 64


def loss(params: Any, images: jax.Array, labels: jax.Array) -> jax.Array:
    """Return the mean cross-entropy of a batch."""
    return optax.softmax_cross_entropy_with_integer_labels(digits.scores(params, images), labels).mean()


def main() -> None:
    """Train, and print the test accuracy."""
    options = digits.options(steps=300)
    data = digits.load()
    params = jax.tree.map(jax.numpy.asarray, digits.initial_weights(options.seed))
    matrices = {name: name.endswith("weight") for name in params}  # what decays and is adapted: not the biases
    rate = optax.warmup_cosine_decay_schedule(0.0, 0.1, warmup_steps=options.steps // 10, decay_steps=options.steps)
    optimizer = optax.chain(
        optax.clip_by_global_norm(1.0),
        lars(rate, weight_decay=1e-4, trust_coefficient=0.05, adaptive=matrices, weight_decay_mask=matrices),
    )

    @jax.jit
    def step(params: Any, state: Any, images: jax.Array, labels: jax.Array) -> tuple[Any, Any]:
        updates, state = optimizer.update(jax.grad(loss)(params, images, labels), state, params)
        return optax.apply_updates(params, updates), state

    state = optimizer.init(params)
    for images, labels in digits.batches(data, BATCH, options.steps, options.seed, "optax: LARS"):
        params, state = step(params, state, images, labels)

    scores = digits.scores(params, data.test_images)
    digits.conclude({"LARS": digits.accuracy(scores, data.test_labels)})


if __name__ == "__main__":
    main()
