"""Warmup rules, by who computes them."""

from .. import warmup
from ._dialect import Dialect

_LBSGD = "apache/mxnet@1.9.1:python/mxnet/optimizer/optimizer.py LBSGD._get_lbmult"
_MXNET = "apache/mxnet@1.9.1:python/mxnet/lr_scheduler.py LRScheduler.get_warmup_lr"

DIALECTS = {
    "lbsgd-linear": Dialect(warmup.lbsgd_linear, f"{_LBSGD} 'linear'", "A multiplier from 1 to batch_scale."),
    "lbsgd-power2": Dialect(warmup.lbsgd_power2, f"{_LBSGD} 'power2'", "As lbsgd-linear, with the square."),
    "lbsgd-sqrt": Dialect(warmup.lbsgd_sqrt, f"{_LBSGD} 'sqrt'", "As lbsgd-linear, with the root."),
    "lbsgd-none": Dialect(warmup.lbsgd_none, f"{_LBSGD}, any other name", "1, then a jump to batch_scale."),
    "goyal-2017": Dialect(warmup.gradual, "Goyal et al. 2017, arXiv:1706.02677, section 2.2", "The published formula."),
    "mxnet-linear": Dialect(warmup.mxnet_linear, f"{_MXNET} 'linear'", "A rate, from its own begin to its own final."),
    "mxnet-constant": Dialect(warmup.mxnet_constant, f"{_MXNET} 'constant'", "Holds its begin, then jumps."),
    "chainer-7.8.1": Dialect(
        warmup.chainer_shift,
        "chainer/chainer@v7.8.1:chainer/training/extensions/warmup_shift.py WarmupShift",
        "A rate; the first step uses start itself.",
    ),
}
