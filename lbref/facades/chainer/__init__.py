"""Chainer 7.8.1's gradient methods and hooks on arrays of any library, updated in place.

>>> import numpy as np
>>> from lbref.facades import chainer
>>> weight = chainer.Parameter(np.array([3.0, 4.0]), name="weight")
>>> optimizer = chainer.MomentumSGD(lr=0.01).setup([weight])
>>> optimizer.add_hook(chainer.GradientLARS(weight_decay=0.1))
>>> weight.grad = np.array([0.3, 0.4])
>>> optimizer.update()
>>> weight.data
array([2.97, 3.96])

``optimizers`` and ``optimizer_hooks`` have the names of Chainer's own modules. What differs from the release:

- A number out of range is refused when it is set, and a name that no rule reads is refused in ``hyperparam``.
- When `update` raises, gradients, weights and counts are as they were before it, unless it is a hook of timing 'post'
  or the loss function that raises: those come after the step, and before anything that could be put back.
- Hooks of an update rule run for all parameters, then all parameters move.
- Norms neither overflow nor vanish, also in float16, where the release computes NaN for four elements of 300.
- Checkpoints are `state_dict` and `load_state_dict`, with `lbref.facades.checkpoint`; there is no ``serialize``.
- Adam has no amsgrad and no adabound; there is no loss scaling and no ``use_fp32_update``.
"""

from . import optimizer_hooks, optimizers
from .optimizer_hooks import GradientLARS, WeightDecay
from .optimizers import SGD, Adam, CorrectedMomentumSGD, MomentumSGD, NesterovAG
from .parameter import Parameter

__all__ = [
    "SGD",
    "Adam",
    "CorrectedMomentumSGD",
    "GradientLARS",
    "MomentumSGD",
    "NesterovAG",
    "Parameter",
    "WeightDecay",
    "optimizer_hooks",
    "optimizers",
]
