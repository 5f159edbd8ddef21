"""Learning-rate schedulers, stateful as MXNet releases them: python/mxnet/lr_scheduler.py, alike in 1.9.1 and 2.0.0b1.

The values are those of `lbref.schedules`. What only the classes do: `base_lr` moves, and never back; the rate at which
a warmup ends is frozen when the scheduler is made; PolyScheduler and CosineScheduler ignore a `base_lr` that an
optimizer sets, and beyond `max_update` return what they returned last.
"""

from __future__ import annotations

import functools
import numbers
from typing import Any

from ... import errors, schedules, warmup
from ..._numbers import plain_number

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
        return plain_number(self._where, name, value, range_of=range_of)

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


class _Falling(LRScheduler):
    """What Factor- and MultiFactorScheduler share: `base_lr` is multiplied by `factor` again and again."""

    def __init__(self, factor: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = self._number("factor", factor, "factor")
        if self.factor > 1:
            raise errors.HyperparameterError(
                f"{self._where}: factor is {factor!r}, but must be at most 1, so that the rate falls"
            )
        self.count = 0


class FactorScheduler(_Falling):
    """`base_lr` times `factor` after every `step` updates, down to `stop_factor_lr`: `lbref.schedules.factor`.

    Parameters
    ----------
    step
        Updates between two changes; a change due at m shows at m + 1.
    factor
        At most 1.
    stop_factor_lr
        The rate does not fall below it.
    base_lr, warmup_steps, warmup_begin_lr, warmup_mode
        As in `LRScheduler`. The clock of the changes runs during the warmup.
    """

    def __init__(
        self,
        step: int,
        factor: float = 1,
        stop_factor_lr: float = 1e-8,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(
            factor=factor,
            base_lr=base_lr,
            warmup_steps=warmup_steps,
            warmup_begin_lr=warmup_begin_lr,
            warmup_mode=warmup_mode,
        )
        self.step = self._number("step", step, "period")
        self.stop_factor_lr = self._number("stop_factor_lr", stop_factor_lr, "floor")

    def _after_warmup(self, num_update: int) -> float:
        since = max(num_update - self.count, 0)
        self.base_lr = schedules.factor(
            since, learning_rate=self.base_lr, period=self.step, factor=self.factor, floor=self.stop_factor_lr
        )
        self.count += schedules.completed(since) // self.step * self.step
        return self.base_lr


class MultiFactorScheduler(_Falling):
    """`base_lr` times `factor` after each of the updates in `step`: `lbref.schedules.multi_factor`.

    Parameters
    ----------
    step
        An increasing list of counts; a change due at m shows at m + 1.
    factor
        At most 1.
    base_lr, warmup_steps, warmup_begin_lr, warmup_mode
        As in `LRScheduler`. The clock of the changes runs during the warmup.
    """

    def __init__(
        self,
        step: list[int],
        factor: float = 1,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(
            factor=factor,
            base_lr=base_lr,
            warmup_steps=warmup_steps,
            warmup_begin_lr=warmup_begin_lr,
            warmup_mode=warmup_mode,
        )
        if not _is_list(step):
            raise errors.HyperparameterError(f"{self._where}: step is {step!r}, but must be a list of counts")
        self.step = [self._number(f"step[{index}]", count, "period") for index, count in enumerate(step)]
        if sorted(set(self.step)) != self.step:
            raise errors.HyperparameterError(f"{self._where}: step is {step!r}, but its counts must increase")
        self.cur_step_ind = 0

    def _after_warmup(self, num_update: int) -> float:
        ahead = self.step[self.cur_step_ind :]
        passed = sum(count <= schedules.completed(num_update) for count in ahead)
        self.base_lr = schedules.multi_factor(
            num_update, learning_rate=self.base_lr, milestones=tuple(ahead), factor=self.factor
        )
        self.cur_step_ind += passed
        self.count = self.step[self.cur_step_ind - 1] if self.cur_step_ind else self.count
        return self.base_lr


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


class _Ending(LRScheduler):
    """What Poly- and CosineScheduler share: from `base_lr` to `final_lr` at `max_update`, and no further."""

    def __init__(self, max_update: int, final_lr: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.base_lr_orig = self.base_lr
        self.max_update = self._number("max_update", max_update, "period")
        self.final_lr = self._number("final_lr", final_lr, "final")
        if self.warmup_steps >= self.max_update:
            raise errors.HyperparameterError(
                f"{self._where}: warmup_steps is {self.warmup_steps} and max_update is {max_update}, but the warmup "
                f"must end before max_update"
            )
        self.max_steps = self.max_update - self.warmup_steps

    @property
    def _schedule(self) -> Any:
        raise NotImplementedError("a scheduler that ends must say along which curve")

    def _after_warmup(self, num_update: int) -> float:
        if num_update <= self.max_update:
            self.base_lr = self._schedule(
                num_update,
                learning_rate=self.base_lr_orig,
                updates=self.max_update,
                final_learning_rate=self.final_lr,
                warmup_updates=self.warmup_steps,
            )
        return self.base_lr


class PolyScheduler(_Ending):
    """From `base_lr` to `final_lr` along a power of what is left: `lbref.schedules.polynomial`.

    Parameters
    ----------
    max_update
        The count at which `final_lr` is reached.
    base_lr, warmup_steps, warmup_begin_lr, warmup_mode
        As in `LRScheduler`.
    pwr
        The power, >= 0.
    final_lr
        The rate at the end.
    """

    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        pwr: float = 2,
        final_lr: float = 0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(
            max_update,
            final_lr,
            base_lr=base_lr,
            warmup_steps=warmup_steps,
            warmup_begin_lr=warmup_begin_lr,
            warmup_mode=warmup_mode,
        )
        self.power = self._number("pwr", pwr, "power")

    @property
    def _schedule(self) -> Any:
        return functools.partial(schedules.polynomial, power=self.power)


class CosineScheduler(_Ending):
    """From `base_lr` to `final_lr` along half a cosine: `lbref.schedules.cosine`.

    Parameters
    ----------
    max_update
        The count at which `final_lr` is reached.
    base_lr, warmup_steps, warmup_begin_lr, warmup_mode
        As in `LRScheduler`.
    final_lr
        The rate at the end.
    """

    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        final_lr: float = 0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(
            max_update,
            final_lr,
            base_lr=base_lr,
            warmup_steps=warmup_steps,
            warmup_begin_lr=warmup_begin_lr,
            warmup_mode=warmup_mode,
        )

    @property
    def _schedule(self) -> Any:
        return schedules.cosine
