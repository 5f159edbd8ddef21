"""What is optimized: an array with a gradient and a rule, and lists of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ... import errors
from ..._arrays import namespace
from ..._checks import check_same, check_stored
from ..._numbers import kind
from .._memory import check_writable, untracked


class Parameter:
    """An array that is updated in place, its gradient and its update rule.

    Parameters
    ----------
    data
        An array of a library whose arrays can be written to, of any real floating dtype and shape.
    name
        A name, or None.

    Raises
    ------
    ImmutableArrayError
        If the array cannot be written to: JAX arrays, read-only NumPy arrays.
    LbrefError
        If it is no array of real floating dtype.
    """

    def __init__(self, data: Any, name: str | None = None) -> None:
        if name is not None and not isinstance(name, str):
            raise errors.HyperparameterError(f"chainer.Parameter: name is {name!r}, but must be a string or None")
        self.name = name
        self.update_rule: Any = None
        self._grad: Any = None
        self.data = data

    @property
    def data(self) -> Any:
        """The array."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        check_data(self._where, data)
        self._data = data

    array = data

    @property
    def grad(self) -> Any:
        """The gradient, an array like `data`, or None; of a torch tensor its own, which ``backward`` fills."""
        return self._data.grad if hasattr(self._data, "grad") else self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        if grad is not None:
            check_grad(self._where, self._data, grad)
        if hasattr(self._data, "grad"):
            self._data.grad = grad
        else:
            self._grad = grad

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return tuple(self._data.shape)

    @property
    def dtype(self) -> Any:
        """The data type of the array."""
        return self._data.dtype

    def cleargrad(self) -> None:
        """Have no gradient."""
        self.grad = None

    def update(self) -> None:
        """Move by one step of the update rule, if there is one."""
        if self.update_rule is not None:
            self.update_rule.update(self)

    @property
    def _where(self) -> str:
        return "chainer.Parameter" if self.name is None else f"chainer.Parameter {self.name!r}"


class ParameterList:
    """Parameters by name, which a link of layers would hold in Chainer."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._parameters = dict(parameters)

    def params(self, include_uninit: bool = True) -> Iterator[Any]:  # noqa: ARG002  the release's signature
        """Yield the parameters."""
        yield from self._parameters.values()

    def namedparams(self, include_uninit: bool = True) -> Iterator[tuple[str, Any]]:  # noqa: ARG002
        """Yield pairs of a path, as ``/weight``, and a parameter."""
        yield from ((f"/{name}", parameter) for name, parameter in self._parameters.items())

    def cleargrads(self) -> None:
        """Leave no parameter a gradient."""
        for parameter in self.params():
            parameter.cleargrad()


def target_of(where: str, given: Any) -> Any:
    """Return what has `params` for a list, tuple or dict of parameters, or the link that was given.

    Raises
    ------
    StructureError
        If it is none of these, or a parameter occurs twice.
    LbrefError
        If a parameter's array cannot be updated.
    """
    if isinstance(given, list | tuple):
        given = {str(index): parameter for index, parameter in enumerate(given)}
    target = ParameterList(given) if isinstance(given, dict) else given
    if not callable(getattr(target, "params", None)):
        raise errors.StructureError(
            f"{where}: the target is a {kind(given)}, but must be a list, tuple or dict of chainer.Parameter, or have "
            f"params() as a link has"
        )
    seen: set[int] = set()
    for name, parameter in named(target):
        _check_parameter(f"{where}: {name}", parameter)
        if id(parameter) in seen:
            raise errors.StructureError(f"{where}: {name} is a parameter that occurs twice; pass each one once")
        seen.add(id(parameter))
    return target


def named(target: Any) -> list[tuple[str, Any]]:
    """Return the parameters of a target with their paths."""
    if hasattr(target, "namedparams"):
        return list(target.namedparams())
    return [(f"/{index}", parameter) for index, parameter in enumerate(target.params())]


def _check_parameter(where: str, parameter: Any) -> None:
    if not all(hasattr(parameter, name) for name in ("data", "grad", "update_rule")):
        raise errors.StructureError(f"{where} is a {kind(parameter)}, but must be a chainer.Parameter")
    check_data(where, parameter.data)


def check_data(where: str, data: Any) -> None:
    """Refuse what cannot be updated in place."""
    check_writable(where, data=data)
    check_stored(where, data=data)


def check_grad(where: str, data: Any, grad: Any) -> None:
    """Refuse a gradient that is not like the data: of one library, device, dtype and shape."""
    check_stored(where, grad=grad)
    check_same(where, "data", data, "grad", grad)


def give_zero_grad(parameter: Any) -> None:
    """Give a parameter without gradient one of zeros, so that decay acts on it all the same."""
    if parameter.grad is None:
        data = untracked(parameter.data)
        parameter.grad = namespace(data).zeros_like(data)
