"""Run cases on one engine and judge them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import ModuleType
from typing import Any

import numpy as np

from .backends.engine import Engine, Host
from .backends.table import TABLE, Backend, Tag, known_gap
from .cases import Case
from .expected import Expected
from .judge import judge
from .subjects import stepper


@dataclass(frozen=True)
class Result:
    """What came of one case on one backend."""

    id: str
    status: str  # pass, fail, written (to an argument), error, gap (fails as known), closed (a gap that passes), skip
    fraction: float = 0.0  # largest error as a fraction of its bound
    detail: str = ""
    bits: str = ""  # digest of all outputs, NaN made one

    def as_dict(self) -> dict[str, Any]:
        """Return the result for a file."""
        return asdict(self)


def run_all(
    engine: Engine, backend: Backend, cases: Iterable[Case], expected: Mapping[str, Expected], package: ModuleType
) -> Iterator[Result]:
    """Yield one result for every case; a crash is the result of its case."""
    for case in cases:
        if case.storage == "float16" and Tag.HALF not in TABLE[backend].tags:
            yield Result(case.id, "skip", detail="the library has no float16")
            continue
        result = run_case(engine, case, expected[case.id], package)
        yield _with_gap(backend, result)


def run_case(engine: Engine, case: Case, expected: Expected, package: ModuleType) -> Result:
    """Run one case and judge it."""
    try:
        got, changed = _run(engine, case, package)
    except Exception as error:  # noqa: BLE001  whatever an implementation raises is the result of its case
        return Result(case.id, "error", float("inf"), f"{type(error).__name__}: {error}")
    if changed:
        return Result(case.id, "written", float("inf"), f"the argument {changed} was written to")
    verdict = judge(case, expected, got)
    return Result(case.id, "pass" if verdict.passed else "fail", verdict.fraction, verdict.detail, _digest(got))


def _with_gap(backend: Backend, result: Result) -> Result:
    gap = known_gap(backend, result.id)
    if gap is None or result.status not in ("pass", "fail"):
        return result
    if result.status == "pass":
        return Result(
            result.id, "closed", result.fraction, f"passes, yet a gap is on record: {gap.reason}", result.bits
        )
    return Result(result.id, "gap", 0.0, f"{gap.reason} ({gap.link}); {result.detail}")


def _run(engine: Engine, case: Case, package: ModuleType) -> tuple[list[list[Host]], str]:
    steps = stepper(case, package)
    host = arguments(case)
    held = {name: engine.put(array) for name, array in host.items()}
    before = {name: array.copy() for name, array in host.items()}
    grads = [held[name] for name in held if name.startswith("grad ")]
    fields = {name.removeprefix("state "): array for name, array in held.items() if name.startswith("state ")}
    state = steps.resume(fields) if case.inputs.state is not None else steps.start(held["weight"])
    key = (case.subject, case.storage, repr(case.hyper), case.inputs.first_step, len(grads))
    outputs = engine.walk(key, steps.walk, held["weight"], grads, state, case.inputs.rates[: len(grads)])
    width = len(case.outputs)
    flat = engine.take([array for step in outputs for array in step])
    after = dict(zip(held, engine.take(list(held.values())), strict=True))
    changed = next((name for name in held if not _same_bits(after[name], before[name])), "")
    return [flat[start : start + width] for start in range(0, len(flat), width)], changed


def arguments(case: Case) -> dict[str, Host]:
    """Return the arrays of a case, in its dtype, shape and layout."""
    inputs = case.inputs
    arrays = {"weight": _laid_out(case, inputs.weight, case.storage)}
    arrays |= {f"grad {index}": _laid_out(case, grad, case.storage) for index, grad in enumerate(inputs.grads)}
    return arrays | {
        f"state {name}": _laid_out(case, array, case.dtype) for name, array in (inputs.state or {}).items()
    }


def _laid_out(case: Case, pool: Host, dtype: str) -> Host:
    full = np.tile(pool, case.inputs.repeat).astype(dtype)
    shaped = full if case.inputs.shape is None else full.reshape(case.inputs.shape)
    if not case.inputs.strided:
        return shaped
    rows, columns = shaped.shape
    spread = np.zeros((columns, 2 * rows), dtype)
    spread[:, ::2] = shaped.T
    return spread[:, ::2].T


def _same_bits(one: Host, other: Host) -> bool:
    return np.array_equal(one, other, equal_nan=True) and np.array_equal(np.signbit(one), np.signbit(other))


def _digest(got: Sequence[Sequence[Host]]) -> str:
    digest = hashlib.sha256()
    for step in got:
        for array in step:
            digest.update(np.where(np.isnan(array), np.nan, array).astype(array.dtype).tobytes())
    return digest.hexdigest()
