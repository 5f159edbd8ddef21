"""Chainer's gradient methods: which rule of lbref each of them is, and by which names it knows the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ... import errors, moments, trust
from ...combine import bind, decayed_apart, in_stored_precision, velocity_negated
from ...dialects import RULES
from ...rules import lamb
from .._counts import product
from .numbers import Hyperparameter, Proxy
from .optimizer import GradientMethod
from .update_rule import UpdateRule


class SGDRule(UpdateRule):
    """w ← w − γ g."""

    rule = in_stored_precision(bind(RULES["sgd@published"], momentum=0.0))

    def hyperparameters(self) -> dict[str, Any]:
        """Return the hyperparameters as the rule of `lbref` takes them."""
        return {"learning_rate": self.hyperparam.lr}


class SGD(GradientMethod):
    """Stochastic gradient descent: w ← w − γ g.

    Parameters
    ----------
    lr
        γ of the formula.
    """

    rule_class = SGDRule
    lr = Proxy()

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__(lr=lr)


class _MomentumRule(UpdateRule):
    """A rule with a velocity, which Chainer stores with the sign of the change."""

    fields: ClassVar[Mapping[str, str]] = {"v": "velocity"}

    def hyperparameters(self) -> dict[str, Any]:
        """Return the hyperparameters as the rule of `lbref` takes them."""
        return {"learning_rate": self.hyperparam.lr, "momentum": self.hyperparam.momentum}


class _Momentum(GradientMethod):
    lr = Proxy()
    momentum = Proxy()

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(lr=lr, momentum=momentum)


class MomentumSGDRule(_MomentumRule):
    """v ← m v − γ g, w ← w + v."""

    rule = in_stored_precision(velocity_negated(RULES["sgd@published"]))


class MomentumSGD(_Momentum):
    """SGD with momentum: v ← m v − γ g, w ← w + v; the velocity carries the rate.

    Parameters
    ----------
    lr, momentum
        γ and m of the formula.
    """

    rule_class = MomentumSGDRule


class CorrectedMomentumSGDRule(_MomentumRule):
    """v ← m v − g, w ← w + γ v."""

    rule = in_stored_precision(velocity_negated(RULES["sgd@goyal-2017"]))


class CorrectedMomentumSGD(_Momentum):
    """SGD with momentum after Goyal et al. 2017: v ← m v − g, w ← w + γ v; the rate is outside of the velocity.

    Parameters
    ----------
    lr, momentum
        γ and m of the formula.
    """

    rule_class = CorrectedMomentumSGDRule


class NesterovAGRule(_MomentumRule):
    """v ← m v − γ g, w ← w + m² v − (1 + m) γ g."""

    rule = in_stored_precision(velocity_negated(RULES["nag@chainer-7.8.1"]))


class NesterovAG(_Momentum):
    """Nesterov's accelerated gradient as released: v ← m v − γ g, w ← w + m² v − (1 + m) γ g with the new v.

    The paper that Chainer cites has the old v there (dialect ``nag@chainer-7.8.1-documented``).

    Parameters
    ----------
    lr, momentum
        γ and m of the formula.
    """

    rule_class = NesterovAGRule


class AdamRule(UpdateRule):
    """Adam: LAMB with a ratio of 1, both bias corrections in the rate, and the decay apart."""

    rule = in_stored_precision(
        decayed_apart(bind(lamb, bias_correction=moments.uncorrected, zero_norm=trust.one_always))
    )
    fields: ClassVar[Mapping[str, str]] = {"m": "mean", "v": "mean_square"}

    @property
    def alpha_t(self) -> float:
        """The rate of the last update."""
        return rate_at(self.hyperparam, self.t)

    def hyperparameters(self) -> dict[str, Any]:
        """Return the hyperparameters as the rule of `lbref` takes them."""
        given = self.hyperparam
        return {
            "learning_rate": product(given.eta, self.alpha_t),
            "beta1": given.beta1,
            "beta2": given.beta2,
            "eps": given.eps,
            "weight_decay": product(given.eta, given.weight_decay_rate),
        }


def rate_at(hyperparam: Hyperparameter, t: int) -> float:
    """Return α √(1 − β₂ᵗ) / (1 − β₁ᵗ)."""
    if t == 0:
        raise errors.StepError("chainer.Adam: alpha_t is known from the first update on; call update() first")
    rate: float = moments.rate_for_uncorrected(hyperparam.alpha, beta1=hyperparam.beta1, beta2=hyperparam.beta2, step=t)
    return rate


class Adam(GradientMethod):
    """Adam, with the decay apart: m and v are the moments, w ← w − η (α_t m / (√v + ε) + λ w).

    Parameters
    ----------
    alpha
        α of α_t = α √(1 − β₂ᵗ) / (1 − β₁ᵗ).
    beta1, beta2, eps
        The moments' decay rates β₁ and β₂, and ε of the formula.
    eta
        η of the formula, which multiplies rate and decay.
    weight_decay_rate
        λ of the formula.
    """

    rule_class = AdamRule
    alpha = Proxy()
    beta1 = Proxy()
    beta2 = Proxy()
    eps = Proxy()
    eta = Proxy()
    weight_decay_rate = Proxy()

    def __init__(
        self,
        alpha: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        eta: float = 1.0,
        weight_decay_rate: float = 0.0,
    ) -> None:
        super().__init__(alpha=alpha, beta1=beta1, beta2=beta2, eps=eps, eta=eta, weight_decay_rate=weight_decay_rate)

    @property
    def alpha_t(self) -> float:
        """The rate of the last update."""
        return rate_at(self.hyperparam, self.t)


__all__ = ["SGD", "Adam", "CorrectedMomentumSGD", "MomentumSGD", "NesterovAG"]
