"""The twins of gain, polarity and pan: each multiplies a channel by a factor."""

import math

import torch
from torch import Tensor

from dawbridge.units import db_to_gain


def gain(samples: Tensor, values: dict[str, Tensor], sample_rate: int) -> Tensor:
    """Both channels times the same factor."""
    return samples * _per_row(db_to_gain(values["gain_db"]), samples)


def polarity(samples: Tensor, values: dict[str, Tensor], sample_rate: int) -> Tensor:
    """Both channels times 1, or times -1 where `inverted` is 1."""
    return samples * _per_row(1 - 2 * values["inverted"], samples)


def pan(samples: Tensor, values: dict[str, Tensor], sample_rate: int) -> Tensor:
    """A constant-power pan: 0 dB at the centre, +3 dB in the channel it is turned to."""
    angle = (values["pan_lr"] + 1) * (math.pi / 4)
    left_right = math.sqrt(2) * torch.stack([angle.cos(), angle.sin()], dim=1)  # [B, 2]
    return samples * left_right[..., None].to(samples.dtype)


def _per_row(factors: Tensor, samples: Tensor) -> Tensor:
    return factors[:, None, None].to(samples.dtype)
