"""The twins of the two compressors: feed-forward, hard knee, linked channels, gain reduction smoothed in decibels."""

import torch
from torch import Tensor

from dawbridge.devices.twins.follower import follow
from dawbridge.units import db_to_gain

FLOOR = 1e-6


def compressor(samples: Tensor, values: dict[str, Tensor], sample_rate: int) -> Tensor:
    """The compressor that follows the level of its own input."""
    return sidechain_compressor(samples, values, sample_rate, samples)


def sidechain_compressor(
    samples: Tensor, values: dict[str, Tensor], sample_rate: int, sidechain: Tensor | None = None
) -> Tensor:
    """The compressor that follows the level of `sidechain` [B, 2, n]. None is silence."""
    level_db = 20 * torch.log10(_peaks(samples * 0 if sidechain is None else sidechain).clamp(min=FLOOR))
    over_db = (level_db - values["threshold_db"][:, None]).clamp(min=0)
    poles = (torch.exp(-1 / (values[name] * sample_rate)) for name in ("attack_s", "release_s"))
    reduction_db = follow(over_db * (1 - 1 / values["ratio"])[:, None], *poles)
    gain = db_to_gain(values["makeup_db"][:, None] - reduction_db)
    return samples * gain[:, None].to(samples.dtype)


def _peaks(samples: Tensor) -> Tensor:
    """[B, n] float64: the magnitude of the louder channel at each sample."""
    return samples.double().abs().amax(dim=1)
