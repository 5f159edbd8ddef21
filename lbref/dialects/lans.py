"""LANS, as the world computes it."""

from .. import hooks, trust
from ..combine import bind, hooked
from ..rules import lans
from ._dialect import Dialect

_mxnet = hooked(
    bind(lans, unit=trust.unit_or_nan, zero_norm=trust.one_if_either_vanishes),
    hooks.rescale,
    late=(hooks.clip,),
)

DIALECTS = {
    "published": Dialect(
        rule=bind(lans),
        source="Zheng et al. 2020, arXiv:2006.13484, Algorithm 2",
        differs="The published formula.",
    ),
    "mxnet-2.0.0b1": Dialect(
        rule=_mxnet,
        source="apache/mxnet@2.0.0.beta1:python/mxnet/optimizer/lans.py LANS, fused",
        differs="A zero gradient becomes NaN; clipping follows the normalisation; a ratio is 1 where a norm is zero.",
    ),
    "mxnet-2.0.0b1-step": Dialect(
        rule=bind(_mxnet, second_reads=lans.half_way_weight, zero_norm=trust.one_unless_both_usable),
        source="apache/mxnet@2.0.0.beta1:python/mxnet/optimizer/lans.py LANS(use_fused_step=False)",
        differs=(
            "As mxnet-2.0.0b1; the decay of the gradient's half reads the weight that the first half has moved, and a "
            "ratio is 1 also where a norm is NaN or infinite."
        ),
    ),
}
