"""How one parameter is updated, with its own state, count, hyperparameters and hooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..._types import Rule
from .._counts import following
from .._memory import Pending, untracked
from .hooking import Attempt, Hooks
from .numbers import Hyperparameter
from .parameter import check_data, check_grad


class UpdateRule:
    """The rule of one parameter.

    Attributes
    ----------
    enabled : bool
        False leaves the parameter as it is.
    hyperparam : Hyperparameter
        What is set here holds for this parameter only.
    state : dict or None
        Arrays by Chainer's names; None before the first update.
    t : int
        The number of updates.

    Parameters
    ----------
    hyperparam
        The optimizer's, which are read where nothing is set here.
    """

    rule: ClassVar[Rule]
    fields: ClassVar[Mapping[str, str]] = {}  # Chainer's name of a state -> the field of the rule's state

    def __init__(self, hyperparam: Hyperparameter) -> None:
        where = f"chainer.{type(self).__name__}"
        self.enabled = True
        self.hyperparam = Hyperparameter(where, hyperparam)
        self.state: dict[str, Any] | None = None
        self.t = 0
        self._hooks = Hooks(where)

    def add_hook(self, hook: Any, name: str | None = None, timing: str = "auto") -> None:
        """Add a hook for this parameter, called with (rule, parameter); see `GradientMethod.add_hook`."""
        self._hooks.add(hook, name, timing)

    def remove_hook(self, name: str) -> None:
        """Remove a hook by its name."""
        self._hooks.remove(name)

    @property
    def hooked(self) -> bool:
        """Whether this parameter has hooks of its own."""
        return bool(self._hooks)

    def update(self, param: Any) -> None:
        """Move a parameter that has a gradient by one step, with this rule's hooks around it.

        Raises
        ------
        LbrefError
            If its gradient does not fit; nothing has been changed then.
        """
        self.check("/", param)
        pending = Pending()
        with Attempt([param], [self], hooked=self.hooked):
            self.prepare("/", param, pending)
        pending.commit()
        self.conclude(param)

    def check(self, name: str, param: Any) -> None:
        """Refuse a parameter that cannot be updated."""
        where = f"chainer.{type(self).__name__}.update: {name}"
        check_data(where, param.data)
        if param.grad is not None:
            check_grad(where, param.data, param.grad)

    def prepare(self, name: str, param: Any, pending: Pending) -> None:
        """Call the hooks before the update and compute the step, which waits in `pending`."""
        if not self.enabled:
            return
        self.t = following(self.t)
        for hook in self._hooks.at("pre"):
            hook(self, param)
        if param.grad is None:
            return
        self.check(name, param)
        weight = untracked(param.data)
        at_rest = self.rule.init(weight)
        if self.state is None:
            self.state = {key: getattr(at_rest, field) for key, field in self.fields.items()}
        state = at_rest._replace(**{field: self.state[key] for key, field in self.fields.items()})
        moved, state = self.rule.update(weight, untracked(param.grad), state, self.t, **self.hyperparameters())
        pending.put(weight, moved)
        for key, field in self.fields.items():
            pending.put(self.state[key], getattr(state, field))

    def conclude(self, param: Any) -> None:
        """Call the hooks after the update."""
        for hook in self._hooks.at("post") if self.enabled else ():
            hook(self, param)

    def hyperparameters(self) -> dict[str, Any]:
        """Return the hyperparameters as the rule of `lbref` takes them."""
        raise NotImplementedError
