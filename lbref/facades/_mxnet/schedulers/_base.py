"""The base class of schedulers: the warmup."""

from __future__ import annotations

import numbers
from typing import Any

from .... import errors, warmup
from ...._numbers import untraced_number

_RISE = {"linear": warmup.mxnet_linear, "constant": warmup.mxnet_constant}


class LRScheduler:
    """A learning rate as a function of the count of updates, after a warmup.

    Parameters
    ----------
    base_lr
        The rate at the end of the warmup.
    warmup_steps
        N, the number of updates until then.
    warmup_begin_lr
        The rate at the beginning, at most `base_lr`.
    warmup_mode
        ``'linear'``, or ``'constant'``: `warmup_begin_lr` until N.

    Raises
    ------
    HyperparameterError
        If an argument is outside its range.
    """

    def __init__(
        self,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        self.base_lr: float = self._number("base_lr", base_lr, "learning_rate")
        self.warmup_final_lr = self.base_lr
        self.warmup_steps = self._number("warmup_steps", warmup_steps, "warmup_updates")
        self.warmup_begin_lr = self._number("warmup_begin_lr", warmup_begin_lr, "begin")
        if self.warmup_begin_lr > self.base_lr:
            raise errors.HyperparameterError(
                f"{self._where}: warmup_begin_lr is {warmup_begin_lr!r} and base_lr is {base_lr!r}, but a warmup must "
                f"rise: warmup_begin_lr must be at most base_lr"
            )
        if not isinstance(warmup_mode, str) or warmup_mode not in _RISE:  # type: ignore[redundant-expr]
            raise errors.HyperparameterError(
                f"{self._where}: warmup_mode is {warmup_mode!r}, but must be one of {', '.join(_RISE)}"
            )
        self.warmup_mode = warmup_mode

    @property
    def _where(self) -> str:
        return type(self).__name__

    def _number(self, name: str, value: Any, range_of: str) -> Any:
        return untraced_number(self._where, name, value, range_of=range_of)

    def get_warmup_lr(self, num_update: int) -> float:
        """Return the rate of an update during the warmup."""
        rise = _RISE[self.warmup_mode]
        return rise(num_update, begin=self.warmup_begin_lr, final=self.warmup_final_lr, updates=self.warmup_steps)

    def __call__(self, num_update: int) -> float:
        """Return the rate of an update.

        Raises
        ------
        StepError
            If `num_update` is not an integer >= 0.
        """
        if isinstance(num_update, bool) or not isinstance(num_update, numbers.Integral) or num_update < 0:
            raise errors.StepError(f"{self._where}: num_update is {num_update!r}, but must be an integer >= 0")
        rising = num_update < self.warmup_steps
        return self.get_warmup_lr(num_update) if rising else self._after_warmup(num_update)

    def _after_warmup(self, num_update: int) -> float:
        raise NotImplementedError("a scheduler must say what follows the warmup")
