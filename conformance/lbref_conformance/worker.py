"""One process that runs every case on one backend: ``python -m lbref_conformance.worker BACKEND EXPECTED OUTPUT``.

Progress goes to standard output as ``done/total`` lines; the results go to a file when all is done.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import lbref

from .backends.engine import Engine
from .backends.table import TABLE, Backend
from .cases import all_cases
from .expectations import load
from .properties import run_properties
from .runner import Result, run_all

EVERY = 20  # cases between two lines of progress


def main(arguments: list[str]) -> None:
    """Run all cases on one backend."""
    backend, expected, output = Backend(arguments[0]), Path(arguments[1]), Path(arguments[2])
    if backend is Backend.TORCH_DTENSOR:
        _in_processes(expected, output)
    else:
        _run(_engine_class(backend)(), backend, expected, output, leading=True)


def _engine_class(backend: Backend) -> Any:
    module, _, name = TABLE[backend].engine.partition(":")
    return getattr(importlib.import_module(f".backends.{module}", __package__), name)


def _in_processes(expected: Path, output: Path) -> None:
    from torch.multiprocessing import spawn  # noqa: PLC0415  only where torch is there

    from .backends.dtensor import PROCESSES  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        spawn(_one_process, (str(Path(folder) / "rendezvous"), expected, output), nprocs=PROCESSES)


def _one_process(rank: int, rendezvous: str, expected: Path, output: Path) -> None:
    engine = _engine_class(Backend.TORCH_DTENSOR)(rank, rendezvous)
    _run(engine, Backend.TORCH_DTENSOR, expected, output, leading=rank == 0)


def _run(engine: Engine, backend: Backend, expected: Path, output: Path, *, leading: bool) -> None:
    cases = list(all_cases())
    judged = _counted(run_all(engine, backend, cases, load(expected), lbref), len(cases), leading=leading)
    results = [result.as_dict() for result in (*judged, *run_properties(engine, lbref))]
    if leading:
        output.write_text(json.dumps({"about": _about(engine, backend), "results": results}), encoding="utf-8")


def _counted(results: Iterable[Result], total: int, *, leading: bool) -> Iterable[Result]:
    for done, result in enumerate(results, start=1):
        if leading and (done % EVERY == 0 or done == total):
            sys.stdout.write(f"{done}/{total}\n")
            sys.stdout.flush()
        yield result


def _about(engine: Engine, backend: Backend) -> dict[str, str]:
    versions = {name: importlib.import_module(name).__version__ for name in ("numpy", *TABLE[backend].packages)}
    return {**engine.about(), **versions, "array-api-compat": importlib.metadata.version("array-api-compat")}


if __name__ == "__main__":
    main(sys.argv[1:])
