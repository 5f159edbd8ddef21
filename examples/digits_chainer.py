"""Train on the digits as with Chainer: the hook GradientLARS on MomentumSGD.

A script for Chainer itself has ``from chainer import optimizers, optimizer_hooks`` instead, and sets up a `Chain`.
"""

from __future__ import annotations

import digits

from lbref.facades.chainer import Parameter, optimizer_hooks, optimizers

BATCH, RATE = 64, 0.01  # Chainer's rate is γ η of the paper: there is no trust coefficient apart from it


def main() -> None:
    """Train, and print the test accuracy."""
    options = digits.options(steps=300)
    data = digits.load()
    model = {name: Parameter(weight, name=name) for name, weight in digits.initial_weights(options.seed).items()}
    weights = {name: parameter.array for name, parameter in model.items()}  # updated in place

    optimizer = optimizers.MomentumSGD(lr=RATE, momentum=0.9)
    optimizer.setup(model)
    optimizer.add_hook(optimizer_hooks.GradientLARS(weight_decay=1e-4))
    for images, labels in digits.batches(data, BATCH, options.steps, options.seed, "chainer: GradientLARS"):
        for name, grad in digits.gradients(weights, images, labels).items():
            model[name].grad = grad
        optimizer.lr = RATE * (1 - optimizer.t / options.steps)
        optimizer.update()

    scores = digits.scores(weights, data.test_images)
    digits.conclude({"MomentumSGD with GradientLARS": digits.accuracy(scores, data.test_labels)})


if __name__ == "__main__":
    main()
