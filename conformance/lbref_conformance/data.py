"""Reproducible inputs: dyadic numbers from an integer generator, in regimes of size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

_MASK = (1 << 64) - 1


def splitmix64(seed: int, count: int) -> list[int]:
    """Return the first numbers of Steele, Lea and Flood's SplitMix64, 2014."""
    numbers, state = [], seed
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & _MASK
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        numbers.append(z ^ (z >> 31))
    return numbers


def dyadic(seed: int, count: int) -> Floats:
    """Return multiples of 1/512 in (-2, 2), none of them zero: exact in every format from float16 on."""
    return np.array(
        [((number >> 40) % 1023 + 1) / 512 * (1 if number & 1 else -1) for number in splitmix64(seed, count)]
    )


def weight(count: int, *, scale: float = 1.0) -> Floats:
    """Return a layer's weight."""
    return (dyadic(11, count) + 0.125) * scale


def grad(step: int, count: int, *, scale: float = 1.0) -> Floats:
    """Return the gradient of a step; its size changes from step to step, and it is not parallel to the weight."""
    size = (1.0, 0.25, 2.0, 0.75, 1.5)[step % 5]
    return (dyadic(101 + step, count) + 0.25) * (size * scale)


def state(field: str, count: int, *, scale: float = 1.0) -> Floats:
    """Return what is remembered from earlier steps, in the units of the field."""
    number = dyadic(sum(map(ord, field)), count)
    return {
        "velocity": number * scale,
        "grad_sum": number * scale,
        "mean": (number / 2 + 0.25) * scale,
        "mean_square": (abs(number) + 0.25) * (scale * scale),
    }[field]
