"""Warmup rules and schedules: judged in plain Python, count by count."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import mpmath

from .expected import K
from .oracle import schedules, warmup
from .oracle.array import Letters
from .oracle.number import U64, Scalar
from .runner import Result

PLAIN = frozenset("NsTWSp")  # letters of counts and exponents, which stay as they are
COUNTS = range(14)
WARMUP = 4  # updates of the warmup that comes before some of the schedules


@dataclass(frozen=True)
class Question:
    """One warmup rule or schedule with one setting, asked some counts."""

    id: str
    formula: Callable[[int], Scalar]
    answer: Callable[[ModuleType], Callable[[int], float]]
    counts: range


_LBSGD = (
    {"updates": "N", "batch_scale": "B"},
    [{"updates": n, "batch_scale": b} for n, b in ((4, 3), (6, 8), (10, 2), (1, 3), (0, 4), (2, 1))],
)
_SHIFT = (
    {"updates": "N", "start": "a", "final": "z"},
    [
        {"updates": n, "start": a, "final": z}
        for n, a, z in ((4, 0.1, 0.5), (7, 0.0, 1.0), (1, 0.3, 0.2), (0, 0.3, 0.2))
    ],
)
_WARM = (
    {"updates": "N", "begin": "a", "final": "z"},
    [
        {"updates": n, "begin": a, "final": z}
        for n, a, z in ((4, 0.0, 1.0), (6, 0.25, 0.7), (1, 0.1, 0.2), (0, 0.1, 0.2))
    ],
)
_GRADUAL = (
    {"updates": "N", "factor": "k"},
    [{"updates": n, "factor": k} for n, k in ((4, 8), (10, 32.5), (1, 2), (0, 4))],
)
_FACTOR = (
    {"learning_rate": "γ", "period": "s", "factor": "f", "floor": "floor"},
    [
        {"learning_rate": 1.0, "period": 2, "factor": 0.5, "floor": 1e-8},
        {"learning_rate": 0.3, "period": 3, "factor": 0.7, "floor": 0.11},
        {"learning_rate": 0.05, "period": 2, "factor": 0.5, "floor": 0.11},
        {"learning_rate": 0.3, "period": 1, "factor": 0.9, "floor": 1e-8},
    ],
)
_MULTI = (
    {"learning_rate": "γ", "milestones": "S", "factor": "f"},
    [
        {"learning_rate": 1.0, "milestones": (2, 5), "factor": 0.1},
        {"learning_rate": 0.7, "milestones": (1, 2, 9), "factor": 0.3},
    ],
)
_POLY = (
    {"learning_rate": "γ", "final_learning_rate": "z", "updates": "T", "warmup_updates": "W", "power": "p"},
    [
        {"learning_rate": 1.0, "final_learning_rate": 0.1, "updates": 8, "warmup_updates": 0, "power": 2},
        {"learning_rate": 0.7, "final_learning_rate": 0.0, "updates": 11, "warmup_updates": 0, "power": 1},
        {"learning_rate": 0.7, "final_learning_rate": 0.05, "updates": 9, "warmup_updates": 0, "power": 3},
    ],
)
_COSINE = (
    {name: letter for name, letter in _POLY[0].items() if name != "power"},
    [
        {"learning_rate": 1.0, "final_learning_rate": 0.1, "updates": 4, "warmup_updates": 0},
        {"learning_rate": 0.7, "final_learning_rate": 0.0, "updates": 11, "warmup_updates": 0},
        {"learning_rate": 0.3, "final_learning_rate": 0.2, "updates": 9, "warmup_updates": 0},
    ],
)

_ASKED: Mapping[str, tuple[Mapping[str, str], list[dict[str, Any]]]] = {
    "warmup@lbsgd-linear": _LBSGD,
    "warmup@lbsgd-power2": _LBSGD,
    "warmup@lbsgd-sqrt": _LBSGD,
    "warmup@lbsgd-none": _LBSGD,
    "warmup@goyal-2017": _GRADUAL,
    "warmup@mxnet-linear": _WARM,
    "warmup@mxnet-constant": _WARM,
    "warmup@chainer-7.8.1": _SHIFT,
    "schedule@mxnet-factor": _FACTOR,
    "schedule@mxnet-factor-documented": _FACTOR,
    "schedule@mxnet-multi-factor": _MULTI,
    "schedule@mxnet-multi-factor-documented": _MULTI,
    "schedule@mxnet-poly": _POLY,
    "schedule@mxnet-cosine": _COSINE,
}
_FORMULAS = {"warmup": warmup.FORMULAS, "schedule": schedules.FORMULAS}


def questions() -> Iterator[Question]:
    """Yield every question, in a fixed order; some also after a warmup."""
    for subject, (letters, settings) in _ASKED.items():
        late = [setting | {"warmup_updates": WARMUP} for setting in settings if _room_for_warmup(setting)]
        for parameters in settings + late:
            yield _about_dialect(subject, letters, parameters)
    yield from _about_combinators()


def _about_dialect(subject: str, names: Mapping[str, str], parameters: Mapping[str, Any]) -> Question:
    kind, _, name = subject.partition("@")
    pairs = ((names[parameter], value) for parameter, value in parameters.items())
    letters = Letters(**{letter: value if letter in PLAIN else Scalar(value) for letter, value in pairs})
    return Question(
        f"{subject}/" + ",".join(f"{parameter}={value}" for parameter, value in parameters.items()),
        partial(_called, _FORMULAS[kind][name], letters),
        lambda package: partial(package.dialects.SCHEDULES[subject].rule, **parameters),
        COUNTS[parameters.get("warmup_updates", 0) :],
    )


def _called(formula: Callable[[int, Letters], Scalar], letters: Letters, count: int) -> Scalar:
    return formula(count, letters)


_RATES = (0.7, 1.0, 2.0, 0.5, 0.0, 0.3, 0.3)  # a learning rate that rises, falls, vanishes and comes back
_DECAY = {"learning_rate": 0.7, "final_learning_rate": 0.05, "updates": 9, "warmup_updates": 4, "power": 2}
_DECAY_LETTERS = Letters(γ=Scalar(0.7), z=Scalar(0.05), T=9, W=4, p=2)
_RISE = {"begin": 0.1, "final": 0.6, "updates": 4}  # it aims elsewhere than the decay starts, as after E10
_RISE_LETTERS = Letters(a=Scalar(0.1), z=Scalar(0.6), N=4)


def _about_combinators() -> Iterator[Question]:
    rise, decay = partial(_called, warmup.linear, _RISE_LETTERS), partial(_called, schedules.poly, _DECAY_LETTERS)
    yield Question(
        "schedule@warmed/linear,poly",
        lambda n: schedules.warmed(n, rise, decay, 4),
        lambda package: package.schedules.warmed(_rise(package), _decay(package), updates=4),
        COUNTS,
    )
    yield Question(
        "schedule@zero-after/poly",
        lambda n: schedules.zero_after(n, decay, 9),
        lambda package: package.schedules.zero_after(_decay(package), updates=9),
        COUNTS[4:],
    )
    yield Question(
        "schedule@from-zero/linear",
        lambda n: rise(n - 1),
        lambda package: package.schedules.from_zero(_rise(package)),
        COUNTS[1:],
    )
    yield Question(
        "schedule@corrected-momentum/rates",
        lambda n: schedules.corrected_momentum(n, Scalar(0.9), [Scalar(rate) for rate in _RATES]),
        lambda package: package.schedules.corrected_momentum(0.9, _RATES.__getitem__),
        range(1, len(_RATES)),
    )


def _rise(package: ModuleType) -> Callable[[int], float]:
    return partial(package.warmup.mxnet_linear, **_RISE)


def _decay(package: ModuleType) -> Callable[[int], float]:
    return partial(package.schedules.polynomial, **_DECAY)


def _room_for_warmup(setting: Mapping[str, Any]) -> bool:
    return "warmup_updates" in setting and setting["updates"] > 2 * WARMUP


def ask(question: Question, package: ModuleType) -> Result:
    """Ask `package` every count, and judge every answer."""
    answer = question.answer(package)
    worst = 0.0
    for count in question.counts:
        want = question.formula(count)
        bound = K * (want.e + U64 * abs(want.x))
        got = answer(count)
        miss = abs(mpmath.mpf(got) - want.x)
        if not miss <= bound:
            exactly = mpmath.nstr(want.x, 17)
            return Result(question.id, "fail", float("inf"), f"count {count}: got {got!r}, exactly {exactly}")
        worst = max(worst, float(miss / bound) if bound else 0.0)
    return Result(question.id, "pass", worst)


def run_rates(package: ModuleType) -> Iterator[Result]:
    """Yield one result for every question; a crash is the result of its question."""
    for question in questions():
        try:
            yield ask(question, package)
        except Exception as error:  # noqa: BLE001  whatever is raised is the result of its question
            yield Result(question.id, "error", float("inf"), f"{type(error).__name__}: {error}")
