"""Schedulers whose rate follows a curve to an end."""

from __future__ import annotations

import functools
from typing import Any

from .... import errors, schedules
from ._base import LRScheduler


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
