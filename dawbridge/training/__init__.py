"""What all training shares: checkpoints and weights on disk."""

from dawbridge.training.checkpoint import (
    read_checkpoint,
    read_weights,
    write_checkpoint,
    write_tensors,
    write_weights,
)
from dawbridge.training.device import find_device

__all__ = [
    "find_device",
    "read_checkpoint",
    "read_weights",
    "write_checkpoint",
    "write_tensors",
    "write_weights",
]
