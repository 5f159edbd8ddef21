"""Gradient hooks that all systems share, by their own names."""

from .. import hooks
from ._dialect import Dialect

_MXNET = "apache/mxnet@1.9.1:python/mxnet/optimizer/optimizer.py Optimizer"

DIALECTS = {
    "rescale": Dialect(hooks.rescale, f"{_MXNET}(rescale_grad)", "Every gradient, times one factor."),
    "clip": Dialect(hooks.clip, f"{_MXNET}(clip_gradient)", "Element by element, after rescaling."),
    "decay": Dialect(
        hooks.decay,
        "chainer/chainer@v7.8.1:chainer/optimizer_hooks/weight_decay.py WeightDecay",
        "Adds the decay to the gradient, so that later hooks see it.",
    ),
    "clip-global-norm": Dialect(
        hooks.clip_global_norm,
        "NVIDIA/apex:apex/optimizers/fused_lamb.py FusedLAMB(max_grad_norm)",
        "All gradients of a model, divided by one number; also timm Lamb.",
    ),
}
