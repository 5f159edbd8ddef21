"""One run as JSON, as a table on the terminal, and as one HTML file."""

from __future__ import annotations

import io
import json
import platform
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from matplotlib.figure import Figure
from rich.table import Table
from rich.text import Text

import lbref

from .backends.equality import unequal
from .backends.table import GAPS
from .conduct import Outcome
from .matrix import Cell
from .mutants import Kill, as_declared
from .mutants import Outcome as MutantOutcome

STYLES = {"fail": "bold red", "none": "dim", "pass": "green"}


def as_dict(outcome: Outcome) -> dict[str, Any]:
    """Return the run as what the JSON file holds."""
    return {
        "schema": "lbref-report/1",
        "lbref": lbref.__version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "passed": not outcome.problems,
        "problems": outcome.problems,
        "backends": {backend.value: about for backend, about in outcome.about.items()},
        "absent": {backend.value: why for backend, why in outcome.absent.items()},
        "matrix": {
            subject: {column: _cell(cell) for column, cell in cells.items()}
            for subject, cells in outcome.matrix.items()
        },
        "gaps": [
            {
                "backends": sorted(b.value for b in gap.backends),
                "cases": gap.cases,
                "reason": gap.reason,
                "link": gap.link,
            }
            for gap in GAPS
        ],
        "bits": _bits(outcome),
        "mutants": [_mutant(m) for m in outcome.mutants],
        "cases": {
            **{backend.value: [_case(r) for r in by_id.values()] for backend, by_id in outcome.results.items()},
            "python": [_case(r) for r in outcome.rates],
        },
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "passed": cell.passed,
        "asked": cell.asked,
        "gaps": cell.gaps,
        "skipped": cell.skipped,
        "largest_fraction_of_bound": round(cell.fraction, 6),
    }


def _case(result: Any) -> dict[str, Any]:
    row = {"id": result.id, "status": result.status, "fraction_of_bound": round(result.fraction, 6)}
    return row | ({"detail": result.detail} if result.detail else {})


def _mutant(outcome: MutantOutcome) -> dict[str, Any]:
    mutant, caught = outcome.mutant, isinstance(outcome, Kill)
    by = outcome.case_id if isinstance(outcome, Kill) else mutant.indistinguishable or str(outcome)
    return {"id": mutant.name, "mistake": mutant.why, "caught": caught, "as_declared": as_declared(outcome), "by": by}


def _bits(outcome: Outcome) -> list[dict[str, Any]]:
    """Return how many cases each reason explains, of those that differ from NumPy in a bit."""
    counts = Counter(
        (backend.value, row.reason if row else "unexplained") for backend, _, row in unequal(outcome.results)
    )
    return [{"backend": backend, "reason": reason, "cases": count} for (backend, reason), count in counts.items()]


def table(outcome: Outcome) -> Table:
    """Return the matrix for the terminal."""
    matrix = outcome.matrix
    columns = [backend.value for backend in outcome.results] + ["python"]
    grid = Table(
        title="passed/asked, known gaps, and the largest error as a fraction of its bound", title_justify="left"
    )
    grid.add_column("rule @ dialect", no_wrap=True)
    for column in columns:
        grid.add_column(column.replace(":", ":\n"), justify="right")
    for subject, cells in matrix.items():
        grid.add_row(subject, *(_styled(cells.get(column)) for column in columns))
    return grid


def _styled(cell: Cell | None) -> Text:
    if cell is None or not cell.asked:
        return Text("·", STYLES["none"])
    return Text(cell.text, STYLES["fail" if cell.failures else "pass"])


def write(outcome: Outcome, folder: Path) -> Mapping[str, Path]:
    """Write conformance.json and conformance.html, and return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    data = as_dict(outcome)
    paths = {"json": folder / "conformance.json", "html": folder / "conformance.html"}
    paths["json"].write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    paths["html"].write_text(_html(data, outcome), encoding="utf-8")
    return paths


def _html(data: dict[str, Any], outcome: Outcome) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__ or "lbref_conformance", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    columns = [*data["backends"], "python"]
    return environment.get_template("report.html.j2").render(
        data=data, columns=columns, plot=_plot(outcome), caught=sum(m["caught"] for m in data["mutants"])
    )


def _plot(outcome: Outcome) -> str:
    """Return an SVG of all error fractions: one row of dots for each backend; 1 is the edge of the bound."""
    backends = list(outcome.results)
    figure = Figure(figsize=(9, 0.6 + 0.42 * len(backends)), layout="constrained")
    axes = figure.subplots()
    for row, backend in enumerate(backends):
        fractions = [r.fraction for r in outcome.results[backend].values() if r.status == "pass" and r.fraction > 0]
        heights = [row + 0.32 * ((index * 0.618) % 1 - 0.5) for index in range(len(fractions))]
        axes.plot(fractions, heights, ".", markersize=3, alpha=0.5, rasterized=True)
    axes.axvline(1, color="black", linewidth=1)
    axes.set(
        xscale="log",
        xlim=(1e-4, 2),
        ylim=(max(len(backends), 1) - 0.5, -0.5),
        xlabel="error as a fraction of its bound",
    )
    axes.set_yticks(range(len(backends)), [backend.value for backend in backends])
    picture = io.StringIO()
    figure.savefig(picture, format="svg", metadata={"Date": None})
    return picture.getvalue()[picture.getvalue().index("<svg") :]
