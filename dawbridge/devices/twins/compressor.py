"""The twins of the two compressors: feed-forward, hard knee, linked channels, decibels smoothed by one pole."""

import torch
from torch import Tensor

from dawbridge.devices.twins.follower import follow
from dawbridge.units import db_to_gain

FLOOR = 1e-6


def compressor(samples: Tensor, values: dict[str, Tensor], sample_rate: int) -> Tensor:
    """Turned down by its own level."""
    return sidechain_compressor(samples, values, sample_rate, samples)


def sidechain_compressor(
    samples: Tensor, values: dict[str, Tensor], sample_rate: int, sidechain: Tensor | None = None
) -> Tensor:
    """Turned down by the level of `sidechain` [B, 2, n], silence where there is none."""
    level_db = 20 * torch.log10(_peaks(samples * 0 if sidechain is None else sidechain).clamp(min=FLOOR))
    over_db = (level_db - values["threshold_db"][:, None]).clamp(min=0)
    poles = (torch.exp(-1 / (values[name] * sample_rate)) for name in ("attack_s", "release_s"))
    reduction_db = follow(over_db * (1 - 1 / values["ratio"])[:, None], *poles)
    gain = db_to_gain(values["makeup_db"][:, None] - reduction_db)
    return samples * gain[:, None].to(samples.dtype)


def _peaks(samples: Tensor) -> Tensor:
    """[B, n] float64: the louder channel."""
    return samples.double().abs().amax(dim=1)
