"""Strip jobs by hand: noise through devices by name."""

import numpy as np

from dawbridge.render.farm.job import StripJob, audio_key
from dawbridge.render.graph.resolve import resolve_device
from dawbridge.session import Device

RATE = 48000


def noise(length: int = 4800, seed: int = 1) -> np.ndarray:
    """[2, length] at -12 dB."""
    return (0.25 * np.random.default_rng(seed).standard_normal((2, length))).astype(np.float32)


def job(*devices: str | tuple[str, dict], samples: np.ndarray | None = None, wants_states: bool = False) -> StripJob:
    """Noise, or the given samples, through devices, each a name or (name, values)."""
    samples = noise() if samples is None else samples
    rows = [(row, {}) if isinstance(row, str) else row for row in devices]
    chain = tuple(resolve_device(Device(device=name, values=values), "test") for name, values in rows)
    return StripJob(samples, audio_key(samples), RATE, chain, wants_states)
