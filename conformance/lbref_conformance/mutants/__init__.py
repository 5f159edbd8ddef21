"""Wrong formulas, as patches of the reference's own source, and the proof that the cases catch each of them.

A check is finished when its mutant fails. The catalogue is data, one TOML file per family; `load` reads it,
`run_mutants` runs it.
"""

from .catalogue import FAMILIES, CatalogueError, Mutant, load
from .harness import Crash, Kill, Outcome, Survivor, as_declared, cases_of, run_mutant, run_mutants, run_unpatched
from .patching import PatchError, imported

__all__ = [
    "FAMILIES",
    "CatalogueError",
    "Crash",
    "Kill",
    "Mutant",
    "Outcome",
    "PatchError",
    "Survivor",
    "as_declared",
    "cases_of",
    "imported",
    "load",
    "run_mutant",
    "run_mutants",
    "run_unpatched",
]
