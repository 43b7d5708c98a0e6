"""The devices that are exported as plugins, and settings and sounds to test them with."""

import zlib

import numpy as np

from dawbridge.devices.builtin_table import BUILTIN
from dawbridge.devices.faust import can_leave, make_strip

RATES = (44100, 48000, 96000)
EFFECTS = [device for device in BUILTIN if can_leave(device) and not device.is_instrument]
INSTRUMENTS = [device for device in BUILTIN if can_leave(device) and device.is_instrument]
STRIP = make_strip(["gain", "sidechain_compressor", "eq", "sidechain_compressor", "pan", "reverb"])
ALL = [*EFFECTS, STRIP]


def draw(spec, count: int) -> list[dict[str, float]]:
    """`count` random settings, uniform on each parameter's own scale; always the same ones for a device."""
    rng = np.random.default_rng(zlib.crc32(spec.name.encode()))
    return [{p.name: float(p.from_0to1(rng.uniform())) for p in spec.parameters} for _ in range(count)]


def moved(spec) -> dict[str, float]:
    """Settings with every parameter at 80 % of its range, so that each has an audible effect."""
    return {p.name: float(p.from_0to1(0.8)) for p in spec.parameters}


def lowest(spec) -> dict[str, float]:
    return {p.name: p.minimum for p in spec.parameters}


def highest(spec) -> dict[str, float]:
    return {p.name: p.maximum for p in spec.parameters}


def make_sound(spec, sample_rate: int, length_s: float = 0.3) -> np.ndarray:
    """Noise whose level changes in steps, different on every input of `spec`: [inputs, n]."""
    rng = np.random.default_rng(sample_rate)
    length = round(length_s * sample_rate)
    levels = rng.uniform(0.05, 1.0, 10)[np.arange(length) * 10 // length]
    return (rng.normal(0, 0.25, (2 + spec.sidechain_channels, length)) * levels).astype(np.float32)
