"""The twin of a channel that stands still: fader and pan, by the laws of `dawbridge.pan`."""

import math

import torch
from torch import Tensor

from dawbridge.units import db_to_gain


def channel(samples: Tensor, fader_db: Tensor, pan_lr: Tensor, channels: int) -> Tensor:
    """`samples` [B, 2, n] after fader and pan, [B] each; `channels` are those of the track's sound, 1 or 2."""
    if channels == 1:
        angle = (pan_lr + 1) * (math.pi / 4)
        sides = torch.stack([angle.cos(), angle.sin()], dim=1)
    else:
        sides = torch.stack([1 - pan_lr, 1 + pan_lr], dim=1).clamp(max=1)
    return samples * (db_to_gain(fader_db)[:, None] * sides)[..., None].to(samples.dtype)
