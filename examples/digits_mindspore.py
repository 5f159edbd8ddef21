"""Train on the digits as with MindSpore: LARS around Momentum, called with a tuple of gradients.

A script for MindSpore itself has ``from mindspore import nn`` and ``Parameter`` instead, and takes
``net.trainable_params()`` and the gradients of ``mindspore.value_and_grad``.
"""

from __future__ import annotations

import digits

from lbref.facades.mindspore import LARS, Momentum, Parameter

BATCH, RATE = 64, 0.2


def main() -> None:
    """Train, and print the test accuracy."""
    options = digits.options(steps=300)
    data = digits.load()
    weights = digits.initial_weights(options.seed)  # updated in place
    params = [Parameter(weight, name=name) for name, weight in weights.items()]

    rates = [RATE * (1 - step / options.steps) for step in range(options.steps)]  # one number per step
    momentum = Momentum(params, learning_rate=rates, momentum=0.9, weight_decay=1e-4)
    optimizer = LARS(momentum, coefficient=0.05)  # neither scales nor decays what has "bias" in its name
    for images, labels in digits.batches(data, BATCH, options.steps, options.seed, "mindspore: LARS"):
        grads = digits.gradients(weights, images, labels)
        optimizer(tuple(grads[parameter.name] for parameter in params))

    scores = digits.scores(weights, data.test_images)
    digits.conclude({"LARS": digits.accuracy(scores, data.test_labels)})


if __name__ == "__main__":
    main()
