"""Train on the digits as with MXNet 2.0.0b1: LAMB, then NAG, each through an Updater that takes lists.

A script for MXNet itself has ``from mxnet import optimizer, lr_scheduler`` instead, and arrays of `mxnet.np`.
"""

from __future__ import annotations

import argparse

import digits

from lbref.facades import mxnet2

BATCH = 64


def main() -> None:
    """Train with both, and print the test accuracies."""
    options = digits.options(steps=300)
    data = digits.load()
    schedule = mxnet2.CosineScheduler(max_update=options.steps, base_lr=0.03, warmup_steps=options.steps // 10)
    optimizers = {
        "LAMB": mxnet2.create("lamb", learning_rate=None, lr_scheduler=schedule, wd=0.01),
        "NAG": mxnet2.create("nag", learning_rate=0.1, momentum=0.9, wd=1e-4),
    }
    digits.conclude({name: trained(name, optimizer, data, options) for name, optimizer in optimizers.items()})


def trained(name: str, optimizer: mxnet2.Optimizer, data: digits.Digits, options: argparse.Namespace) -> float:
    """Return the test accuracy after training with an optimizer."""
    weights = digits.initial_weights(options.seed)
    updater = mxnet2.get_updater(optimizer)
    for images, labels in digits.batches(data, BATCH, options.steps, options.seed, f"mxnet2: {name}"):
        grads = digits.gradients(weights, images, labels)
        updater(list(range(len(weights))), [grads[each] for each in weights], list(weights.values()))
    return digits.accuracy(digits.scores(weights, data.test_images), data.test_labels)


if __name__ == "__main__":
    main()
