"""What all training shares: checkpoints and weights on disk."""

from dawbridge.training.checkpoint import (
    read_checkpoint,
    read_weights,
    write_checkpoint,
    write_weights,
)

__all__ = ["read_checkpoint", "read_weights", "write_checkpoint", "write_weights"]
