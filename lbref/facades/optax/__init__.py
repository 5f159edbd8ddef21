"""lbref's rules as gradient transformations of optax: ``lars``, ``lamb``, ``lans``, ``nag``, ``sgd`` and ``lbsgd``.

They are used like the optimizers of optax: with ``optax.apply_updates``, in ``optax.chain`` (at its end: the learning
rate is in them), ``optax.masked``, ``optax.multi_transform``, ``optax.inject_hyperparams`` and ``optax.MultiSteps``,
under ``jax.jit`` and on sharded arrays. The numbers are those of lbref's rules, or of another implementation if
``dialect`` names it. What holds for all of them:

- ``update(updates, state, params)`` needs the params: these rules measure the weights.
- A number may be a schedule, a function of the count of updates that have been made: the first update sees 0. It gets
  the count as optax's schedules do, as a 0-d array of JAX.
- The update is the difference of the new weight and the old, so ``optax.apply_updates`` gives the rule's new weight:
  exactly where both have one sign and differ by no more than a factor of 2, elsewhere within one ulp of the larger.
- Eagerly, a step is that of the rule bit for bit. Compiled, XLA contracts and reorders it, and the count is traced.
- Params in half precision have a float32 copy in the state, which is what moves and whose norms are taken. The update
  is the difference of the rounded copy and the param, in the dtype of the params, so that what was said above holds of
  the rounded copy; where it misses by an ulp, the next update makes that good. So it does with whatever else has been
  done to the params since: it pulls them back to the copy.
- The state is a `RuleState`: the count, and the ``State`` of the rule with a tree like the params in each field.
- Norms are those of whole arrays however they are sharded; inside ``jax.shard_map`` an array is one shard.
"""

from ._lamb import lamb
from ._lans import lans
from ._lars import lars
from ._lbsgd import lbsgd
from ._nag import nag
from ._sgd import sgd
from ._state import RuleState

__all__ = ["RuleState", "lamb", "lans", "lars", "lbsgd", "nag", "sgd"]
