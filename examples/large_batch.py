"""Compare SGD, NAG, LARS and LAMB of `lbref.facades.torch` at batch 1024, in the same number of steps.

Each optimizer takes its rate from the same grid: the one with the lowest validation loss. What came out, and what can
be concluded from it, is in docs/large-batch.md; this writes the data, the plot and the table of that page.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import digits
import large_batch_report
import torch
from rich.progress import Progress
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn.functional import cross_entropy

from lbref.facades.torch import LAMB, LARS, NAG, SGD

MOMENTUM = 0.9
DOCUMENTS = Path(__file__).parents[1] / "docs"


@dataclass(frozen=True)
class Contender:
    """An optimizer, made from (parameters, rate), and its batch."""

    optimizer: Callable[..., torch.optim.Optimizer]
    batch: int = 1024


CONTENDERS = {
    "SGD": Contender(partial(SGD, momentum=MOMENTUM)),
    "NAG": Contender(partial(NAG, momentum=MOMENTUM)),
    "LARS": Contender(partial(LARS, momentum=MOMENTUM)),
    "LAMB": Contender(partial(LAMB, betas=(MOMENTUM, 0.999))),
    "SGD, batch 64": Contender(partial(SGD, momentum=MOMENTUM), batch=64),
}


@dataclass(frozen=True)
class Plan:
    """How long to train, on which rates, and with which seeds; those of the search are not those of the test."""

    steps: int = 50  # of 1024 images; a smaller batch makes more, for the same number of images
    warmup: int = 5
    exponents: tuple[float, ...] = tuple(half / 2 for half in range(-24, 13))  # of 2
    search_seeds: tuple[int, ...] = tuple(range(5))
    test_seeds: tuple[int, ...] = tuple(range(5, 15))


QUICK = Plan(steps=6, warmup=2, exponents=(-6.0, -3.0, 0.0, 3.0), search_seeds=(0,), test_seeds=(1, 2))


class Parts:
    """The digits in three parts; rates are chosen on the second, and accuracies reported on the third."""

    def __init__(self) -> None:
        data = digits.load()
        training, validation = train_test_split(
            range(len(data.train_labels)), test_size=0.2, stratify=data.train_labels, random_state=0
        )
        images, labels = torch.from_numpy(data.train_images), torch.from_numpy(data.train_labels)
        self.training = images[training], labels[training]
        self.validation = images[validation], labels[validation]
        self.test = torch.from_numpy(data.test_images), torch.from_numpy(data.test_labels)


def multiplier(step: int, steps: int, warmup: int) -> float:
    """Return the rate at a step, counted from 0, as a part of the highest: up in a line, then down in a line."""
    return (step + 1) / warmup if step < warmup else (steps - step) / (steps - warmup)


def train(
    contender: Contender, rate: float, seed: int, parts: Parts, plan: Plan, watch: Callable[[nn.Module], None]
) -> nn.Module:
    """Train a network, and show it to `watch` before the first step and whenever 1024 images more have been seen."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(digits.PIXELS, digits.HIDDEN), nn.ReLU(), nn.Linear(digits.HIDDEN, digits.CLASSES))
    optimizer = contender.optimizer(model.parameters(), lr=rate)
    images, labels = parts.training
    ratio = 1024 // contender.batch
    steps, warmup = plan.steps * ratio, plan.warmup * ratio
    schedule = partial(multiplier, steps=steps, warmup=warmup)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule)
    for step, chosen in enumerate(digits.chosen_indices(len(images), contender.batch, steps, seed)):
        if step % ratio == 0:
            watch(model)
        optimizer.zero_grad()
        cross_entropy(model(images[chosen]), labels[chosen]).backward()
        optimizer.step()
        scheduler.step()
    watch(model)
    return model


def searched(contender: Contender, parts: Parts, plan: Plan, advance: Callable[[], None]) -> list[list[float]]:
    """Return the validation loss after training, by rate and by seed."""

    def loss(exponent: float, seed: int) -> float:
        model = train(contender, 2**exponent, seed, parts, plan, watch=lambda _: None)
        advance()
        images, labels = parts.validation
        with torch.no_grad():
            return float(cross_entropy(model(images), labels))

    return [[loss(exponent, seed) for seed in plan.search_seeds] for exponent in plan.exponents]


def chosen_exponent(exponents: tuple[float, ...], losses: list[list[float]]) -> float:
    """Return where the median over the seeds is lowest; a loss that is not a number is the worst."""
    medians = [median(large_batch_report.finite(of_rate)) for of_rate in losses]
    return exponents[medians.index(min(medians))]


def tested(
    contender: Contender, exponent: float, parts: Parts, plan: Plan, advance: Callable[[], None]
) -> list[list[float]]:
    """Return the test accuracy by seed, before the first step and whenever 1024 images more have been seen."""
    images, labels = parts.test

    def accuracies(seed: int) -> list[float]:
        found: list[float] = []

        def watch(model: nn.Module) -> None:
            with torch.no_grad():
                found.append(digits.accuracy(model(images), labels.numpy()))

        train(contender, 2**exponent, seed, parts, plan, watch)
        advance()
        return found

    return [accuracies(seed) for seed in plan.test_seeds]


def compare(plan: Plan) -> dict[str, Any]:
    """Return everything that was measured, as JSON can hold it."""
    parts = Parts()
    runs = len(plan.exponents) * len(plan.search_seeds) + len(plan.test_seeds)
    results: dict[str, Any] = {}
    with Progress() as progress:
        for name, contender in CONTENDERS.items():
            task = progress.add_task(name, total=runs)
            advance = partial(progress.advance, task)
            losses = searched(contender, parts, plan, advance)
            exponent = chosen_exponent(plan.exponents, losses)
            results[name] = {
                "chosen_exponent": exponent,
                "validation_loss": losses,
                "test_accuracy": tested(contender, exponent, parts, plan, advance),
            }
    return {"plan": asdict(plan), "results": results}


def main() -> None:
    """Run the comparison, and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few rates, steps and seeds, to see that it runs")
    parser.add_argument("--output", type=Path, default=DOCUMENTS, help="the folder of large-batch.md (default: docs)")
    options = parser.parse_args()
    torch.set_num_threads(1)  # arrays are small: more threads only wait for each other
    large_batch_report.write(compare(QUICK if options.quick else Plan()), options.output)


if __name__ == "__main__":
    main()
