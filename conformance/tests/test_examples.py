"""The examples run as users run them, and the page on large batches says what its data say."""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

import lbref.facades

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "docs"
FACADES = sorted(path.name for path in Path(lbref.facades.__file__).parent.glob("[a-z]*/"))
ACCURACY = re.compile(r": test accuracy (\d+\.\d)%$", re.MULTILINE)
ROW = re.compile(
    r"^\| (?P<name>[^|]+) \| 2\^(?P<exponent>[-.\d]+) = [^|]+ \| (?P<loss>[^|]+) \| (?P<accuracy>[^|]+) \|$"
)


def run(script, *arguments):
    """Run one of the examples from the root of the repository."""
    command = [sys.executable, str(Path("examples", script)), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)  # noqa: S603


@pytest.mark.parametrize("facade", FACADES)
def test_every_facade_has_an_example_that_learns(facade):
    ran = run(f"digits_{facade}.py", "--seed", 0)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    accuracies = [float(found) for found in ACCURACY.findall(ran.stdout)]
    assert accuracies
    assert min(accuracies) >= 95
    assert "100%" in ran.stdout  # of the progress bar


def test_an_example_that_does_not_learn_fails():
    ran = run("digits_chainer.py", "--steps", 1)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert float(*ACCURACY.findall(ran.stdout)) < 95


def read(folder):
    """Return the data and the text of the page, of which the plot must be drawn from just these data."""
    data = (folder / "data" / "large-batch.json").read_bytes()
    assert hashlib.sha256(data).hexdigest().encode() in (folder / "images" / "large-batch.png").read_bytes()
    return json.loads(data), (folder / "large-batch.md").read_text(encoding="utf-8")


def medians(measured, name):
    of_rates = measured["results"][name]["validation_loss"]
    return [median(math.inf if loss is None else loss for loss in of_rate) for of_rate in of_rates]


def table_of(page):
    rows = [ROW.match(line) for line in page.splitlines()]
    return {row["name"]: (float(row["exponent"]), row["loss"], row["accuracy"]) for row in rows if row}


def expected_row(measured, name):
    """Return the rate with the lowest median loss, the losses there and the last accuracies, as a row shows them."""
    at = medians(measured, name).index(min(medians(measured, name)))
    last = [100 * by_step[-1] for by_step in measured["results"][name]["test_accuracy"]]
    shown = (measured["results"][name]["validation_loss"][at], "{:.3f}"), (last, "{:.1f}")
    said = ["{} ({} to {})".format(*map(form.format, (median(x), min(x), max(x)))) for x, form in shown]
    return measured["plan"]["exponents"][at], *said


def assert_consistent(folder):
    measured, page = read(folder)
    expected = {name: expected_row(measured, name) for name in measured["results"]}
    assert table_of(page) == expected
    assert {name: each["chosen_exponent"] for name, each in measured["results"].items()} == {
        name: exponent for name, (exponent, _, _) in expected.items()
    }
    steps = measured["plan"]["steps"]
    assert {len(run) for each in measured["results"].values() for run in each["test_accuracy"]} == {steps + 1}


def test_the_comparison_runs_and_writes_its_page_anew(tmp_path):
    shutil.copy(DOCUMENTS / "large-batch.md", tmp_path)
    ran = run("large_batch.py", "--quick", "--output", tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert_consistent(tmp_path)
    assert (tmp_path / "large-batch.md").read_bytes() != (DOCUMENTS / "large-batch.md").read_bytes()


def test_the_published_comparison_is_consistent():
    assert_consistent(DOCUMENTS)


def test_every_chosen_rate_has_worse_ones_on_both_sides():
    measured, _ = read(DOCUMENTS)
    assert list(measured["results"]) == ["SGD", "NAG", "LARS", "LAMB", "SGD, batch 64"]
    for name in measured["results"]:
        losses = medians(measured, name)
        at = losses.index(min(losses))
        assert 0 < at < len(losses) - 1, name
        assert min(losses) < min(losses[0], losses[-1]) / 1.5, name


def test_rates_are_not_chosen_by_the_seeds_that_are_reported():
    plan = read(DOCUMENTS)[0]["plan"]
    assert set(plan["search_seeds"]).isdisjoint(plan["test_seeds"])
    assert min(len(plan["search_seeds"]), len(plan["test_seeds"])) >= 5


def test_the_page_names_the_version_that_was_run():
    measured, page = read(DOCUMENTS)
    assert f"torch {measured['versions']['torch'].split('+')[0]} " in page
