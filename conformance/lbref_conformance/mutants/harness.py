"""Run the cases of a family on every mutant of it, until one gives it away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TypeAlias

from ..backends.numpy import NumPy
from ..cases import Case, all_cases
from ..expected import Expected
from ..properties import run_properties
from ..rates import run_rates
from ..runner import Result, run_case
from .catalogue import Mutant, load
from .patching import PatchError, imported

# Which of the suite's families a family of mutants is asked; "rates" has questions of its own, and "combine" is asked
# the exact properties as well.
_ASKED: Mapping[str, tuple[str, ...]] = {
    "sgd-nag": ("sgd", "nag"),
    "lars": ("lars",),
    "lamb": ("lamb", "lans"),
    "lbsgd": ("lbsgd",),
    "rates": (),
    "hooks": ("gradient-lars", "hook"),
    "combine": ("sgd", "nag", "lars", "lamb"),
}

_SMALL = 100  # elements; cases with more of them are asked last


@dataclass(frozen=True)
class Kill:
    """A mutant that gave a wrong value."""

    mutant: Mutant
    case_id: str
    detail: str


@dataclass(frozen=True)
class Crash:
    """A mutant that raised before any value was wrong: a defect of the mutant, since no check has caught it."""

    mutant: Mutant
    case_id: str  # empty if it could not even be imported
    detail: str


@dataclass(frozen=True)
class Survivor:
    """A mutant that passed every case: a gap in the cases."""

    mutant: Mutant


Outcome: TypeAlias = Kill | Crash | Survivor


def as_declared(outcome: Outcome) -> bool:
    """Return whether a mutant was caught, or survived with a proof on record that no case can tell it apart."""
    return isinstance(outcome, Survivor if outcome.mutant.indistinguishable else Kill)


def run_mutants(families: Iterable[str], expected: Mapping[str, Expected]) -> Iterator[Outcome]:
    """Yield what came of each mutant of some families, in the order of the catalogue.

    Parameters
    ----------
    families
        Names in `lbref_conformance.mutants.FAMILIES`.
    expected
        What the oracle says, by case id; only the cases of these families are looked up.
    """
    for mutant in load(families):
        yield run_mutant(mutant, expected)


def run_mutant(mutant: Mutant, expected: Mapping[str, Expected]) -> Outcome:
    """Return what came of one mutant: the first case that does not pass decides.

    Raises
    ------
    PatchError
        If the patch does not fit the source.
    """
    try:
        with imported(mutant) as package:
            wrong = next((r for r in _results(mutant.family, package, expected) if r.status != "pass"), None)
    except PatchError:
        raise
    except Exception as error:  # noqa: BLE001  whatever a mutant raises when it is imported is its defect
        return Crash(mutant, "", f"{type(error).__name__}: {error}")
    if wrong is None:
        return Survivor(mutant)
    return (Kill if wrong.status in ("fail", "written") else Crash)(mutant, wrong.id, wrong.detail)


def run_unpatched(family: str, expected: Mapping[str, Expected]) -> Iterator[Result]:
    """Yield the result of every case of a family on an unpatched copy: the control, which must pass."""
    with imported(None) as package:
        yield from _results(family, package, expected)


@cache
def cases_of(family: str) -> tuple[Case, ...]:
    """Return the cases that the mutants of a family are asked, those first that cost little and tell much."""
    cases = [case for name in _ASKED[family] for case in all_cases(name)]
    topics = {topic: place for place, topic in enumerate(dict.fromkeys(case.topic for case in cases))}
    return tuple(sorted(cases, key=lambda case: (_size(case) > _SMALL, topics[case.topic])))


def _size(case: Case) -> int:
    return len(case.inputs.weight) * case.inputs.repeat


def _results(family: str, package: ModuleType, expected: Mapping[str, Expected]) -> Iterator[Result]:
    if family == "rates":
        yield from run_rates(package)
        return
    engine = NumPy()
    if family == "combine":
        yield from run_properties(engine, package)
    for case in cases_of(family):
        yield run_case(engine, case, expected[case.id], package)
