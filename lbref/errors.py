"""What can be wrong with the arguments: one class per kind, each also the builtin it refines.

Nothing has been changed when one of these is raised: rules are pure, and facades write only what has been computed.
"""


class LbrefError(Exception):
    """Every error that lbref raises on purpose."""


class NotAnArrayError(LbrefError, TypeError):
    """An argument is not an array of a library that follows the array API standard."""


class NamespaceError(LbrefError, TypeError):
    """Arrays of two libraries were passed together."""


class DeviceError(LbrefError, ValueError):
    """Arrays of two devices were passed together."""


class DtypeError(LbrefError, TypeError):
    """A data type that rules do not compute in, or two of them together."""


class ShapeError(LbrefError, ValueError):
    """Arrays that describe one layer differ in shape."""


class StateError(LbrefError, TypeError):
    """A state that belongs to another rule, or to no rule."""


class StepError(LbrefError, ValueError):
    """A step count that is not an integer from 1 on."""


class UnknownHyperparameterError(LbrefError, TypeError):
    """A hyperparameter that the rule, hook or schedule does not have, or one that is missing."""


class HyperparameterError(LbrefError, ValueError):
    """A hyperparameter outside the range in which the formula means anything."""


class StructureError(LbrefError, ValueError):
    """Lists, dicts or tuples of layers that do not match each other."""


class ImmutableArrayError(LbrefError, TypeError):
    """An array that a facade should update in place, but that cannot be written to."""


class UnknownOptimizerError(LbrefError, ValueError):
    """An optimizer's name that is not registered."""


class UnknownParameterError(LbrefError, ValueError):
    """A name or an index that belongs to no parameter."""


class SchedulerConflictError(LbrefError, UserWarning):
    """A learning rate that is set while a scheduler determines it."""


class CheckpointError(LbrefError, ValueError):
    """A checkpoint that does not fit what it is loaded into, or no checkpoint at all."""


class HookError(LbrefError, KeyError):
    """A hook's name that is taken, or that belongs to no hook."""

    __str__ = Exception.__str__  # a KeyError would put its message in quotes


class NotSetUpError(LbrefError, RuntimeError):
    """A facade that is asked for something before it was told which parameters it is for."""
