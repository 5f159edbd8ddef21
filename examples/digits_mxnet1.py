"""Train on the digits as with MXNet 1.9.1: LBSGD adds up micro-batches and warms up, a FactorScheduler lowers the rate.

A script for MXNet itself has ``from mxnet import optimizer, lr_scheduler`` instead, and arrays of `mxnet.nd`.
"""

from __future__ import annotations

import digits

from lbref.facades import mxnet1

MICRO_BATCH, BATCH_SCALE = 32, 4  # a step is made for every 128 images


def main() -> None:
    """Train, and print the test accuracy."""
    options = digits.options(steps=200)
    data = digits.load()
    weights = digits.initial_weights(options.seed)
    micro_batches = options.steps * BATCH_SCALE  # LBSGD and its scheduler count these, not steps

    optimizer = mxnet1.create(
        "lbsgd",
        momentum=0.9,
        wd=1e-4,
        warmup_strategy="linear",  # the rate is multiplied by 1 at first, and by batch_scale after the warmup
        warmup_epochs=2,
        updates_per_epoch=len(data.train_images) // MICRO_BATCH,
        batch_scale=BATCH_SCALE,
        learning_rate=0.05,
        lr_scheduler=mxnet1.FactorScheduler(step=max(1, micro_batches // 3), factor=0.5, base_lr=0.05),
        param_idx2name=dict(enumerate(weights)),  # biases do not decay, by their names
    )
    updater = mxnet1.get_updater(optimizer)
    for images, labels in digits.batches(data, MICRO_BATCH, micro_batches, options.seed, "mxnet1: LBSGD"):
        grads = digits.gradients(weights, images, labels)
        for index, name in enumerate(weights):
            updater(index, grads[name], weights[name])

    scores = digits.scores(weights, data.test_images)
    digits.conclude({"LBSGD": digits.accuracy(scores, data.test_labels)})


if __name__ == "__main__":
    main()
