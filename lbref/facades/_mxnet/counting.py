"""What an optimizer counts and remembers beside the states of the parameters."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from ... import errors
from ..._arrays import device
from .._memory import Pending, copied
from .._saved import check_keys, check_owner, count
from .rates import counted
from .remembered import CHECKS

Index = int | str


class Counting:
    """Counts of updates per parameter and device, restored if an update fails, saved and loaded as a plain tree."""

    release: ClassVar[str] = ""
    remembers: ClassVar[tuple[str, ...]] = ("num_update", "lr", "lr_mult", "wd_mult")
    """What changes from call to call; a subclass adds its own."""

    lr: float | None
    lr_scheduler: Callable[[int], float] | None

    def _count_from(self, begin_num_update: int) -> None:
        self.begin_num_update = begin_num_update
        self.num_update = begin_num_update
        self._all_index_update_counts: dict[int, dict[Index, int]] = {0: {}}
        self._index_update_count = self._all_index_update_counts[0]
        self._devices: dict[str, int] = {}
        self._pending: Pending | None = None

    def _device_id(self, weight: Any) -> int:
        """Return 0 for the first device that any `Updater` of this optimizer sees, 1 for the next."""
        return self._devices.setdefault(str(device(weight)), len(self._devices))

    def _set_current_context(self, device_id: int) -> None:
        """Count for one of several devices that share this optimizer: each has its own counts."""
        self._index_update_count = self._all_index_update_counts.setdefault(device_id, {})

    def _update_count(self, index: Index | Sequence[Index]) -> None:
        indices = index if isinstance(index, list | tuple) else [index]
        self.num_update = counted(self._index_update_count, indices, self.begin_num_update, self.num_update)  # type: ignore[arg-type]

    @contextlib.contextmanager
    def _all_or_nothing(self) -> Iterator[Pending]:
        """Collect what is to be written; if anything goes wrong, counts and the scheduler are as before.

        Within another such block, as of an `Updater` with several calls to make, it is that which writes or restores.
        """
        if self._pending is not None:
            yield self._pending
            return
        self._pending, before = Pending(), self._remembered()
        try:
            yield self._pending
        except BaseException:
            self._recall(before)
            raise
        else:
            self._pending.commit()
        finally:
            self._pending = None

    def state_dict(self) -> dict[str, Any]:
        """Return what the optimizer counts, as a tree for `lbref.facades.checkpoint`: not the states of parameters.

        Arrays in it, such as the sums of LBSGD, are copies.
        """
        return copied(self._remembered())  # type: ignore[no-any-return]

    def _remembered(self) -> dict[str, Any]:
        counts = self._all_index_update_counts
        current = next(device for device in counts if counts[device] is self._index_update_count)
        return {
            "optimizer": f"{self.release}.{type(self).__name__}",
            "counts": {device: dict(per_index) for device, per_index in counts.items()},
            "current_context": current,
            "scheduler": dict(vars(self.lr_scheduler)) if hasattr(self.lr_scheduler, "__dict__") else {},
            **{name: copy.copy(getattr(self, name)) for name in self.remembers},
        }

    def load_state_dict(self, state: Any) -> None:
        """Continue where the optimizer stood that `state_dict` was asked of.

        Raises
        ------
        CheckpointError
            If the tree is of another class of optimizer, or of an optimizer with another kind of scheduler.
        """
        own = self._remembered()
        where = f"{own['optimizer']}.load_state_dict"
        check_owner(where, state, own["optimizer"])
        check_keys(where, "the state", state, own)
        _check_counts(where, state["counts"], state["current_context"])
        for name in CHECKS.keys() & set(self.remembers):  # a class of your own may remember more
            CHECKS[name](where, name, state[name])
        check_keys(where, "the state of the scheduler", state["scheduler"], own["scheduler"])
        self._recall(state)

    def _recall(self, state: dict[str, Any]) -> None:
        self._all_index_update_counts = {device: dict(counts) for device, counts in state["counts"].items()}
        self._index_update_count = self._all_index_update_counts[state["current_context"]]
        if hasattr(self.lr_scheduler, "__dict__"):
            vars(self.lr_scheduler).update(state["scheduler"])
        for name in self.remembers:
            setattr(self, name, copy.copy(state[name]))


def _check_counts(where: str, counts: Any, current: Any) -> None:
    """Refuse what are no counts of updates by device and index, the current device among them."""
    if not isinstance(counts, dict) or not isinstance(current, int) or current not in counts:
        raise errors.CheckpointError(f"{where}: counts is {counts!r}, but must be a dict that has device {current!r}")
    for device_id, per_index in counts.items():
        if not isinstance(per_index, dict):
            raise errors.CheckpointError(f"{where}: counts[{device_id!r}] is {per_index!r}, but must be a dict")
        for index, value in per_index.items():
            count(where, f"counts[{device_id!r}][{index!r}]", value)
