"""Conduct a whole run: the oracle's answers, one process per backend, two at a time, and the mutants."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lbref

from . import expectations
from .backends.equality import unequal
from .backends.table import TABLE, Backend, Tag
from .cases import all_cases
from .matrix import Matrix, failures, tabulate
from .mutants import FAMILIES, as_declared, load, run_mutants
from .mutants import Outcome as MutantOutcome
from .rates import run_rates
from .runner import Result

PROCESSES = 2

Progress = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, of how much."""


@dataclass
class Outcome:
    """Everything that a report tells."""

    results: dict[Backend, dict[str, Result]] = field(default_factory=dict)
    about: dict[Backend, dict[str, str]] = field(default_factory=dict)
    absent: dict[Backend, str] = field(default_factory=dict)  # backend -> why it was not run
    broken: dict[Backend, str] = field(default_factory=dict)  # backend -> how its process ended
    rates: list[Result] = field(default_factory=list)
    mutants: list[MutantOutcome] = field(default_factory=list)
    mutants_broken: str = ""  # how the mutants' run ended, if badly
    missed: list[Backend] = field(default_factory=list)  # absent, although asked for by name

    def unanswered(self, backend: Backend) -> int:
        """Return how many cases a backend has no result for."""
        return sum(case.id not in self.results[backend] for case in all_cases())

    @property
    def matrix(self) -> Matrix:
        """The results as a table."""
        columns: dict[str, Any] = {backend.value: by_id.values() for backend, by_id in self.results.items()}
        return tabulate({**columns, "python": self.rates})

    @property
    def problems(self) -> list[str]:
        """Everything that makes the run fail, a line each."""
        lines = [f"{column}: {result.id}: {result.status}: {result.detail}" for column, result in failures(self.matrix)]
        lines += [f"{backend.value}: the process failed: {how}" for backend, how in self.broken.items()]
        lines += [f"{backend.value}: asked for, but not run: {self.absent[backend]}" for backend in self.missed]
        lines += [
            f"{backend.value}: {n} cases have no result" for backend in self.results if (n := self.unanswered(backend))
        ]
        lines += [f"the mutants could not be run: {self.mutants_broken}"] if self.mutants_broken else []
        lines += [
            f"{backend.value}: {case}: differs from numpy in a bit, and no row says why"
            for backend, case, row in unequal(self.results)
            if row is None
        ]
        lines += [f"mutant {m.mutant.name}: {m}" for m in self.mutants if not as_declared(m)]
        return lines


def conduct(named: Sequence[Backend], progress: Progress, *, mutants: bool = True) -> Outcome:
    """Run everything and return what came of it: on the backends that are named, or on all that are present."""
    outcome = Outcome()
    wanted = list(dict.fromkeys(named)) or list(Backend)
    outcome.absent = {backend: why for backend in wanted if (why := absence(backend))}
    outcome.missed = [backend for backend in outcome.absent if backend in named]
    with tempfile.TemporaryDirectory() as folder:
        expected = Path(folder) / "expected.npz"
        expectations.save(expected, lambda done, total: progress("oracle", done, total))
        _run_backends(outcome, [b for b in wanted if b not in outcome.absent], expected, progress, mutants=mutants)
    outcome.rates = list(run_rates(lbref))
    return outcome


def _run_backends(
    outcome: Outcome, backends: Sequence[Backend], expected: Path, progress: Progress, *, mutants: bool
) -> None:
    # The slowest first, so that the last process does not run alone.
    slowest_first = sorted(backends, key=lambda backend: Tag.EXACT in TABLE[backend].tags)
    with ThreadPoolExecutor(PROCESSES) as pool:
        running = {backend: pool.submit(_run_worker, backend, expected, progress) for backend in slowest_first}
        if mutants:
            _add_mutants(outcome, expected, progress)
        for backend in backends:
            _collect(outcome, backend, running[backend].result())


def _add_mutants(outcome: Outcome, expected: Path, progress: Progress) -> None:
    total = len(load(FAMILIES))
    try:
        for result in run_mutants(FAMILIES, expectations.load(expected)):
            outcome.mutants.append(result)
            progress("mutants", len(outcome.mutants), total)
    except Exception as error:  # noqa: BLE001  the backends' results are not to be lost for it
        outcome.mutants_broken = f"{type(error).__name__}: {error}"


def _collect(outcome: Outcome, backend: Backend, answer: Mapping[str, Any] | str) -> None:
    if isinstance(answer, str):
        outcome.broken[backend] = answer
        return
    outcome.about[backend] = answer["about"]
    outcome.results[backend] = {result["id"]: Result(**result) for result in answer["results"]}


def _run_worker(backend: Backend, expected: Path, progress: Progress) -> Mapping[str, Any] | str:
    """Return what a worker wrote, or, where it ended badly, the last lines of what it said."""
    output = expected.with_name(f"{backend.name.lower()}.json")
    command = [sys.executable, "-m", f"{__package__}.worker", backend.value, str(expected), str(output)]
    with output.with_suffix(".log").open("w+", encoding="utf-8") as log:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process:  # noqa: S603
            for line in process.stdout or ():
                done, _, total = line.strip().partition("/")
                if done.isdigit() and total.isdigit():
                    progress(backend.value, int(done), int(total))
        if process.returncode == 0 and output.exists():
            answer: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
            return answer
        log.seek(0)
        return f"exit status {process.returncode}: " + " | ".join(log.read().strip().splitlines()[-6:])


def absence(backend: Backend) -> str:
    """Return why a backend cannot be run here; empty where it can."""
    missing = [name for name in TABLE[backend].packages if importlib.util.find_spec(name) is None]
    if missing:
        return f"{', '.join(missing)} is not installed"
    if Tag.GPU in TABLE[backend].tags and not _has_gpu():
        return "no NVIDIA GPU here"
    return ""


def _has_gpu() -> bool:
    smi = shutil.which("nvidia-smi")
    return smi is not None and subprocess.run([smi, "-L"], capture_output=True, check=False).returncode == 0  # noqa: S603
