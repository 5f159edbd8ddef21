"""LARS as a gradient transformation: Chainer's hook and MindSpore's wrapper."""

from functools import partial

from .. import trust
from ..hooks import gradient_lars
from ._dialect import Dialect

_MINDSPORE = "mindspore-ai/mindspore@v2.10.0:mindspore/python/mindspore/nn/optim/lars.py LARS"

DIALECTS = {
    "chainer-7.8.1": Dialect(
        rule=partial(gradient_lars, eps=1e-9, zero_norm=trust.one_up_to(1e-2)),
        source="chainer/chainer@v7.8.1:chainer/optimizer_hooks/gradient_lars.py GradientLARS",
        differs="The rate is 1 unless the weight's norm exceeds the threshold 1e-2; the decay is added all the same.",
    ),
    "chainer-7.8.1-documented": Dialect(
        rule=partial(gradient_lars, eps=0.0, zero_norm=trust.as_published),
        source="chainer/chainer@v7.8.1:chainer/optimizer_hooks/gradient_lars.py GradientLARS, docstring",
        differs="The docstring's formula has neither epsilon nor threshold.",
    ),
    "mindspore-2.10.0": Dialect(
        rule=partial(gradient_lars, trust_coefficient=0.001, eps=1e-5),
        source=f"{_MINDSPORE} and its kernel LARSUpdate",
        differs="Epsilon 1e-5 stands in the denominator; a zero weight gets rate 0.",
    ),
    "mindspore-2.10.0-documented": Dialect(
        rule=partial(gradient_lars, trust_coefficient=0.001, eps=0.0),
        source=f"{_MINDSPORE}, docstring",
        differs="The docstring's formula has no epsilon.",
    ),
    "mindspore-2.10.0-clip": Dialect(
        rule=partial(gradient_lars, trust_coefficient=0.001, eps=1e-5, bound=trust.between_zero_and_learning_rate),
        source=f"{_MINDSPORE}(use_clip=True) and its kernel LARSUpdate",
        differs="The rate is divided by the learning rate and clamped to [0, 1].",
    ),
    "mindspore-2.10.0-clip-documented": Dialect(
        rule=partial(gradient_lars, trust_coefficient=0.001, eps=0.0, bound=trust.at_most_learning_rate),
        source=f"{_MINDSPORE}(use_clip=True), docstring",
        differs="The docstring's formula has no epsilon and bounds the rate from above only.",
    ),
}
