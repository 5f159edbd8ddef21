"""All results in one table: rows are rules and dialects, columns are backends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .runner import Result

GOOD = frozenset({"pass", "gap", "skip"})


@dataclass
class Cell:
    """One subject on one backend."""

    passed: int = 0
    asked: int = 0  # passed and failed; known gaps and skips are counted apart
    gaps: int = 0
    skipped: int = 0
    fraction: float = 0.0  # largest error as a fraction of its bound, over the passed cases
    failures: list[Result] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Count one more result."""
        self.gaps += result.status == "gap"
        self.skipped += result.status == "skip"
        self.asked += result.status not in ("gap", "skip")
        if result.status == "pass":
            self.passed += 1
            self.fraction = max(self.fraction, result.fraction)
        if result.status not in GOOD:
            self.failures.append(result)

    @property
    def text(self) -> str:
        """What the cell prints: passed/asked, known gaps, and the largest error as a fraction of its bound."""
        gaps = f"+{self.gaps}" if self.gaps else ""
        return f"{self.passed}/{self.asked}{gaps} {self.fraction:.2f}".replace(" 0.", " .")


Matrix = dict[str, dict[str, Cell]]


def tabulate(columns: Mapping[str, Iterable[Result]]) -> Matrix:
    """Return subject -> column -> cell, in the order in which subjects first appear."""
    matrix: Matrix = defaultdict(lambda: defaultdict(Cell))
    for column, results in columns.items():
        for result in results:
            matrix[result.id.split("/")[0]][column].add(result)
    return {subject: dict(cells) for subject, cells in matrix.items()}


def failures(matrix: Matrix) -> list[tuple[str, Result]]:
    """Return every failure with its column."""
    return [(column, result) for cells in matrix.values() for column, cell in cells.items() for result in cell.failures]
