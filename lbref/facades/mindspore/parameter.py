"""What is optimized: an array with a name."""

from __future__ import annotations

from typing import Any

from ... import errors
from ..._arrays import on_host
from ..._checks import check_stored
from .._memory import check_writable, untracked


class Parameter:
    """An array that is updated in place.

    Parameters
    ----------
    data
        An array of a library whose arrays can be written to, of any real floating dtype and shape.
    name
        A name, by which decay and LARS are switched off for some parameters; without one, the optimizer gives it one.

    Raises
    ------
    ImmutableArrayError
        If the array cannot be written to: JAX arrays, read-only NumPy arrays.
    LbrefError
        If it is no array of real floating dtype.
    """

    def __init__(self, data: Any, name: str | None = None) -> None:
        if name is not None and not isinstance(name, str):
            raise errors.HyperparameterError(f"mindspore.Parameter: name is {name!r}, but must be a string or None")
        self.name = name
        self.data = data

    @property
    def data(self) -> Any:
        """The array."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        where = "mindspore.Parameter" if self.name is None else f"mindspore.Parameter {self.name!r}"
        check_writable(where, data=data)
        check_stored(where, data=data)
        self._data = data

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return tuple(self._data.shape)

    @property
    def dtype(self) -> Any:
        """The data type of the array."""
        return self._data.dtype

    def asnumpy(self) -> Any:
        """Return the values as a NumPy array, copied."""
        return on_host(untracked(self._data))
