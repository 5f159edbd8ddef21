"""What a trajectory of MXNet starts from, and how the optimizer is called: a case is plain JSON data.

``optimizer, settings``  the name and the keywords that it is created with
``scheduler``            class name and keywords, or None
``names``                the parameters' names, passed as param_idx2name, or None
``param_dict``           lr_mult and wd_mult of each parameter object, as Gluon passes them, or None
``weights, gradients``   arrays as `arrays.encoded` writes them: one per parameter, and one per step and parameter
``method``               updater: through get_updater, as Module and Gluon do; update_multi_precision, which it calls;
                         or update, with the state of create_state
``calls``                list: one call with all; each: lists of one; scalar: one index per call
``reuse_buffer``         whether the gradients of all steps come in one array per parameter, as in Gluon
``before``               what is done before a step: [step, method or attribute, its argument]
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from arrays import encoded

SHAPES = {
    "fc_weight": (3, 2),
    "bn_gamma": (3,),
    "fc_bias": (2,),
    "conv_weight": (2, 2),
    "bn_beta": (3,),
    "out_weight": (4,),
}
TWO = ("fc_weight", "fc_bias")
THREE = ("fc_weight", "bn_gamma", "fc_bias")
SIX = tuple(SHAPES)

# Gradients grow and shrink from step to step, so that ratios of norms change.
_SCALES = (1.0, 0.3, 2.0, 0.7, 1.5)


def case(
    optimizer: str,
    topic: str,
    /,
    *,
    steps: int = 5,
    dtype: str = "float32",
    names: tuple[str, ...] = TWO,
    named: bool = True,
    scheduler: tuple[str, dict[str, Any]] | None = None,
    param_dict: tuple[tuple[float, float], ...] | None = None,
    method: str = "updater",
    calls: str = "list",
    reuse_buffer: bool = False,
    before: tuple[tuple[int, str, Any], ...] = (),
    zero_weight: str = "",
    zero_grad: str = "",
    nan: tuple[int, str] | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Return a case whose weights and gradients are drawn by its id.

    Parameters
    ----------
    topic
        What the case is about; with the optimizer's name it makes the id.
    named
        Whether the optimizer is told the names.
    zero_weight, zero_grad
        The name of a parameter whose weight, or whose gradients, are zero.
    nan
        A step and the name of a parameter whose gradient has one NaN at that step.
    settings
        Keywords of the optimizer.
    """
    name = f"{optimizer.lower()}/{topic}"
    weights, gradients = _inputs(name, names, steps, zero_weight, zero_grad)
    if nan is not None:
        gradients[nan[0] - 1][names.index(nan[1])].flat[1] = np.nan
    return {
        "id": name,
        "optimizer": optimizer,
        "settings": settings,
        "scheduler": list(scheduler) if scheduler else None,
        "names": list(names) if named else None,
        "param_dict": [list(pair) for pair in param_dict] if param_dict else None,
        "weights": [encoded(weight.astype(dtype)) for weight in weights],
        "gradients": [[encoded(grad.astype(dtype)) for grad in grads] for grads in gradients],
        "method": method,
        "calls": calls,
        "reuse_buffer": reuse_buffer,
        "before": [list(action) for action in before],
    }


def _inputs(name: str, names: tuple[str, ...], steps: int, zero_weight: str, zero_grad: str) -> tuple[Any, Any]:
    draw = np.random.RandomState(zlib.crc32(name.encode()))
    weights = [_drawn(draw, SHAPES[key], 0.0 if key == zero_weight else 1.0) for key in names]
    gradients = [
        [_drawn(draw, SHAPES[key], 0.0 if key == zero_grad else _SCALES[step % len(_SCALES)]) for key in names]
        for step in range(steps)
    ]
    return weights, gradients


def _drawn(draw: np.random.RandomState, shape: tuple[int, ...], scale: float) -> Any:
    """Return magnitudes of 0.05 to 2 times the scale: halves neither overflow nor vanish, not even when squared."""
    return draw.choice((-1.0, 1.0), size=shape) * draw.uniform(0.05, 2.0, size=shape) * scale
