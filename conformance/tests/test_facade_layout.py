"""Facades hold, count and copy: no arithmetic on arrays stands in them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import lbref.facades

ROOT = Path(lbref.facades.__file__).parent
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.MatMult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift, ast.RShift)
# Modules of plain numbers: counts, rates, schedules. They may calculate, and know no array.
NUMBERS = {"_counts.py", "_mxnet/rates.py", "_mxnet/schedulers/_ending.py", "_mxnet/schedulers/_falling.py"}
ARRAY_MODULES = {"_arrays", "_memory", "numpy", "torch", "jax", "optax", "namespace"}
# What may be asked of an array: to be made, copied, converted and looked at.
COLLECTIONS = {
    "seen",
    "self._hooks",
    'self._hooked("add_hook")',
    "self._hooked('add_hook')",
}  # which have an add of their own
COPYING = {"asarray", "astype", "zeros_like", "empty_like", "copy", "to_device", "isdtype", "finfo"}
CALCULATING = {
    "add",
    "sub",
    "mul",
    "div",
    "neg",
    "pow",
    "square",
    "sqrt",
    "exp",
    "log",
    "sum",
    "mean",
    "norm",
    "dot",
    "matmul",
    "abs",
    "clip",
    "clamp",
    "where",
    "maximum",
    "minimum",
    "sign",
    "add_",
    "sub_",
    "mul_",
    "div_",
    "neg_",
    "pow_",
    "addcmul_",
    "addcdiv_",
    "lerp",
    "lerp_",
    "foreach",
    "linalg",
    "subtract",
    "multiply",
    "divide",
    "negative",
    "power",
    "reciprocal",
    "rsqrt",
    "einsum",
    "tensordot",
    "vecdot",
    "hypot",
    "expm1",
    "log1p",
    "prod",
    "cumsum",
    "axpy",
    "scale",
    "std",
    "var",
    "addmm",
    "rsub",
    "fmod",
    "float_power",
    "copysign",
    "true_divide",
    "divmod",
}
OPERATOR_METHODS = re.compile(r"__[ri]?(add|sub|mul|truediv|floordiv|matmul|pow|mod)__|__(neg|abs)__")
CALCULATING_MODULES = {"cmath", "statistics", "numpy.linalg", "scipy"}
CALCULATING_FUNCTIONS = {"norm", "divmod", "pow", "abs", "round"}


def calculations(source):
    """Return every piece of code that computes with an operator, or asks an array library to compute."""
    found = []
    for node in ast.walk(ast.parse(source)):
        operator = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ARITHMETIC)
        minus = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd | ast.Invert)
        constant = minus and isinstance(node.operand, ast.Constant)
        if operator or (minus and not constant) or _asks_to_calculate(node):
            found.append(ast.unparse(node))
    return found


def _asks_to_calculate(node):
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = {alias.name for alias in node.names} | {str(getattr(node, "module", ""))}
        from_operator = isinstance(node, ast.ImportFrom) and node.module == "operator"
        return from_operator or bool(names & (CALCULATING_MODULES | {"norm"}))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in CALCULATING_FUNCTIONS
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    owner, name = node.func.value, node.func.attr
    of_namespace = re.match(r"(xp|jnp|namespace\(.*\))(\.|$)", ast.unparse(owner)) is not None
    if ast.unparse(owner) == "operator":
        return name != "index"
    calculating = name in CALCULATING - COPYING or OPERATOR_METHODS.fullmatch(name)
    return (of_namespace and name not in COPYING) or bool(calculating and ast.unparse(owner) not in COLLECTIONS)


def names_of(source):
    tree = ast.parse(source)
    modules = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names}
    return modules | {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}


SOURCES = sorted(ROOT.rglob("*.py"))
HOLDING = [path for path in SOURCES if path.relative_to(ROOT).as_posix() not in NUMBERS]
COUNTING = [path for path in SOURCES if path.relative_to(ROOT).as_posix() in NUMBERS]


@pytest.mark.parametrize("path", HOLDING, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_facade_does_not_calculate(path):
    assert calculations(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", COUNTING, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_calculates_knows_no_array(path):
    names = {part for name in names_of(path.read_text(encoding="utf-8")) for part in name.split(".")}
    assert names & ARRAY_MODULES == set()


def test_the_modules_of_numbers_are_there():
    assert {path.relative_to(ROOT).as_posix() for path in COUNTING} == NUMBERS


@pytest.mark.parametrize(
    "line",
    [
        "weight[...] = weight - step",
        "weight -= step",
        "return -grad",
        "return learning_rate * grad",
        "return grad / self.loss_scale",
        "return grad @ grad",
        "return namespace(grad).sqrt(grad)",
        "return xp.sum(grad)",
        "return grad.norm()",
        "weight.add_(grad, alpha=1)",
        "return xp.linalg.vector_norm(grad)",
        "return torch.add(weight, grad)",
        "return weight.add(grad)",
        "return weight.__sub__(grad)",
        "return np.true_divide(weight, step)",
        "from operator import sub\n    return sub(weight, grad)",
        "import math\n    return math.sqrt(grad)",
        "import scipy\n    return scipy.optimize",
        "import operator\n    return operator.sub(weight, grad)",
        "return norm(weight)",
        "return abs(grad)",
        "return grad << 1",
        "return grad.std()",
    ],
)
def test_a_calculation_is_found(line):
    assert calculations(f"def f(weight, grad, step, self, learning_rate):\n    {line}\n") != []


@pytest.mark.parametrize(
    "line",
    [
        "weight[...] = moved",
        "return xp.zeros_like(weight)",
        "return f'{weight.shape}: {grad}'",
        "return self.counts | {index: next(self.count)}",
        "return namespace(weight).astype(weight, grad.dtype)",
        "return [*weights, weight]",
        "return (0, -1)",
    ],
)
def test_holding_and_copying_are_let_through(line):
    assert calculations(f"def f(weight, grad, self, weights, moved, index):\n    {line}\n") == []
