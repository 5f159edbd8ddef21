"""What the examples share: scikit-learn's handwritten digits, a small network in plain NumPy, and the verdict."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

PIXELS, HIDDEN, CLASSES = 64, 64, 10
REQUIRED_ACCURACY = 0.95

Weights = dict[str, np.ndarray]


class Digits(NamedTuple):
    """Images of 8 · 8 pixels as rows of 64 float32 numbers in [0, 1], and their labels from 0 to 9."""

    train_images: np.ndarray  # (1437, 64)
    train_labels: np.ndarray  # (1437,)
    test_images: np.ndarray  # (360, 64)
    test_labels: np.ndarray  # (360,)


def load() -> Digits:
    """Return the digits, always split in the same way."""
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32)
    parts = train_test_split(images, labels, test_size=360, stratify=labels, random_state=0)
    return Digits(parts[0], parts[2], parts[1], parts[3])


def options(steps: int) -> argparse.Namespace:
    """Return what the command line says, with `steps` as the default of --steps."""
    parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--steps", type=int, default=steps, help="how many batches to train on")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first weights and of the order of batches")
    return parser.parse_args()


def batches(data: Digits, size: int, steps: int, seed: int, title: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (images, labels) `steps` times, in a new order every epoch, and show a progress bar."""
    for chosen in track(list(chosen_indices(len(data.train_images), size, steps, seed)), description=title):
        yield data.train_images[chosen], data.train_labels[chosen]


def chosen_indices(count: int, size: int, steps: int, seed: int) -> Iterator[np.ndarray]:
    """Yield which of `count` examples are in each batch; a batch may reach from one epoch into the next."""
    generator = np.random.default_rng(seed)
    waiting = np.empty(0, dtype=np.int64)
    for _ in range(steps):
        while len(waiting) < size:
            waiting = np.concatenate([waiting, generator.permutation(count)])
        yield waiting[:size]
        waiting = waiting[size:]


def initial_weights(seed: int) -> Weights:
    """Return the weights of a network with one hidden layer, as He et al. 2015 start them; biases start at zero."""
    generator = np.random.default_rng(seed)

    def layer(outputs: int, inputs: int) -> np.ndarray:
        return generator.normal(0, (2 / inputs) ** 0.5, (outputs, inputs)).astype(np.float32)

    return {
        "hidden_weight": layer(HIDDEN, PIXELS),
        "hidden_bias": np.zeros(HIDDEN, dtype=np.float32),
        "output_weight": layer(CLASSES, HIDDEN),
        "output_bias": np.zeros(CLASSES, dtype=np.float32),
    }


def scores(weights: Any, images: Any) -> Any:
    """Return the network's score of each class for each image, with arrays of NumPy or of JAX."""
    hidden = (images @ weights["hidden_weight"].T + weights["hidden_bias"]).clip(min=0)
    return hidden @ weights["output_weight"].T + weights["output_bias"]


def gradients(weights: Weights, images: np.ndarray, labels: np.ndarray) -> Weights:
    """Return the gradient of a batch's mean cross-entropy, by backpropagation; names as in `weights`."""
    hidden = (images @ weights["hidden_weight"].T + weights["hidden_bias"]).clip(min=0)
    output = hidden @ weights["output_weight"].T + weights["output_bias"]
    likelihood = np.exp(output - output.max(axis=1, keepdims=True))
    output_grad = likelihood / likelihood.sum(axis=1, keepdims=True)
    output_grad[np.arange(len(labels)), labels] -= 1
    output_grad /= len(labels)
    hidden_grad = (output_grad @ weights["output_weight"]) * (hidden > 0)
    return {
        "hidden_weight": hidden_grad.T @ images,
        "hidden_bias": hidden_grad.sum(axis=0),
        "output_weight": output_grad.T @ hidden,
        "output_bias": output_grad.sum(axis=0),
    }


def accuracy(scores: Any, labels: np.ndarray) -> float:
    """Return the part of the images whose highest score is that of their label."""
    return float(np.mean(np.argmax(np.asarray(scores), axis=1) == labels))


def conclude(accuracies: dict[str, float]) -> None:
    """Print test accuracies by the optimizer's name, and end with status 1 if one is below 95 %."""
    for name, reached in accuracies.items():
        Console(highlight=False).print(f"{name}: test accuracy {reached:.1%}")
    sys.exit(int(min(accuracies.values()) < REQUIRED_ACCURACY))
