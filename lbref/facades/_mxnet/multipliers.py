"""Multipliers of rates and decays per parameter: by index, by name, by symbol or by Gluon parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import errors
from ..._numbers import plain_number
from .rates import multiplied


def multipliers(
    where: str, given: Mapping[Any, Any], names: Mapping[int, str], symbol: tuple[Any, ...]
) -> dict[int | str, float]:
    """Return multipliers as plain numbers.

    Raises
    ------
    UnknownParameterError
        If names are known and one is not among them.
    HyperparameterError
        If a multiplier is no finite number >= 0.
    """
    if not isinstance(given, Mapping):
        raise errors.HyperparameterError(f"{where}: {given!r} is no dict of a parameter's name or index to a number")
    known = {*names.values(), *(symbol[1] if symbol else ())}
    for key in given:
        if isinstance(key, bool) or not isinstance(key, int | str):
            raise errors.UnknownParameterError(f"{where}: {key!r} is neither a name nor an index of a parameter")
        if isinstance(key, str) and known and key not in known:  # without names, a string is an index
            raise errors.UnknownParameterError(
                f"{where}: there is no parameter called {key!r}; known from param_idx2name are "
                f"{', '.join(sorted(known))}"
            )
    return {key: plain_number(where, str(key), value, range_of="factor") for key, value in given.items()}


def symbol_info(where: str, sym: Any) -> tuple[Any, ...]:
    """Return the attributes and the arguments of a symbol; nothing without a symbol."""
    if sym is None:
        return ()
    if not hasattr(sym, "attr_dict") or not hasattr(sym, "list_arguments"):
        raise errors.HyperparameterError(
            f"{where}: sym is {sym!r}, but must be an object with attr_dict() and list_arguments(), or None"
        )
    return sym.attr_dict(), sym.list_arguments()


def from_symbol(symbol: tuple[Any, ...], attribute: str) -> dict[int | str, float]:
    """Return the multipliers that the arguments of a symbol carry, such as ``__lr_mult__``."""
    if not symbol:
        return {}
    attributes, names = symbol
    texts = {name: attributes[name][attribute] for name in names if attribute in attributes.get(name, {})}
    return {name: _parsed(f"{attribute} of {name}", text) for name, text in texts.items()}


def _parsed(name: str, text: Any) -> float:
    """Return the number that a symbol carries as a text."""
    try:
        number = float(text)
    except (TypeError, ValueError):
        number = text
    return plain_number("sym", name, number, range_of="factor")  # type: ignore[no-any-return]


def applied(
    value: float,
    index: int | str,
    attribute: str,
    given: Mapping[int | str, float],
    names: Mapping[int, str],
    parameters: Mapping[Any, Any],
) -> float:
    """Return a rate or a decay for one parameter: a Gluon parameter's own multiplier wins, then its index, its name."""
    if index in parameters:
        own = getattr(parameters[index], attribute, None)
        return multiplied(value, plain_number(f"param_dict[{index!r}]", attribute, own, range_of="factor"))
    if index in given:
        return multiplied(value, given[index])
    return multiplied(value, given.get(names[index], 1.0)) if index in names else value  # type: ignore[index]
