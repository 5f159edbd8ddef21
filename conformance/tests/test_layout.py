"""The layout: imports point down only, and formulas know nothing of array libraries."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import lbref
import lbref_conformance

ROOT = Path(lbref.__file__).parent
ORACLE = Path(lbref_conformance.__file__).parent / "oracle"

# module or package -> what else of lbref it may import; those in one line know nothing of each other
_FLOOR = frozenset({"_types"})
_PLAIN = _FLOOR | {"errors", "_numbers"}  # floats, no arrays
_CHECKS = _PLAIN | {"_arrays"}
_AXES = _CHECKS | {"_checks"}
_HOOKS = _AXES | {"trust", "inertia", "moments"}
_RULES = _HOOKS | {"hooks", "warmup"}
_COMBINE = _HOOKS | {"hooks", "rules"}
_DIALECTS = _COMBINE | {"combine", "warmup", "schedules"}
MAY_IMPORT = {
    **dict.fromkeys(("_types", "errors"), frozenset()),
    "_arrays": _FLOOR,
    "_numbers": _FLOOR | {"errors"},
    **dict.fromkeys(("warmup", "schedules"), _PLAIN),
    "_checks": _CHECKS,
    **dict.fromkeys(("trust", "inertia", "moments"), _AXES),
    "hooks": _HOOKS,
    "rules": _RULES,
    "combine": _COMBINE,
    "dialects": _DIALECTS,
    "__init__": _DIALECTS | {"dialects"},
    "facades": _DIALECTS | {"dialects"},
}
THIRD_PARTY = {
    "_arrays": {"array_api_compat", "numpy"},  # NumPy is where every array can be copied to
    "facades.checkpoint": {"numpy"},
    "facades._mxnet.updater": {"numpy"},
    "facades.torch._optimizer": {"torch"},
    "facades.torch._state": {"torch"},
    **{f"facades.optax._{name}": {"optax"} for name in ("lars", "lamb", "lans", "nag", "sgd", "lbsgd", "state")},
    "facades.optax._trees": {"jax"},
    "facades.optax._transformation": {"jax", "optax"},
}
HIDDEN_IMPORTS = {"importlib", "__import__", "runpy", "pkgutil"}

PURE = ("rules/*.py", "trust.py", "inertia.py", "moments.py", "warmup.py")
FORMULAS = sorted(path for pattern in PURE for path in ROOT.glob(pattern))
BRANCHLESS = [path for path in FORMULAS if path.name != "warmup.py"]
ALLOWED_IF = [("rules/lbsgd.py", "count % batch_scale")]
BACKEND_WORDS = re.compile(
    "numpy|np|torch|jax|jnp|lax|xla|cupy|cupyx|cp|dask|da|ndarray|d?tensor|cuda|gpu|cpu|jit|tracer?|mlx|tensorflow|tf|"
    "numba|dtype|b?float\\d+|device|isinstance|issubclass|hasattr|getattr|backend"
)
BRANCHES = (ast.If, ast.IfExp, ast.Match, ast.While, ast.Try, ast.BoolOp, ast.Assert)


def module_of(path, root):
    return ".".join(path.relative_to(root).with_suffix("").parts)


def imports(source, module):
    """Yield what a module imports, however deep in it: 'lbref.x' where the import is relative, else the full name."""
    package = ["lbref", *module.split(".")[:-1]]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
            whole = ".".join(part for part in base if part)
            yield from (whole if node.module else f"{whole}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
        elif isinstance(node, ast.Name) and node.id in HIDDEN_IMPORTS:
            yield node.id


def wrong_imports(source, module):
    top, package = module.split(".")[0], module.split(".")[:-1]
    return [name for name in imports(source, module) if not _allowed(name, top, module, package)]


def _allowed(name, top, module, package):
    first, *rest = name.split(".")
    if first == "lbref":
        sibling = bool(package) and rest[:1] == package[:1] and (top != "rules" or module == "rules.__init__")
        return bool(rest) and (rest[0] in MAY_IMPORT[top] or sibling)
    standard = first in sys.stdlib_module_names and first not in HIDDEN_IMPORTS
    return standard or first in THIRD_PARTY.get(module, ())


def backend_words(source):
    """Return the words of code, comments and docstrings left out, that betray an array library or look at a dtype."""
    found, before = [], tokenize.ENCODING
    statement = {tokenize.ENCODING, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in {tokenize.NL, tokenize.COMMENT}:
            continue
        docstring = token.type == tokenize.STRING and before in statement
        found += [] if docstring else [word for word in words_in(token.string) if BACKEND_WORDS.fullmatch(word)]
        before = token.type
    return found


def words_in(text):
    return [word.lower() for word in re.findall(r"[a-z]+\d*|[A-Z][a-z]*\d*", text)]


def branches(source):
    nodes = list(ast.walk(ast.parse(source)))
    tests = [ast.unparse(getattr(node, "test", node)) for node in nodes if isinstance(node, BRANCHES)]
    return tests + [ast.unparse(test) for node in nodes if isinstance(node, ast.comprehension) for test in node.ifs]


SOURCES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: module_of(path, ROOT))
def test_imports_point_down(path):
    assert wrong_imports(path.read_text(encoding="utf-8"), module_of(path, ROOT)) == []


def test_every_module_has_its_place_in_the_order():
    assert {module_of(path, ROOT).split(".")[0] for path in SOURCES} == set(MAY_IMPORT)


@pytest.mark.parametrize("path", sorted(ORACLE.glob("*.py")), ids=lambda path: path.stem)
def test_the_oracle_imports_the_standard_library_and_mpmath_only(path):
    allowed = sys.stdlib_module_names | {"mpmath", "lbref"} - HIDDEN_IMPORTS
    names = list(imports(path.read_text(encoding="utf-8"), f"oracle.{path.stem}"))
    assert {name.split(".")[0] for name in names} <= allowed
    assert {name for name in names if name.startswith("lbref")} <= {"lbref.oracle.number", "lbref.oracle.array"}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("trust", "from . import hooks"),
        ("trust", "from .inertia import rate_inside"),
        ("trust", "import numpy as np"),
        ("trust", "def late():\n    import torch"),
        ("trust", "import lbref.rules"),
        ("trust", "from lbref import rules"),
        ("trust", "import array_api_compat"),
        ("_arrays", "import array_api_compat.numpy, jax"),
        ("_arrays", "from . import errors"),
        ("_types", "from ._arrays import norm"),
        ("warmup", "from ._arrays import norm"),
        ("schedules", "from . import warmup"),
        ("errors", "from . import __version__"),
        ("hooks", "from .rules import sgd"),
        ("rules.lars", "from . import lamb"),
        ("rules.lars", "from .lamb import State"),
        ("rules.lars", "from ..rules import lamb"),
        ("rules.lars", "from .. import combine"),
        ("rules.lars", "from .. import schedules"),
        ("rules.lars", "from .. import __version__"),
        ("combine.binding", "from ..dialects import ALL"),
        ("combine.binding", "import lbref_conformance"),
        ("dialects.lars", "from lbref_conformance import runner"),
        ("dialects.lars", "import importlib\nimportlib.import_module('torch')"),
        ("dialects.lars", "__import__('torch')"),
    ],
)
def test_an_import_that_points_up_is_found(module, line):
    assert wrong_imports(f'"""A doc."""\nfrom __future__ import annotations\n\nimport math\n\n{line}\n', module) != []


def test_an_import_that_points_down_is_let_through():
    source = "import math\nfrom .. import hooks, warmup\nfrom .._arrays import norm\nfrom ..errors import StepError"
    assert wrong_imports(source, "rules.lars") == []
    assert wrong_imports("import array_api_compat\nfrom ._types import Array\n", "_arrays") == []


@pytest.mark.parametrize("path", FORMULAS, ids=lambda path: module_of(path, ROOT))
def test_a_formula_names_no_array_library(path):
    assert backend_words(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", BRANCHLESS, ids=lambda path: module_of(path, ROOT))
def test_a_formula_has_no_branch(path):
    allowed = [test for module, test in ALLOWED_IF if ROOT / module == path]
    assert branches(path.read_text(encoding="utf-8")) == allowed


@pytest.mark.parametrize(
    "line",
    [
        "return np.sqrt(x)",
        "from torch import where",
        "return x.numpy()",
        "return torch_where(x)",
        "return is_cupy_array(x)",
        "return isDaskArray(x)",
        "y = x.cuda()",
        "y: TorchTensor = x",
        "return kernel(x, backend=None)",
        "y = x.dtype",
        "y = xp.float32",
        "return library('jax')",
        "return f'{x} is a tensor'",
        "return getattr(x, name)",
        "@jit",
    ],
)
def test_a_word_of_an_array_library_is_found(line):
    source = f'"""As torch and NumPy compute it: np.sqrt."""\n\n\ndef f(x):\n    """Return √x, as jax."""\n    {line}\n'
    assert backend_words(source) != []


def test_docstrings_and_comments_may_name_array_libraries():
    source = '"""As torch."""\n\nx = 1  # np.sqrt\n"""Of jax."""\n\n\ndef f(x):\n    """√x, as cupy."""\n    return x\n'
    assert backend_words(source) == []


@pytest.mark.parametrize(
    "line",
    [
        "if x: return x",
        "return x if x else 0",
        "return [y for y in x if y]",
        "return x or 0",
        "while x: x -= 1",
        "match x:\n        case 0: return 0",
        "try: return x\n    except TypeError: return 0",
        "return (lambda: x if x else 0)()",
    ],
)
def test_a_branch_is_found(line):
    assert branches(f"def f(x):\n    {line}\n") != []


def third_party_after(statement):
    program = f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    path = os.pathsep.join([str(ROOT.parent), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)  # noqa: S603  written here
    return set(run.stdout.split()) - sys.stdlib_module_names


def test_importing_lbref_pulls_in_no_array_library_but_numpy():
    assert third_party_after("import lbref") - third_party_after("import numpy") == {"array_api_compat", "lbref"}


def test_an_array_library_that_is_pulled_in_is_found():
    assert "torch" in third_party_after("import lbref, torch") - third_party_after("import numpy")
