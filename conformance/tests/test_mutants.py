"""Every wrong formula of the catalogue is caught by a wrong value, and the right formula is not."""

import dataclasses
import sys
from collections.abc import Iterator, Mapping

import pytest

from lbref_conformance.cases import all_cases
from lbref_conformance.expected import Expected, expect
from lbref_conformance.mutants import (
    FAMILIES,
    CatalogueError,
    Crash,
    Kill,
    PatchError,
    Survivor,
    imported,
    load,
    run_mutant,
    run_mutants,
    run_unpatched,
)

CATALOGUE = load()
AT_LEAST = 20
HANDFUL = {"combine"}  # no family of formulas: only what the others cannot ask


class WhenAsked(Mapping[str, Expected]):
    """What the oracle says of a case, worked out when it is first asked for."""

    def __init__(self) -> None:
        self._cases = {case.id: case for case in all_cases()}
        self._known: dict[str, Expected] = {}

    def __getitem__(self, case_id: str) -> Expected:
        if case_id not in self._known:
            self._known[case_id] = expect(self._cases[case_id])
        return self._known[case_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cases)

    def __len__(self) -> int:
        return len(self._cases)


@pytest.fixture(scope="session")
def expected():
    return WhenAsked()


@pytest.mark.parametrize("mutant", [pytest.param(mutant, id=mutant.name) for mutant in CATALOGUE])
def test_caught(mutant, expected):
    outcome = run_mutant(mutant, expected)
    if mutant.indistinguishable:
        assert isinstance(outcome, Survivor), f"distinguishable after all, by {outcome.case_id}: {outcome.detail}"
    else:
        assert isinstance(outcome, Kill), getattr(outcome, "detail", "passes every case")
        assert outcome.detail


@pytest.mark.parametrize("family", FAMILIES)
def test_unpatched_copy_passes(family, expected):
    results = list(run_unpatched(family, expected))
    assert results
    assert [result for result in results if result.status != "pass"] == []


@pytest.mark.parametrize("family", [family for family in FAMILIES if family not in HANDFUL])
def test_enough_distinguishable(family):
    assert sum(not mutant.indistinguishable for mutant in load([family])) >= AT_LEAST


def test_names_unique():
    assert len({mutant.name for mutant in CATALOGUE}) == len(CATALOGUE)


def test_every_change_changes_something_else():
    patches = [(mutant.family, mutant.file, mutant.find, mutant.replace) for mutant in CATALOGUE]
    assert len(set(patches)) == len(patches)
    assert all(mutant.find != mutant.replace for mutant in CATALOGUE)
    assert all(mutant.why.endswith(".") for mutant in CATALOGUE)


@pytest.mark.parametrize("find", ["no such line", "return"])
def test_patch_that_does_not_fit(find, expected):
    mutant = dataclasses.replace(CATALOGUE[0], find=find)
    with pytest.raises(PatchError, match=r"times in rules/sgd\.py, not once"):
        run_mutant(mutant, expected)


def test_crash_is_not_a_catch(expected):
    mutant = dataclasses.replace(CATALOGUE[0], replace="grad, undefined, learning_rate")
    assert isinstance(run_mutant(mutant, expected), Crash)


def test_source_that_cannot_be_imported_is_not_a_catch(expected):
    mutant = dataclasses.replace(CATALOGUE[0], replace="grad, ,")
    assert isinstance(run_mutant(mutant, expected), Crash)


def test_change_without_effect_survives(expected):
    mutant = dataclasses.replace(CATALOGUE[0], replace="grad, weight * weight_decay, learning_rate")
    assert isinstance(run_mutant(mutant, expected), Survivor)


def test_outcomes_come_one_by_one(expected):
    outcome = next(run_mutants(["lars"], expected))
    assert isinstance(outcome, Kill)
    assert outcome.mutant == load(["lars"])[0]
    assert outcome.case_id.startswith("lars@")


def test_copy_is_forgotten():
    with imported(None) as package:
        alias = package.__name__
        assert f"{alias}.rules.lars" in sys.modules
    assert [name for name in sys.modules if name.startswith(alias)] == []


def test_unknown_family():
    with pytest.raises(CatalogueError, match="no family 'adam'"):
        load(["adam"])
