"""SGD with momentum, as the world computes it."""

from .. import hooks, inertia
from ..combine import bind, hooked
from ..rules import sgd
from ._dialect import Dialect

DIALECTS = {
    "published": Dialect(
        rule=bind(sgd),
        source="Sutskever et al. 2013, equations 1 and 2",
        differs="The published formula; also Chainer 7.8.1 MomentumSGD.",
    ),
    "goyal-2017": Dialect(
        rule=bind(sgd, inertia=inertia.rate_outside),
        source="Goyal et al. 2017, arXiv:1706.02677, equation 9",
        differs="The learning rate is outside the velocity: torch, MindSpore, Chainer CorrectedMomentumSGD.",
    ),
    "mxnet-1.9.1": Dialect(
        rule=hooked(sgd, hooks.rescale, hooks.clip),
        source="apache/mxnet@1.9.1:python/mxnet/optimizer/optimizer.py SGD",
        differs="The gradient is rescaled, then clipped, then decayed; the stored velocity has the opposite sign.",
    ),
    "mxnet-1.9.1-documented": Dialect(
        rule=hooked(sgd, hooks.clip, hooks.rescale),
        source="apache/mxnet@1.9.1:python/mxnet/optimizer/optimizer.py SGD, docstring",
        differs="The docstring clips the gradient before it rescales it.",
    ),
    "mxnet-2.0.0b1-documented": Dialect(
        rule=hooked(bind(sgd, weight_decay=0.0), hooks.rescale, hooks.decay, hooks.clip),
        source="apache/mxnet@2.0.0.beta1:python/mxnet/optimizer/sgd.py SGD, docstring of the lazy update",
        differs="The docstring clips the sum of the rescaled gradient and the decay.",
    ),
}
