"""The base class of MXNet's optimizers: what it counts, and where rates and decays come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ... import errors
from .._warnings import warn_caller
from .arguments import Arguments
from .counting import Counting, Index
from .multipliers import applied, from_symbol, multipliers, symbol_info
from .registry import Registry
from .states import States


class Optimizer(Registry, Counting, States, Arguments):
    """What every optimizer of MXNet accepts, counts and looks up; the classes of the two releases describe it."""

    def __init__(
        self,
        rescale_grad: float = 1.0,
        param_idx2name: Mapping[int, str] | None = None,
        wd: float = 0.0,
        clip_gradient: float | None = None,
        learning_rate: float | None = None,
        lr_scheduler: Callable[[int], float] | None = None,
        sym: Any = None,
        begin_num_update: int = 0,
        multi_precision: bool = False,
        param_dict: Mapping[Any, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self._refuse_unknown(kwargs)
        self.rescale_grad = self._number("rescale_grad", rescale_grad)
        self.wd = self._number("wd", wd, "weight_decay")
        self.clip_gradient = None if clip_gradient is None else self._number("clip_gradient", clip_gradient)
        self.multi_precision = self._flag("multi_precision", multi_precision)
        self._count_from(self._whole("begin_num_update", begin_num_update, "updates"))
        self.idx2name = self._names("param_idx2name", param_idx2name)
        self.sym_info = symbol_info(self._where, sym)
        self.param_dict = self._mapping("param_dict", param_dict)
        self.set_lr_mult({})
        self.set_wd_mult({})
        self._check_together()
        self._warn_without_decay()
        self._take_rate(learning_rate, lr_scheduler)

    def _warn_without_decay(self) -> None:
        names = self.idx2name.values()
        if self.wd and names and not self.param_dict and not any(self.wd_mult.get(name, 1.0) for name in names):
            warn_caller(
                f"{self._where}: wd is {self.wd}, but none of {', '.join(names)} decays, by their names; see "
                f"param_idx2name, or use set_wd_mult"
            )

    def _check_together(self) -> None:
        """Refuse arguments that do not go together, before the scheduler is written to."""

    def _take_rate(self, learning_rate: float | None, lr_scheduler: Any) -> None:
        """Let the rate overwrite the scheduler's base, as the release does, default rates included."""
        self.lr = None if learning_rate is None else self._number("learning_rate", learning_rate)
        self.lr_scheduler = lr_scheduler
        if lr_scheduler is None:
            self.lr = 0.01 if self.lr is None else self.lr
            return
        if not callable(lr_scheduler) or (self.lr is not None and not hasattr(lr_scheduler, "base_lr")):
            raise errors.HyperparameterError(
                f"{self._where}: lr_scheduler is {lr_scheduler!r}, but must be a function of the count of updates, "
                f"with a base_lr for the learning rate to overwrite, such as FactorScheduler(step=1000, factor=0.1)"
            )
        if self.lr is not None and lr_scheduler.base_lr != self.lr:
            warn_caller(
                f"{self._where}: the scheduler's base_lr, {lr_scheduler.base_lr}, is overwritten by the learning rate "
                f"of the optimizer, {self.lr}; a warmup still ends at the former"
            )
            lr_scheduler.base_lr = self.lr

    # --- rates and decays

    @property
    def learning_rate(self) -> float:
        """The rate at the present count, before any multiplier."""
        if self.lr_scheduler is None:
            return self._number("learning_rate", self.lr)  # type: ignore[no-any-return]
        name = f"the rate that {type(self.lr_scheduler).__name__} returned for the count {self.num_update}"
        return self._number(name, self.lr_scheduler(self.num_update), "learning_rate")  # type: ignore[no-any-return]

    def set_learning_rate(self, lr: float) -> None:
        """Set the rate.

        Raises
        ------
        SchedulerConflictError
            If a scheduler determines it.
        """
        if self.lr_scheduler is not None:
            raise errors.SchedulerConflictError(
                f"{self._where}.set_learning_rate: the rate is determined by {type(self.lr_scheduler).__name__}; set "
                f"its base_lr, or make the optimizer without lr_scheduler"
            )
        self.lr = self._number("learning_rate", lr)

    def set_lr_scale(self, args_lrscale: Any) -> None:
        """Warn that this is deprecated, and do nothing: use `set_lr_mult`."""
        del args_lrscale
        warn_caller("set_lr_scale is deprecated and does nothing; use set_lr_mult", DeprecationWarning)

    def set_lr_mult(self, args_lr_mult: Mapping[Index, float]) -> None:
        """Set the multipliers of the rate; parameters that are not named have 1, or their symbol's ``__lr_mult__``.

        Parameters
        ----------
        args_lr_mult
            Name or index of a parameter -> multiplier >= 0.

        Raises
        ------
        UnknownParameterError
            If a name is not one of the parameters'.
        """
        given = multipliers(f"{self._where}.set_lr_mult", args_lr_mult, self.idx2name, self.sym_info)
        self.lr_mult = from_symbol(self.sym_info, "__lr_mult__") | given

    def set_wd_mult(self, args_wd_mult: Mapping[Index, float]) -> None:
        """Set the multipliers of the decay; parameters that are not named have 1, or their symbol's ``__wd_mult__``.

        Where the release decides by name, see `_decays`, those that do not decay have 0 unless named here.

        Parameters and errors as `set_lr_mult`.
        """
        given = multipliers(f"{self._where}.set_wd_mult", args_wd_mult, self.idx2name, self.sym_info)
        excluded: dict[Index, float] = {name: 0.0 for name in self.idx2name.values() if not self._decays(name)}
        self.wd_mult = excluded | from_symbol(self.sym_info, "__wd_mult__") | given

    def _decays(self, name: str) -> bool:
        """Return whether a parameter of this name decays by default."""
        del name
        return True

    def _rate_of_call(self) -> float:
        """Return the rate of a call of update, for which the scheduler is asked once."""
        return self.learning_rate

    def _get_lrs(self, indices: Sequence[Index]) -> list[float]:
        rate = self._rate_of_call()
        return [applied(rate, i, "lr_mult", self.lr_mult, self.idx2name, self.param_dict) for i in indices]

    def _get_wds(self, indices: Sequence[Index]) -> list[float]:
        wd = self._number("wd", self.wd, "weight_decay")
        return [applied(wd, i, "wd_mult", self.wd_mult, self.idx2name, self.param_dict) for i in indices]

    def _get_lr(self, index: Index) -> float:
        return self._get_lrs([index])[0]

    def _get_wd(self, index: Index) -> float:
        return self._get_wds([index])[0]
