"""What several test files ask with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lbref import errors


def _bits(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {name: _bits(value) for name, value in thing.items()}
    if isinstance(thing, tuple | list):
        return type(thing), [_bits(part) for part in thing]
    if hasattr(thing, "dtype") and str(getattr(thing, "device", "")) != "meta":
        return str(thing.dtype), tuple(thing.shape), np.asarray(thing).tobytes()
    return repr(thing)


def _refuses(
    function: Callable[..., Any],
    given: dict[str, Any],
    hyper: dict[str, Any],
    error: type[errors.LbrefError],
    *words: str,
) -> None:
    before = _bits([given, hyper])
    with pytest.raises(errors.LbrefError) as raised:
        function(*given.values(), **hyper)
    said = "\n".join([str(raised.value), *getattr(raised.value, "__notes__", [])])
    assert (type(raised.value), [word for word in words if word not in said]) == (error, []), said
    assert _bits([given, hyper]) == before


@pytest.fixture
def refuses() -> Callable[..., None]:
    """Return the question whether a call raises just this error, says all these words and changes no bit.

    The call is ``function(*given.values(), **hyper)``.
    """
    return _refuses


def _run(rule: Any, weight: Any, grads: Any, settings: dict[str, Any]) -> tuple[Any, Any]:
    weight = np.asarray(weight)
    state = rule.init(weight)
    for step, grad in enumerate(grads, start=1):
        weight, state = rule.update(weight, np.asarray(grad), state, step, **settings)
    return weight, state


@pytest.fixture
def run() -> Callable[..., tuple[Any, Any]]:
    """Return a walk from rest: ``run(rule, weight, gradients, settings)`` -> (weight, state)."""
    return _run
