"""The cases: every dialect, asked the topics that can tell something about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from . import topics
from .families import FAMILIES, Family, Kind
from .topics import Inputs, Topic

DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Case:
    """One question: some steps of one dialect, in one dtype."""

    family: Family
    dialect: str  # without the family's name
    topic: str
    dtype: str  # of the computation
    storage: str  # of weight and gradient
    inputs: Inputs

    @property
    def subject(self) -> str:
        """The dialect's id, ``lars@published``."""
        return f"{self.family.name}@{self.dialect}"

    @property
    def id(self) -> str:
        """The case's id, ``lars@published/zero-weight/float32``."""
        return f"{self.subject}/{self.topic}/{self.storage}"

    @property
    def hyper(self) -> dict[str, object]:
        """What is passed by name, the learning rate excepted; a dialect takes what it has."""
        withheld = self.family.withheld.get(self.dialect, frozenset())
        return {name: value for name, value in self.inputs.setting.items() if name not in withheld}

    @property
    def outputs(self) -> tuple[str, ...]:
        """What every step puts out, by name."""
        if self.family.kind is not Kind.RULE:
            return ("grad",)
        master = ("master",) if self.storage != self.dtype else ()
        return ("weight", *master, *self.family.state)


def all_cases(only: str | None = None) -> Iterator[Case]:
    """Yield every case, or those of one family, in a fixed order."""
    for family in FAMILIES:
        if only in (None, family.name):
            yield from _of_family(family)


def _of_family(family: Family) -> Iterator[Case]:
    first, *others = family.formulas
    own = topics.settings_topics(family) | (topics.OF_LBSGD if family.name == "lbsgd" else {})
    for dtype in DTYPES:
        yield from _asked(family, first, topics.EVERY_DIALECT | own | topics.FIRST_DIALECT, dtype, dtype)
    if family.kind is Kind.RULE:
        yield from _asked(family, first, topics.HALF, "float32", "float16")
    for dialect in others:
        yield from _asked(family, dialect, topics.EVERY_DIALECT | own, "float32", "float32")
        yield from _asked(family, dialect, topics.ALSO_IN_DOUBLE, "float64", "float64")


def _asked(family: Family, dialect: str, asked: dict[str, Topic], dtype: str, storage: str) -> Iterator[Case]:
    for topic, build in asked.items():
        yield Case(family, dialect, topic, dtype, storage, build(family, dtype))
