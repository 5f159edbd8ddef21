"""lbref's rules as optimizers of torch: ``LARS``, ``LAMB``, ``LANS``, ``NAG``, ``LBSGD`` and ``SGD``.

They are used like those of `torch.optim`: parameter groups with their own options, ``add_param_group``, closures,
torch's learning-rate schedulers, ``state_dict`` and ``load_state_dict``. The numbers are those of lbref's rules, bit
for bit, or of another implementation if ``dialect`` names it. What holds for all of them:

- A parameter without gradient is skipped, and its own count of steps with it.
- A step is all or nothing: everything is computed before anything is written. Whatever was bad, a gradient or an option
  that someone has set since, no parameter, state or count of any group has changed when the error is raised.
- Parameters in half precision have a float32 copy in the state, which is what moves. Values that are written into such
  a parameter between two steps are lost, unless ``state[parameter]["master"]`` is written too.
- State tensors are never written to, only replaced: a ``state_dict()`` stays as it was when the training goes on.
- A norm is that of the whole layer, also where a DTensor splits it over processes (``fully_shard``). One flat tensor of
  many layers, as the older FullyShardedDataParallel makes, has one norm, which is not what these rules mean.
"""

from .lamb import LAMB
from .lans import LANS
from .lars import LARS
from .lbsgd import LBSGD
from .nag import NAG
from .sgd import SGD

__all__ = ["LAMB", "LANS", "LARS", "LBSGD", "NAG", "SGD"]
