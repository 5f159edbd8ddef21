"""States of parameters, as MXNet makes them: plain, or beside a float32 master copy of a weight in half precision."""

from __future__ import annotations

from typing import Any, ClassVar

from ... import errors
from ..._arrays import namespace
from ..._types import Rule
from ...combine.precision import CopyReader
from .._memory import Pending, untracked
from .._warnings import warn_caller
from .arguments import Arguments
from .layers import Layer, arrays_of, check_beside, check_weight, described, is_half
from .moving import move, move_master


class States(Arguments):
    """Makes states, and runs rules on them."""

    state_names: ClassVar[tuple[str, ...]] = ()
    """What the arrays of a state are called, in their order; none: the optimizer has no state."""

    master_first: ClassVar[bool] = True
    """Whether the master copy stands before the state in a pair, as most optimizers have it, or behind it."""

    multi_precision: bool

    def create_state(self, index: int | str, weight: Any) -> Any:
        """Return what the optimizer remembers of one parameter before its first update; None where it needs nothing.

        Parameters
        ----------
        index
            The parameter's index.
        weight
            An array that can be written to.

        Raises
        ------
        LbrefError
            If the weight is no array, cannot be written to, or is not of a real floating dtype.
        """
        del index
        check_weight(self._where, weight)

    def create_state_multi_precision(self, index: int | str, weight: Any) -> Any:
        """Return the state of one parameter, paired with a float32 master copy where the weight is in half precision.

        Parameters and errors as `create_state`.
        """
        check_weight(self._where, weight)
        if self._needs_master(weight):
            xp = namespace(weight)
            master = xp.astype(untracked(weight), xp.float32, copy=True)
            pair = (master, self.create_state(index, master))
            return pair if self.master_first else pair[::-1]
        if is_half(weight):
            warn_caller(
                f"{self._where}: a weight in half precision loses small updates; pass multi_precision=True for a "
                f"float32 master copy"
            )
        return self.create_state(index, weight)

    def _needs_master(self, weight: Any) -> bool:
        return self.multi_precision and is_half(weight)

    def _zeros(self, weight: Any, dtype: str | None = None) -> tuple[Any, ...]:
        """Return one array of zeros per name of the state, of the weight's dtype or another."""
        check_weight(self._where, weight)
        weight = untracked(weight)
        xp = namespace(weight)
        return tuple(xp.zeros_like(weight, dtype=getattr(xp, dtype) if dtype else None) for _ in self.state_names)

    def _move(
        self,
        pending: Pending,
        rule: Rule,
        layer: Layer,
        step: int,
        hyperparameters: dict[str, Any],
        *,
        multi_precision: bool,
        copy_reader: CopyReader | None = None,
        rests: bool = False,
    ) -> None:
        """Run a rule on one layer, on its master weight if it has one; a state that rests is checked and left."""
        if multi_precision and self._needs_master(layer.weight):
            state, master = self._pair(layer)
            kept = self._kept(layer, state, rests)
            move_master(pending, rule, layer, master, kept, step, hyperparameters, copy_reader=copy_reader)
        else:
            move(pending, rule, layer, self._kept(layer, layer.state, rests), step, hyperparameters)

    def _kept(self, layer: Layer, state: Any, rests: bool) -> dict[str, Any]:
        arrays = self._arrays(layer, state)
        return {} if rests else arrays

    def _arrays(self, layer: Layer, state: Any) -> dict[str, Any]:
        return arrays_of(self._where, layer, state, self.state_names)

    def _pair(self, layer: Layer, *, turned: bool = False) -> tuple[Any, Any]:
        """Return (state, master) of a layer whose weight is in half precision, from a pair that may be turned round."""
        if not isinstance(layer.state, list | tuple) or len(layer.state) != 2:  # noqa: PLR2004  a pair
            maker = "create_state" if turned else "create_state_multi_precision"
            raise errors.StateError(
                f"{self._where}, index {layer.index!r}: with multi_precision the state of a weight in half precision "
                f"is a pair of a float32 master copy and a state, as {maker} returns it, not a {described(layer.state)}"
            )
        first, second = layer.state
        state, master = (second, first) if self.master_first != turned else (first, second)
        at = f"{self._where}, index {layer.index!r}"
        check_beside(at, layer.weight, "master", master)
        if master.dtype != namespace(master).float32:
            raise errors.StateError(f"{at}: the master copy is {master.dtype}, but must be float32")
        return state, master


class Velocity(States):
    """States of one velocity, or none where there is no momentum; it is what is added to the weight."""

    state_names = ("velocity",)
    momentum: float

    def create_state(self, index: int | str, weight: Any) -> Any:
        """Return zeros shaped like the weight, or None without momentum; see `States.create_state`."""
        del index
        (velocity,) = self._zeros(weight)
        return velocity if self.momentum else None

    def _arrays(self, layer: Layer, state: Any) -> dict[str, Any]:
        return {} if state is None and not self.momentum else super()._arrays(layer, state)


class Moments(States):
    """States of two moments, mean and mean square."""

    state_names = ("mean", "mean_square")
    moments_dtype: ClassVar[str | None] = None
    """The dtype of the moments, by the array library's name; None: that of the weight."""

    def create_state(self, index: int | str, weight: Any) -> Any:
        """Return a pair of zeros shaped like the weight; see `States.create_state`."""
        del index
        return self._zeros(weight, self.moments_dtype)
