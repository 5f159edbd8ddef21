"""The catalogue of mutants: what each changes, and which mistake that is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

FAMILIES = ("sgd-nag", "lars", "lamb", "lbsgd", "rates", "hooks", "combine")
"""The files of the catalogue, in the order in which they are run."""

_REQUIRED = frozenset({"id", "file", "find", "replace", "why"})
_ALLOWED = _REQUIRED | {"indistinguishable"}


class CatalogueError(Exception):
    """A catalogue that says too little, too much, or one thing twice."""


@dataclass(frozen=True)
class Mutant:
    """One wrong formula: a patch of one file of the reference."""

    family: str
    id: str  # unique in its family
    file: str  # relative to the package
    find: str  # occurs exactly once in the file
    replace: str
    why: str  # which mistake this is, with its link where it is a bug on record
    indistinguishable: str = ""  # the proof that no case can tell it from the formula; empty where one can

    @property
    def name(self) -> str:
        """The mutant's name among all families, ``lars/no-decay-in-denominator``."""
        return f"{self.family}/{self.id}"


def load(families: Iterable[str] = FAMILIES) -> list[Mutant]:
    """Return the mutants of some families, in the order in which they are written.

    Raises
    ------
    CatalogueError
        If an entry lacks a key or has an unknown one, or two entries of a family have one id.
    """
    return [mutant for family in families for mutant in _of_family(family)]


def _of_family(family: str) -> Iterator[Mutant]:
    if family not in FAMILIES:
        raise CatalogueError(f"there is no family {family!r}; there are {', '.join(FAMILIES)}")
    text = resources.files(__package__).joinpath(f"{family}.toml").read_text(encoding="utf-8")
    seen: set[str] = set()
    for entry in tomllib.loads(text)["mutant"]:
        _check(family, entry, seen)
        seen.add(entry["id"])
        yield Mutant(family, **entry)


def _check(family: str, entry: dict[str, Any], seen: set[str]) -> None:
    missing, unknown = sorted(_REQUIRED - entry.keys()), sorted(entry.keys() - _ALLOWED)
    if missing or unknown:
        raise CatalogueError(f"{family}: {entry.get('id', 'an entry without id')}: lacks {missing}, unknown {unknown}")
    if entry["id"] in seen:
        raise CatalogueError(f"{family}: the id {entry['id']!r} occurs twice")
