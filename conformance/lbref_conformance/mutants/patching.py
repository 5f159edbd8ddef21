"""A copy of the reference with one formula changed, imported beside the original."""

from __future__ import annotations

import importlib.util
import itertools
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import lbref

from .catalogue import Mutant

_SOURCE = Path(lbref.__file__).parent
_numbers = itertools.count()  # every copy has a name of its own, so that none sees another's modules


class PatchError(Exception):
    """A patch that does not fit the source: what it looks for must occur exactly once."""


@contextmanager
def imported(mutant: Mutant | None) -> Iterator[ModuleType]:
    """Import a patched copy of lbref, or with None an unpatched one, and forget it afterwards.

    Raises
    ------
    PatchError
        If what the patch looks for does not occur exactly once.
    """
    alias = f"lbref_mutant_{next(_numbers)}"
    with tempfile.TemporaryDirectory(prefix="lbref-mutant-") as folder:
        package = Path(folder) / alias
        shutil.copytree(_SOURCE, package, ignore=shutil.ignore_patterns("__pycache__"))
        if mutant is not None:
            _patch(package, mutant)
        try:
            yield _import(alias, package)
        finally:
            _forget(alias, package)


def _patch(package: Path, mutant: Mutant) -> None:
    path = package / mutant.file
    source = path.read_text(encoding="utf-8") if path.is_file() else ""
    count = source.count(mutant.find)
    if count != 1:
        raise PatchError(f"{mutant.name}: {mutant.find!r} occurs {count} times in {mutant.file}, not once")
    path.write_text(source.replace(mutant.find, mutant.replace), encoding="utf-8")


def _import(alias: str, package: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        alias, package / "__init__.py", submodule_search_locations=[str(package)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{package} is no package")
    module = importlib.util.module_from_spec(spec)
    sys.modules[alias] = module
    spec.loader.exec_module(module)
    return module


def _forget(alias: str, package: Path) -> None:
    for name in [name for name in sys.modules if name == alias or name.startswith(alias + ".")]:
        del sys.modules[name]
    for folder in [folder for folder in sys.path_importer_cache if folder.startswith(str(package))]:
        del sys.path_importer_cache[folder]
