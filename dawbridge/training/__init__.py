"""What all trainings share: configuration files, checkpoints, weights with their cards, and the torch device."""

from dawbridge.training.checkpoint import (
    read_checkpoint,
    read_weights,
    write_checkpoint,
    write_tensors,
    write_weights,
)
from dawbridge.training.config import TrainingConfig, read_training_config
from dawbridge.training.weights import card_of, find_weights, read_network, shipped_weights, write_network

__all__ = [
    "TrainingConfig",
    "card_of",
    "find_weights",
    "read_checkpoint",
    "read_network",
    "read_training_config",
    "read_weights",
    "shipped_weights",
    "write_checkpoint",
    "write_network",
    "write_tensors",
    "write_weights",
]
