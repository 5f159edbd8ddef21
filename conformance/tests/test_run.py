"""A run: a crash, a wrong argument, a closed gap, an unexplained bit or a dead process is reported, never lost."""

import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import lbref
from lbref_conformance import cli, conduct, expectations, report
from lbref_conformance.backends.equality import LOOSER, unequal
from lbref_conformance.backends.numpy import NumPy
from lbref_conformance.backends.table import GAPS, TABLE, Backend, Tag, known_gap
from lbref_conformance.cases import all_cases
from lbref_conformance.expected import expect
from lbref_conformance.matrix import tabulate
from lbref_conformance.runner import Result, run_all, run_case

CASE = next(case for case in all_cases("lars") if case.topic == "moving")
SUBNORMAL = next(case for case in all_cases("lars") if case.topic == "subnormal")


@pytest.fixture(scope="module")
def expected():
    return {case.id: expect(case) for case in (CASE, SUBNORMAL)}


def package_with(update):
    """Return what looks like lbref, with another update in the case's dialect."""
    rule = SimpleNamespace(init=lbref.rules.lars.init, update=update)
    dialects = SimpleNamespace(RULES={CASE.subject: SimpleNamespace(rule=rule)})
    return SimpleNamespace(dialects=dialects, rules=lbref.rules, combine=lbref.combine)


def crashing(*arrays, learning_rate):
    raise MemoryError(f"no room for {len(arrays)} arguments at rate {learning_rate}")


def writing(weight, grad, state, step, /, *, learning_rate):
    moved, new_state = lbref.rules.lars.update(weight, grad, state, step, learning_rate=learning_rate)
    weight[...] = moved
    return moved, new_state


def test_lbref_passes(expected):
    assert run_case(NumPy(), CASE, expected[CASE.id], lbref).status == "pass"


def test_a_crash_is_the_result_of_its_case(expected):
    result = run_case(NumPy(), CASE, expected[CASE.id], package_with(crashing))
    assert (result.status, result.detail) == ("error", "MemoryError: no room for 4 arguments at rate 0.5")


def test_writing_to_an_argument_fails(expected):
    result = run_case(NumPy(), CASE, expected[CASE.id], package_with(writing))
    assert (result.status, result.detail) == ("written", "the argument weight was written to")


def test_a_gap_that_closed_is_reported(expected):
    """NumPy keeps subnormals: judged as JAX, its pass shows that the gap on record is no more."""
    (result,) = run_all(NumPy(), Backend.JAX, [SUBNORMAL], expected, lbref)
    assert result.status == "closed"
    assert tabulate({"jax": [result]})[SUBNORMAL.subject]["jax"].failures == [result]


def test_a_gap_does_not_swallow_a_crash(expected):
    (result,) = run_all(NumPy(), Backend.JAX, [SUBNORMAL], expected, package_with(crashing))
    assert result.status == "error"


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: gap.reason)
def test_every_gap_covers_cases_that_exist(gap):
    ids = [case.id for case in all_cases()]
    for backend in gap.backends:
        for pattern in gap.cases:
            assert any(known_gap(backend, case_id) for case_id in ids), pattern
    assert gap.link.startswith("https://")


@pytest.mark.parametrize("row", LOOSER, ids=lambda row: f"{row.backend.value}: {row.reason}")
def test_every_looser_row_says_why(row):
    assert Tag.EXACT in TABLE[row.backend].tags
    assert row.link.startswith("https://")


def test_every_backend_is_described():
    assert set(TABLE) == set(Backend)


def outcome_with(numpy_bits="a", torch_bits="a"):
    results = {
        backend: {"sgd@published/moving/float32": Result("sgd@published/moving/float32", "pass", 0.5, "", bits)}
        for backend, bits in ((Backend.NUMPY, numpy_bits), (Backend.TORCH_CPU, torch_bits))
    }
    return conduct.Outcome(results=results, about={backend: {"device": "cpu"} for backend in results})


def test_a_bit_that_no_row_explains_is_a_problem(monkeypatch):
    monkeypatch.setattr(conduct, "all_cases", list)
    assert outcome_with().problems == []
    different = outcome_with(torch_bits="b")
    assert [(backend, row) for backend, _, row in unequal(different.results)] == [(Backend.TORCH_CPU, None)]
    assert "differs from numpy in a bit" in different.problems[0]


def test_a_case_without_a_result_is_a_problem():
    assert any("cases have no result" in line for line in outcome_with().problems)


def test_a_backend_that_was_asked_for_and_is_absent_is_a_problem(monkeypatch, tmp_path):
    monkeypatch.setattr(conduct.expectations, "all_cases", list)
    monkeypatch.setattr(conduct, "absence", lambda backend: f"no {backend.value} here")
    outcome = conduct.conduct([Backend.CUPY, Backend.CUPY], lambda *_: None, mutants=False)
    assert outcome.problems == ["cupy: asked for, but not run: no cupy here"]
    assert not json.loads(report.write(outcome, tmp_path)["json"].read_text(encoding="utf-8"))["passed"]


def test_a_folder_that_cannot_be_written_to_is_refused_at_once(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    ran = CliRunner().invoke(cli.main, ["--reports", str(tmp_path / "file" / "reports")])
    assert ran.exit_code == 2
    assert "cannot be written to" in ran.output


def test_a_process_that_dies_is_a_problem(tmp_path):
    expected = tmp_path / "expected.npz"
    expected.write_bytes(b"not what it should be")
    heard = []
    answer = conduct._run_worker(Backend.NUMPY, expected, lambda *said: heard.append(said))
    assert "exit status 1" in answer
    assert heard == []
    outcome = conduct.Outcome(broken={Backend.NUMPY: answer})
    assert outcome.problems == [f"numpy: the process failed: {answer}"]


def test_expectations_survive_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(expectations, "all_cases", lambda: [CASE])
    heard = []
    expectations.save(tmp_path / "expected.npz", lambda done, total: heard.append((done, total)))
    loaded = expectations.load(tmp_path / "expected.npz")
    assert (loaded[CASE.id].stacked() == expect(CASE).stacked()).all()
    assert heard == [(1, 1)]


def test_the_report_says_what_failed(tmp_path):
    outcome = outcome_with()
    bad = Result("lars@published/moving/float32", "fail", 3.0, "step 1, weight[0]: got <1>")
    outcome.results[Backend.NUMPY][bad.id] = bad
    paths = report.write(outcome, tmp_path)
    data = json.loads(paths["json"].read_text(encoding="utf-8"))
    assert not data["passed"]
    assert data["matrix"]["lars@published"]["numpy"] == {
        "passed": 0,
        "asked": 1,
        "gaps": 0,
        "skipped": 0,
        "largest_fraction_of_bound": 0.0,
    }
    page = paths["html"].read_text(encoding="utf-8")
    assert 'class="bad">0/1' in page
    assert "got &lt;1&gt;" in page
    assert "<svg" in page
    assert "http" not in page.replace("https://github.com", "").replace("http://www.w3.org", "").replace(
        "https://matplotlib.org", ""
    ).replace("http://purl.org", "").replace("http://creativecommons.org", "")
