"""NAG, as the world computes it."""

from .. import hooks, inertia
from ..combine import bind, decay_reads_new_weight, hooked
from ..rules import nag
from ._dialect import Dialect

DIALECTS = {
    "published": Dialect(
        rule=bind(nag),
        source="Sutskever et al. 2013, equations 3 and 4, at the look-ahead",
        differs="The published formula; also Keras SGD(nesterov=True) without decay.",
    ),
    "torch-2.13.0": Dialect(
        rule=bind(nag, inertia=inertia.nesterov_rate_outside),
        source="pytorch/pytorch@v2.13.0:torch/optim/sgd.py SGD(nesterov=True)",
        differs="The learning rate is outside the velocity: also timm, optax sgd, Paddle Momentum, MindSpore SGD.",
    ),
    "mxnet-1.9.1": Dialect(
        rule=decay_reads_new_weight(hooked(nag, hooks.rescale, hooks.clip)),
        source="apache/mxnet@1.9.1:src/operator/optimizer_op-inl.h NAGMomKernel, called in place",
        differs="The weight is written before the velocity, whose decay therefore reads the new weight.",
    ),
    "mxnet-1.9.1-documented": Dialect(
        rule=hooked(bind(nag, inertia=inertia.nesterov_decay_in_velocity_only), hooks.rescale, hooks.clip),
        source="apache/mxnet@1.9.1:python/mxnet/optimizer/optimizer.py NAG, docstring",
        differs="The docstring has the rate outside the velocity and no decay in the direct term.",
    ),
    "mxnet-2.0.0b1": Dialect(
        rule=hooked(nag, hooks.rescale, hooks.clip),
        source="apache/mxnet@2.0.0.beta1:python/mxnet/optimizer/nag.py NAG, code and docstring",
        differs="The gradient is rescaled, then clipped, then decayed; the stored velocity has the opposite sign.",
    ),
    "chainer-7.8.1": Dialect(
        rule=bind(nag, inertia=inertia.nesterov_new_velocity_squared),
        source="chainer/chainer@v7.8.1:chainer/optimizers/nesterov_ag.py NesterovAG",
        differs="The squared momentum multiplies the new velocity instead of the old one.",
    ),
    "chainer-7.8.1-documented": Dialect(
        rule=bind(nag, inertia=inertia.nesterov_old_velocity_squared),
        source="Bengio et al. 2012, arXiv:1212.0901, equation 7, which NesterovAG's docstring cites",
        differs="Written with the old velocity; for a constant momentum this is the published formula.",
    ),
}
