"""What the optimizers of MXNet 1.9.1 and 2.0.0b1 share."""
