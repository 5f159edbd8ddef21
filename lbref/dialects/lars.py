"""LARS, as the world computes it."""

from .. import hooks, inertia, trust
from ..combine import bind, hooked
from ..rules import lars
from ._dialect import Dialect

_mxnet = hooked(
    bind(lars, zero_norm=trust.one_unless_both_positive),
    hooks.rescale,
    late=(hooks.clip,),
)

DIALECTS = {
    "published": Dialect(
        rule=bind(lars),
        source="You, Gitman, Ginsburg 2017, arXiv:1708.03888, Algorithm 1 and equation 6",
        differs="The published formula.",
    ),
    "published-equation-5": Dialect(
        rule=bind(lars, measure=trust.norm_of_grad),
        source="You, Gitman, Ginsburg 2017, arXiv:1708.03888, equation 5",
        differs="The denominator is the norm of the gradient alone, whatever the decay.",
    ),
    "mxnet-1.9.1": Dialect(
        rule=_mxnet,
        source="apache/mxnet@1.9.1:python/mxnet/optimizer/optimizer.py LARS(momentum_correction=False)",
        differs=(
            "The norm is taken after rescaling and before clipping; the ratio is 1, without coefficient, unless both "
            "norms are positive. For its momentum correction see lbref.schedules.corrected_momentum. With a negative "
            "rescale_grad this is the path of sparse gradients; that of dense ones keeps the sign in the denominator."
        ),
    ),
    "mxnet-2.0.0b1": Dialect(
        rule=bind(_mxnet, eps=1e-8, zero_norm=trust.one_unless_both_usable),
        source="apache/mxnet@2.0.0.beta1:python/mxnet/optimizer/lars.py LARS",
        differs=(
            "As mxnet-1.9.1 with epsilon 1e-8 by default and without momentum correction; the ratio is 1 also where a "
            "norm is infinite, but not in its kernel for lists."
        ),
    ),
    "mxnet-2.0.0b1-documented": Dialect(
        rule=bind(_mxnet, trust_coefficient=1.0, eps=1e-8),
        source="apache/mxnet@2.0.0.beta1:python/mxnet/optimizer/lars.py LARS, docstring",
        differs="The docstring's formula has no trust coefficient.",
    ),
    "optax-0.2.8": Dialect(
        rule=bind(lars, measure=trust.joint_norm, zero_norm=trust.one_if_either_vanishes),
        source="google-deepmind/optax@v0.2.8:optax/_src/alias.py lars",
        differs="The denominator is the norm of the decayed gradient; the ratio is 1 where a norm is zero.",
    ),
    "timm-1.0.31": Dialect(
        rule=bind(lars, eps=1e-8, zero_norm=trust.one_unless_both_positive, inertia=inertia.rate_outside),
        source="huggingface/pytorch-image-models@v1.0.31:timm/optim/lars.py Lars(always_adapt=True)",
        differs="The learning rate is outside the velocity; the ratio is 1 unless both norms are positive.",
    ),
}
