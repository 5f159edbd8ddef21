"""Schedulers whose rate is multiplied by a factor again and again."""

from __future__ import annotations

from typing import Any

from .... import errors, schedules
from ._base import LRScheduler


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
