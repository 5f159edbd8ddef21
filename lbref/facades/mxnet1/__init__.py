"""The optimizers of MXNet 1.9.1 (``mxnet.optimizer``, ``mxnet.lr_scheduler``) for arrays of every library.

As released: where documentation and code of the release differ, this follows the code. What it follows and what it
does not, because the release crashes or corrupts its state there, is listed in docs/decisions/0009.
"""

from .._mxnet.schedulers import CosineScheduler, FactorScheduler, LRScheduler, MultiFactorScheduler, PolyScheduler
from .._mxnet.updater import Updater, get_updater
from ._base import Optimizer
from .lamb import LAMB
from .lars import LARS
from .lbsgd import LBSGD
from .sgd import NAG, SGD

create = Optimizer.create_optimizer
register = Optimizer.register

__all__ = [
    "LAMB",
    "LARS",
    "LBSGD",
    "NAG",
    "SGD",
    "CosineScheduler",
    "FactorScheduler",
    "LRScheduler",
    "MultiFactorScheduler",
    "Optimizer",
    "PolyScheduler",
    "Updater",
    "create",
    "get_updater",
    "register",
]
