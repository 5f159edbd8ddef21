"""Warnings that point at the caller's line, however deep in a facade they arise."""

from __future__ import annotations

import inspect
import warnings

from ._counts import following

_PACKAGE = __name__.split(".", maxsplit=1)[0]


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn, and name the line outside of this package from which it was reached."""
    frame, level = inspect.currentframe(), 1
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] == _PACKAGE:
        frame, level = frame.f_back, following(level)
    warnings.warn(message, category, stacklevel=level)
