"""Drop-ins for the seed systems, and native optimizers for torch and optax.

A facade holds, counts and copies; the numbers are those of a dialect. Each is imported by its own name, and only then
imports what it is native to: ``lbref.facades.mxnet1``, ``mxnet2``, ``mindspore``, ``chainer``, ``torch``, ``optax``.
`lbref.facades.checkpoint` saves the state of any of them, without pickle.
"""
