"""The conformance suite: judges implementations of large-batch optimizers against exact arithmetic."""
