"""Compare a new recording of a peer with the one that is kept: ``python compare.py KEPT.json NEW.json``.

On the platform and with the versions that the kept one was made with, every bit must be the same. Elsewhere the largest
difference of each case is printed, for a reader to judge.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from arrays import decoded


def numbers(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every array and number of a case, each with where it stands."""
    if isinstance(tree, dict) and "bits" in tree:
        yield path, decoded(tree)
    elif isinstance(tree, dict | list):
        for key, part in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from numbers(part, f"{path}/{key}")
    elif isinstance(tree, int | float):
        yield path, np.asarray(tree)


def difference(kept: Any, new: Any) -> str:
    """Return where two results of one case are farthest apart, and by how much; nothing where they are the same."""
    if kept == new:
        return ""
    old, now = dict(numbers(kept)), dict(numbers(new))
    if {at: (x.dtype, x.shape) for at, x in old.items()} != {at: (x.dtype, x.shape) for at, x in now.items()}:
        return "in its arrays"
    apart = {at: _distance(old[at], now[at]) for at in old}
    worst = max(apart, key=apart.__getitem__, default="")
    return f"by up to {apart[worst]:.3g} at {worst}" if worst else "in what is no number"


def _distance(old: Any, now: Any) -> float:
    """Return the largest difference, infinite where only one of two elements is a number."""
    apart = np.abs(np.subtract(old, now, dtype=np.float64, where=old != now, out=np.zeros(old.shape)))
    only_one = np.isfinite(old) != np.isfinite(now)
    return float(np.max(np.where(only_one, np.inf, np.nan_to_num(apart)), initial=0.0))


def main() -> None:
    """Write the differences; exit with 1 where there must be none."""
    kept, new = (json.loads(Path(file).read_text(encoding="utf-8")) for file in sys.argv[1:])
    names = sorted(kept["cases"].keys() | new["cases"].keys())
    found = {name: difference(kept["cases"].get(name), new["cases"].get(name)) for name in names}
    lines = [f"{name} differs {text}" for name, text in found.items() if text]
    alike = kept["made_with"] == new["made_with"]
    provenance = "" if alike else f"\nkept: {kept['made_with']}\nnew:  {new['made_with']}"
    said = [*lines, f"{kept['peer']}: {len(lines)} of {len(names)} cases differ{provenance}\n"]
    sys.stdout.write("\n".join(said))
    if lines and alike:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
