"""Train on the digits with torch: LAMB, two parameter groups, and schedulers of torch itself."""

from __future__ import annotations

import digits
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

from lbref.facades.torch import LAMB

BATCH, WARMUP = 64, 30


def main() -> None:
    """Train, and print the test accuracy."""
    options = digits.options(steps=300)
    data = digits.load()
    torch.set_num_threads(1)  # layers this small are slower on several
    torch.manual_seed(options.seed)
    model = nn.Sequential(nn.Linear(digits.PIXELS, digits.HIDDEN), nn.ReLU(), nn.Linear(digits.HIDDEN, digits.CLASSES))
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    biases = [weight for weight in model.parameters() if weight.ndim == 1]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": biases}]
    optimizer = LAMB(groups, lr=0.03)
    rise = LinearLR(optimizer, start_factor=0.1, total_iters=WARMUP)
    fall = CosineAnnealingLR(optimizer, T_max=max(1, options.steps - WARMUP))
    scheduler = SequentialLR(optimizer, [rise, fall], milestones=[WARMUP])

    for images, labels in digits.batches(data, BATCH, options.steps, options.seed, "torch: LAMB"):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(torch.from_numpy(images)), torch.from_numpy(labels)).backward()
        optimizer.step()
        scheduler.step()

    with torch.no_grad():
        scores = model(torch.from_numpy(data.test_images))
    digits.conclude({"LAMB": digits.accuracy(scores, data.test_labels)})


if __name__ == "__main__":
    main()
