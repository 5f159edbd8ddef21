"""What all of Chainer's gradient methods share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ... import errors
from .._counts import following
from .._memory import Pending
from . import saving
from .hooking import Attempt, Hooks
from .numbers import Hyperparameter
from .parameter import give_zero_grad, named, target_of
from .update_rule import UpdateRule


class GradientMethod:
    """An optimizer that gives every parameter an update rule.

    Attributes
    ----------
    target
        What was set up: it has ``params()``.
    t : int
        The number of updates.
    epoch : int
        The number of calls of `new_epoch`.
    hyperparam : Hyperparameter
        The numbers that hold for every parameter which has none of its own.
    """

    rule_class: ClassVar[type[UpdateRule]]

    def __init__(self, **numbers: Any) -> None:
        self._where = f"chainer.{type(self).__name__}"
        self.hyperparam = Hyperparameter(self._where, **numbers)
        self.target: Any = None
        self.t = 0
        self.epoch = 0
        self._hooks: Hooks | None = None

    def setup(self, link: Any) -> Any:
        """Take over parameters: count from 0, forget all hooks, give each parameter a new rule. Return the optimizer.

        Parameters
        ----------
        link
            A list, tuple or dict of `Parameter`, or anything with ``params()`` or ``namedparams()``, as a link has.

        Raises
        ------
        LbrefError
            If it is anything else, or a parameter cannot be updated in place.
        """
        self.target = target_of(f"{self._where}.setup", link)
        self.t = 0
        self.epoch = 0
        self._hooks = Hooks(self._where)
        for param in self.target.params():
            param.update_rule = self.create_update_rule()
        return self

    def create_update_rule(self) -> UpdateRule:
        """Return a new rule for one parameter."""
        return self.rule_class(self.hyperparam)

    def new_epoch(self) -> None:
        """Count one epoch more."""
        self.epoch = following(self.epoch)

    def add_hook(self, hook: Any, name: str | None = None, timing: str = "auto") -> None:
        """Add a hook.

        Parameters
        ----------
        hook
            Called with (rule, parameter) for each parameter if its ``call_for_each_param`` is true, else once with the
            optimizer.
        name
            By default the hook's ``name`` or ``__name__``.
        timing
            ``'pre'`` before the update, ``'post'`` after it, ``'auto'`` for the hook's ``timing``, or else ``'pre'``.

        Raises
        ------
        HookError
            If there is a hook of that name already.
        HyperparameterError
            If the hook cannot be called or has no name, or the timing is none of these.
        NotSetUpError
            Before `setup`.
        """
        self._hooked("add_hook").add(hook, name, timing)

    def remove_hook(self, name: str) -> None:
        """Remove a hook by its name; a `HookError` if there is none."""
        self._hooked("remove_hook").remove(name)

    def call_hooks(self, timing: str = "pre") -> None:
        """Call the hooks of a timing, in the order in which they were added."""
        for hook in self._hooked("call_hooks").at(timing):
            self.call_hook(hook)

    def call_hook(self, hook: Callable[..., Any]) -> None:
        """Call one hook; a gradient that it cleared becomes one of zeros."""
        if getattr(hook, "call_for_each_param", False):
            for param in self.target.params():
                hook(param.update_rule, param)
        else:
            hook(self)
        self.reallocate_cleared_grads()

    def reallocate_cleared_grads(self) -> None:
        """Give zeros to every parameter without gradient: decay and momentum act on it as on any other."""
        for param in self.target.params():
            give_zero_grad(param)

    def update(self, lossfun: Callable[..., Any] | None = None, *args: Any, **kwds: Any) -> None:
        """Move all parameters by one step along their gradients, which hooks change in place before.

        Parameters
        ----------
        lossfun
            If given, it is called first. If what it returns has ``backward()``, the gradients are cleared and that is
            called; otherwise the function is to fill them itself.
        *args, **kwds
            Passed to `lossfun`.

        Raises
        ------
        NotSetUpError
            Before `setup`.
        LbrefError
            If a gradient does not fit its parameter.
        """
        hooks = self._hooked("update")
        if lossfun is not None:
            self._backward(lossfun(*args, **kwds))
        ruled = [(name, param) for name, param in named(self.target) if param.update_rule is not None]
        for name, param in ruled:
            param.update_rule.check(name, param)
        params, rules = [param for _, param in ruled], [param.update_rule for _, param in ruled]
        pending = Pending()
        with Attempt(params, rules, self, hooked=bool(hooks) or any(rule.hooked for rule in rules)):
            self.reallocate_cleared_grads()
            self.call_hooks("pre")
            self.t = following(self.t)
            for name, param in ruled:
                param.update_rule.prepare(name, param, pending)
        pending.commit()
        for _, param in ruled:
            param.update_rule.conclude(param)
        self.reallocate_cleared_grads()
        self.call_hooks("post")

    def _backward(self, loss: Any) -> None:
        if hasattr(loss, "backward"):
            for param in self.target.params():
                param.grad = None
            loss.backward()

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` continues from, as copies: numbers, counts and states, no weights, no hooks."""
        self._hooked("state_dict")
        return saving.state_dict(self)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` returned; weights and hooks are restored by whoever saved them.

        Parameters
        ----------
        state
            Of an optimizer of the same class for parameters of the same names, shapes and dtypes. Its arrays may be of
            another library, as `lbref.facades.checkpoint` loads them.

        Raises
        ------
        CheckpointError
            If it is anything else; nothing has been changed then.
        NotSetUpError
            Before `setup`.
        """
        self._hooked("load_state_dict")
        saving.load_state_dict(self, state)

    def _hooked(self, method: str) -> Hooks:
        if self._hooks is None:
            raise errors.NotSetUpError(
                f"{self._where}.{method}: the optimizer has no parameters yet; call setup(parameters) first"
            )
        return self._hooks
