"""The rules: one published formula each, as a module with `State`, `init` and `update`."""

from . import lamb, lans, lars, lbsgd, nag, sgd

__all__ = ["lamb", "lans", "lars", "lbsgd", "nag", "sgd"]
