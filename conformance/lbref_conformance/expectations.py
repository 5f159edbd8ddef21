"""The oracle's answers to all cases, in a file that every worker reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from .cases import all_cases
from .expected import Expected, expect


def save(path: Path, progress: Callable[[int, int], None]) -> None:
    """Ask the oracle every case and write what it says; `progress` hears how many are done, of how many."""
    cases = list(all_cases())
    stacks = {}
    for done, case in enumerate(cases, start=1):
        stacks[case.id] = expect(case).stacked()
        progress(done, len(cases))
    np.savez(path, **stacks)  # type: ignore[arg-type]


def load(path: Path) -> Mapping[str, Expected]:
    """Return what `save` wrote, by case id."""
    with np.load(path, allow_pickle=False) as file:
        return {name: Expected.unstacked(file[name]) for name in file.files}
