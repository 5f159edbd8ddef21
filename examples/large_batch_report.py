"""What large_batch.py measured, as JSON, as a table and as a plot."""

from __future__ import annotations

import json
import math
import platform
import re
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogFormatterMathtext, LogLocator, NullLocator, StrMethodFormatter
from rich.console import Console

import lbref

COLOURS = {"SGD": "#0072B2", "NAG": "#009E73", "LARS": "#D55E00", "LAMB": "#AA4499", "SGD, batch 64": "#777777"}
HIGHEST_LOSS = 4.0  # of the plot; guessing at random has ln 10 = 2.3
LOWEST_ACCURACY = 70  # of the plot, in percent
TABLE = re.compile(r"(?<=<!-- table -->\n\n).*?(?=\n<!-- end of table -->)", re.DOTALL)
INNERMOST_LIST = re.compile(r"\[[^\[\]{}]*\]")


def write(measured: dict[str, Any], folder: Path) -> None:
    """Write data/large-batch.json, images/large-batch.png, and the table into large-batch.md if it is there."""
    versions = {name: version(name) for name in ("matplotlib", "numpy", "scikit-learn", "torch")}
    versions |= {"lbref": lbref.__version__, "python": platform.python_version()}
    for name in ("data", "images"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    measured = rounded({"versions": versions, **measured})
    text = as_json(measured)
    (folder / "data" / "large-batch.json").write_text(text, encoding="utf-8")
    drawn_from = {"Source": "large-batch.json, sha256 " + sha256(text.encode()).hexdigest()}
    figure(measured).savefig(folder / "images" / "large-batch.png", dpi=120, metadata=drawn_from)
    page = folder / "large-batch.md"
    if page.exists():
        page.write_text(TABLE.sub(lambda _: table(measured), page.read_text(encoding="utf-8")), encoding="utf-8")
    Console().print(table(measured), markup=False, highlight=False, soft_wrap=True)


def as_json(measured: dict[str, Any]) -> str:
    """Return JSON with each list of numbers in one line."""
    text = json.dumps(measured, indent=2, allow_nan=False)
    return INNERMOST_LIST.sub(lambda found: f"[{' '.join(found.group()[1:-1].split())}]", text) + "\n"


def rounded(thing: Any) -> Any:
    """Return the same with five digits of every number, and None for what is not finite."""
    if isinstance(thing, dict):
        return {name: rounded(part) for name, part in thing.items()}
    if isinstance(thing, list | tuple):
        return [rounded(part) for part in thing]
    if isinstance(thing, float):
        return float(f"{thing:.5g}") if math.isfinite(thing) else None
    return thing


def table(measured: dict[str, Any]) -> str:
    """Return the outcome in Markdown: medians, and ranges over the seeds."""
    lines = [
        "| optimizer | chosen rate | validation loss: median (range) | test accuracy in %: median (range) |",
        "|---|---|---|---|",
    ]
    exponents = list(measured["plan"]["exponents"])
    for name, result in measured["results"].items():
        exponent = result["chosen_exponent"]
        loss = finite(result["validation_loss"][exponents.index(exponent)])
        accuracy = [100 * steps[-1] for steps in result["test_accuracy"]]
        rate = f"2^{exponent:g} = {2**exponent:.3g}"
        lines.append(f"| {name} | {rate} | {spread(loss, '.3f')} | {spread(accuracy, '.1f')} |")
    return "\n".join(lines) + "\n"


def spread(values: list[float], form: str) -> str:
    """Return the median and the range in words."""
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def finite(losses: list[float | None]) -> list[float]:
    """Return infinity for a loss that is not finite, or None, so that it counts as the worst."""
    return [math.inf if loss is None or not math.isfinite(loss) else loss for loss in losses]


def figure(measured: dict[str, Any]) -> Figure:
    """Return the plot: validation loss by rate, and test accuracy by steps at the chosen rate."""
    drawn = Figure(figsize=(11, 4.6), layout="constrained", facecolor="white")
    left, right = drawn.subplots(1, 2)
    for name, result in measured["results"].items():
        draw_losses(left, name, list(measured["plan"]["exponents"]), result)
        draw_accuracies(right, name, result)
    left.set(title="Every rate; the dot is the chosen one", xscale="log", yscale="log", ylim=(0.12, HIGHEST_LOSS))
    left.set(xlabel="learning rate after warmup", ylabel="validation loss after training")
    left.xaxis.set_major_locator(LogLocator(base=4, numticks=20))
    left.xaxis.set_major_formatter(LogFormatterMathtext(base=2))
    left.xaxis.set_minor_locator(NullLocator())
    left.yaxis.set_major_locator(FixedLocator([0.15, 0.2, 0.3, 0.5, 1, 2, 4]))
    left.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    left.yaxis.set_minor_locator(NullLocator())
    right.set(title="Training at the chosen rate", ylim=(LOWEST_ACCURACY, 100))
    right.set(xlabel="steps of batch 1024 (of batch 64: 16 times as many)", ylabel="test accuracy in %")
    right.legend(loc="lower right", title="median and range over seeds")
    for axes in (left, right):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    return drawn


def draw_losses(axes: Axes, name: str, exponents: list[float], result: dict[str, Any]) -> None:
    """Draw one optimizer's validation loss by rate; what is far above the plot is cut off."""
    losses = [[min(loss, 2 * HIGHEST_LOSS) for loss in finite(of_rate)] for of_rate in result["validation_loss"]]
    medians = draw(axes, name, [2**exponent for exponent in exponents], losses)
    chosen = result["chosen_exponent"]
    height = medians[exponents.index(chosen)]
    axes.plot(2**chosen, height, "o", color=COLOURS[name], markeredgecolor="white", markersize=9)


def draw_accuracies(axes: Axes, name: str, result: dict[str, Any]) -> None:
    """Draw one optimizer's test accuracy by step."""
    by_step = [[100 * one for one in of_step] for of_step in zip(*result["test_accuracy"], strict=True)]
    draw(axes, name, list(range(len(by_step))), by_step)


def draw(axes: Axes, name: str, places: list[float], values: list[list[float]]) -> list[float]:
    """Draw the median as a line and the range as a band, and return the medians."""
    medians = [median(of_place) for of_place in values]
    style = "--" if "batch" in name else "-"
    axes.plot(places, medians, style, color=COLOURS[name], label=name, linewidth=1.8)
    axes.fill_between(places, list(map(min, values)), list(map(max, values)), color=COLOURS[name], alpha=0.15, lw=0)
    return medians
