"""LAMB, as the world computes it."""

from .. import hooks, moments, trust
from ..combine import bind, hooked, restepped
from ..rules import lamb
from ._dialect import Dialect

_mxnet = hooked(bind(lamb, zero_norm=trust.one_if_either_vanishes), hooks.rescale, hooks.clip)


def _twice(step: int) -> int:
    return 2 * step


DIALECTS = {
    "published": Dialect(
        rule=bind(lamb),
        source="You et al. 2020, arXiv:1904.00962v5, Algorithm 2",
        differs="The published formula.",
    ),
    "published-uncorrected": Dialect(
        rule=bind(lamb, bias_correction=moments.uncorrected),
        source="You et al. 2020, arXiv:1904.00962v5, appendix; v3",
        differs="The moments are not corrected for their bias.",
    ),
    "mxnet-1.9.1": Dialect(
        rule=_mxnet,
        source="apache/mxnet@1.9.1:python/mxnet/optimizer/optimizer.py LAMB; 2.0.0b1 LAMB fused, in lists",
        differs="The gradient is rescaled and clipped; the ratio is 1 where a norm is zero.",
    ),
    "mxnet-1.9.1-uncorrected": Dialect(
        rule=bind(_mxnet, bias_correction=moments.uncorrected),
        source="apache/mxnet@1.9.1:python/mxnet/optimizer/optimizer.py LAMB(bias_correction=False)",
        differs="As mxnet-1.9.1; the moments are not corrected for their bias.",
    ),
    "mxnet-1.9.1-documented": Dialect(
        rule=bind(_mxnet, phi=trust.raised_to_both),
        source="apache/mxnet@1.9.1:src/operator/optimizer_op.cc lamb_update_phase2, description",
        differs="The operator's description takes the maximum with the upper bound too.",
    ),
    "mxnet-2.0.0b1-step": Dialect(
        rule=bind(_mxnet, zero_norm=trust.one_unless_both_usable),
        source="apache/mxnet@2.0.0.beta1:python/mxnet/optimizer/lamb.py LAMB(use_fused_step=False)",
        differs="As mxnet-1.9.1; the ratio is 1 also where a norm is NaN or infinite.",
    ),
    "mxnet-2.0.0b1-single": Dialect(
        rule=restepped(_mxnet, _twice),
        source="apache/mxnet@2.0.0.beta1:python/mxnet/optimizer/lamb.py LAMB(aggregate_num=1)",
        differs="Every step is counted twice: the bias corrections see t = 2, 4, 6.",
    ),
    "optax-0.2.8": Dialect(
        rule=bind(lamb, zero_norm=trust.one_if_either_vanishes),
        source="google-deepmind/optax@v0.2.8:optax/_src/alias.py lamb",
        differs="The ratio is 1 where a norm is zero; also Paddle Lamb with always_adapt.",
    ),
}
