"""The command line: ``python -m lbref_conformance``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from .backends.table import Backend
from .conduct import Outcome, conduct
from .mutants import Kill
from .report import table, write

SHOWN = 20  # problems printed before the rest is left to the report


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--backend",
    "names",
    multiple=True,
    type=click.Choice([backend.value for backend in Backend]),
    help="Run this backend only; may be given several times. Default: all that are present.",
)
@click.option("--mutants/--no-mutants", default=True, show_default=True, help="Prove that wrong formulas are caught.")
@click.option(
    "--reports",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Folder for conformance.json and conformance.html.",
)
def main(names: tuple[str, ...], *, mutants: bool, reports: Path) -> None:
    """Check lbref against the published formulas on every array library that is present."""
    console = Console(width=None if sys.stdout.isatty() else 240)
    _make(reports)
    outcome = _with_progress(console, [Backend(name) for name in names], mutants=mutants)
    _print(console, outcome)
    for kind, path in write(outcome, reports).items():
        console.print(f"{kind}: {path}")
    sys.exit(1 if outcome.problems else 0)


def _make(reports: Path) -> None:
    """Make the folder for the reports before minutes are spent on what would go there."""
    try:
        reports.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=reports):
            pass
    except OSError as error:
        raise click.BadParameter(f"{reports} cannot be written to: {error}", param_hint="--reports") from None


def _with_progress(console: Console, named: list[Backend], *, mutants: bool) -> Outcome:
    """Run everything behind bars on a terminal, and behind a line per quarter elsewhere."""
    columns = (TextColumn("{task.description:18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bars: dict[str, TaskID] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:

        def hear(what: str, done: int, total: int) -> None:
            if not console.is_terminal:
                _announce(console, what, done, total, bars)
                return
            if what not in bars:
                bars[what] = progress.add_task(what, total=total)
            progress.update(bars[what], completed=done)

        return conduct(named, hear, mutants=mutants)


def _announce(console: Console, what: str, done: int, total: int, quarters: dict[str, TaskID]) -> None:
    quarter = TaskID(4 * done // total)
    if quarter > quarters.get(what, 0):
        quarters[what] = quarter
        console.print(f"{what}: {done}/{total}")


def _print(console: Console, outcome: Outcome) -> None:
    console.print(table(outcome))
    for backend, why in outcome.absent.items():
        console.print(f"{backend.value}: not run: {why}")
    if outcome.mutants:
        caught = sum(isinstance(result, Kill) for result in outcome.mutants)
        console.print(f"mutants: {caught}/{len(outcome.mutants)} wrong formulas caught")
    problems = outcome.problems
    for line in problems[:SHOWN]:
        console.print(line, style="red", markup=False)
    if len(problems) > SHOWN:
        console.print(f"... and {len(problems) - SHOWN} more in the report", style="red")
    console.print("conforms" if not problems else f"{len(problems)} problems", style="bold")
