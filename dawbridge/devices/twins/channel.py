"""The twin of a channel without automation: fader and pan, by the laws of `dawbridge.pan`."""

import math

import torch
from torch import Tensor

from dawbridge.units import db_to_gain


def channel(samples: Tensor, fader_db: Tensor, pan_lr: Tensor, channels: int) -> Tensor:
    """`samples` [B, 2, n] after fader and pan, [B] each. `channels` is how many the track's audio has, 1 or 2."""
    if channels == 1:
        angle = (pan_lr + 1) * (math.pi / 4)
        left_right = torch.stack([angle.cos(), angle.sin()], dim=1)
    else:
        left_right = torch.stack([1 - pan_lr, 1 + pan_lr], dim=1).clamp(max=1)
    return samples * (db_to_gain(fader_db)[:, None] * left_right)[..., None].to(samples.dtype)
