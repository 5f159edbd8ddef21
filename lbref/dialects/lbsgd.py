"""LBSGD, as MXNet computes and documents it. There is no paper."""

from .. import hooks, inertia
from ..combine import bind, hooked
from ..rules import lbsgd
from ._dialect import Dialect

_SOURCE = "apache/mxnet@1.9.1:python/mxnet/optimizer/optimizer.py LBSGD"

_released = hooked(bind(lbsgd, while_waiting=lbsgd.step_at_rate_zero), late=(hooks.rescale, hooks.clip))

DIALECTS = {
    "mxnet-1.9.1-linear": Dialect(
        rule=bind(_released, warmup_strategy=lbsgd.linear),
        source=f"{_SOURCE}(warmup_strategy='linear')",
        differs="The mean gradient is rescaled and clipped; a waiting micro-batch takes a step at rate zero.",
    ),
    "mxnet-1.9.1-power2": Dialect(
        rule=bind(_released, warmup_strategy=lbsgd.power2),
        source=f"{_SOURCE}(warmup_strategy='power2')",
        differs="As mxnet-1.9.1-linear; the multiplier rises with the square of the count.",
    ),
    "mxnet-1.9.1-sqrt": Dialect(
        rule=bind(_released, warmup_strategy=lbsgd.sqrt),
        source=f"{_SOURCE}(warmup_strategy='sqrt')",
        differs="As mxnet-1.9.1-linear; the multiplier rises with the root of the count.",
    ),
    "mxnet-1.9.1-lars": Dialect(
        rule=bind(_released, warmup_strategy=lbsgd.lars),
        source=f"{_SOURCE}(warmup_strategy='lars')",
        differs="The multiplier is a ratio of norms, of the gradient before it is rescaled and clipped.",
    ),
    "mxnet-1.9.1-documented": Dialect(
        rule=hooked(bind(lbsgd, inertia=inertia.decay_outside_rate), late=(hooks.clip, hooks.rescale)),
        source=f"{_SOURCE}, docstring",
        differs="The docstring clips before it rescales and does not multiply the decay by the learning rate.",
    ),
}
