"""Units: conversions between decibels and linear gain, and values as a person reads them."""

import math
from typing import Any

SILENCE_DB = -200.0
# A float, a numpy array or a torch tensor; what comes back is of the same kind.
Numeric = Any


def db_to_gain(level_db: Numeric) -> Numeric:
    """Linear amplitude of a level in decibels."""
    return 10.0 ** (level_db / 20.0)


def gain_to_db(gain: float) -> float:
    """Level in decibels of a linear amplitude; silence reads SILENCE_DB."""
    return 20.0 * math.log10(gain) if gain > 10.0 ** (SILENCE_DB / 20.0) else SILENCE_DB


def format_value(value: float, unit: str) -> str:
    """`value` in `unit` as a person reads it on a plugin's face: `-12.3 dB`, `1.25 kHz`, `35 ms`."""
    if unit == "Hz" and abs(value) >= 1000:
        return f"{value / 1000:.3g} kHz"
    if unit == "s" and abs(value) < 1:
        return f"{value * 1000:.3g} ms"
    if unit == "dB":
        return f"{value:+.2f} dB"
    if unit == "bool":
        return "on" if value >= 0.5 else "off"
    return f"{value:.4g} {unit}".rstrip()
