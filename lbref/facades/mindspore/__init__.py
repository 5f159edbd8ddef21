"""MindSpore 2.10.0's LARS with the optimizers that it wraps, on arrays of any library, updated in place.

>>> import numpy as np
>>> from lbref.facades import mindspore
>>> weight = mindspore.Parameter(np.array([3.0, 4.0]), name="weight")
>>> momentum = mindspore.Momentum([weight], learning_rate=1.0, momentum=0.9, weight_decay=0.1)
>>> optimizer = mindspore.LARS(momentum, epsilon=0.0)
>>> optimizer((np.array([0.3, 0.4]),))
(True,)
>>> weight.data
array([2.997, 3.996])

The release runs `LARS` on Ascend only, and has deprecated it. What differs from it, beside running everywhere:

- ``Momentum(use_nesterov=True)`` is what its documentation says and its Ascend operator does; on a CPU the release
  ignores it.
- A schedule is a function of the global step, an integer from 0, in place of a ``LearningRateSchedule`` or ``Cell``.
- Weights in float64 are computed with in float64; on a CPU the release rounds them to float32.
- `Parameter` names must differ, and ``grad_centralization`` is refused.
- Where `use_clip` would divide 0 by 0, with a zero weight at a learning rate of 0, the rate is 1, not NaN.
"""

from .lars import LARS
from .optimizers import SGD, Momentum
from .parameter import Parameter

__all__ = ["LARS", "SGD", "Momentum", "Parameter"]
