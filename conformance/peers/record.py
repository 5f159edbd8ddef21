"""Record what a real package computes: ``python record.py PEER OUT.json``, run by the Python that has the package.

Runs in the package's own, old environment: standard library, NumPy and the package only, but for Chainer's, where a
hook of lbref also runs inside the real optimizer. A driver is a module beside
this one with a function ``record() -> {case's id: JSON}``, in which an array stands as `arrays.encoded` writes it.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import platform
from pathlib import Path
from typing import Any

DRIVERS = {
    "mxnet-1.9.1": "mxnet_driver",
    "mxnet-2.0.0b1": "mxnet_driver",
    "chainer-7.8.1": "chainer_driver",
    "mindspore-2.10.0": "mindspore_driver",
}


def provenance(peer: str) -> dict[str, str]:
    """Return what the numbers were made with.

    Raises
    ------
    SystemExit
        If another version of the package is installed than the peer's name says.
    """
    package, wanted = peer.split("-", 1)
    found = importlib.metadata.version(package)
    if found != wanted:
        raise SystemExit(f"{peer}: {package} {found} is installed here, but must be {wanted}")
    return {
        package: found,
        "machine": f"{platform.system()} {platform.machine()}",
        "numpy": importlib.metadata.version("numpy"),
        "python": platform.python_version(),
    }


def text(peer: str, made_with: dict[str, str], cases: dict[str, Any]) -> str:
    """Return a recording as JSON, one case per line in the order of the ids, so that a change is readable."""
    lines = ",\n".join(f"{_json(name)}:{_json(cases[name])}" for name in sorted(cases))
    return f'{{"peer":{_json(peer)},\n"made_with":{_json(made_with)},\n"cases":{{\n{lines}}}}}\n'


def _json(tree: Any) -> str:
    return json.dumps(tree, separators=(",", ":"), sort_keys=True, allow_nan=False)


def main() -> None:
    """Record one peer."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("peer", choices=sorted(DRIVERS))
    options.add_argument("out", type=Path, help="the file to write")
    given = options.parse_args()
    made_with = provenance(given.peer)
    cases = importlib.import_module(DRIVERS[given.peer]).record()
    given.out.write_text(text(given.peer, made_with, cases), encoding="utf-8")


if __name__ == "__main__":
    main()
