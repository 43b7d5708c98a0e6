"""A plugin's own text for a value, as a number in our units: `1.5 kHz` is 1500 Hz, `12.0 ms` is 0.012 s."""

import math
import re
from dataclasses import dataclass

from dawbridge.units import SILENCE_DB

# The plugin's word for a unit → ours, and the factor to it.
_UNITS = {
    "db": ("dB", 1.0),
    "hz": ("Hz", 1.0),
    "khz": ("Hz", 1000.0),
    "s": ("s", 1.0),
    "sec": ("s", 1.0),
    "secs": ("s", 1.0),
    "seconds": ("s", 1.0),
    "ms": ("s", 1e-3),
    "us": ("s", 1e-6),
    "µs": ("s", 1e-6),
    "%": ("%", 1.0),
    "percent": ("%", 1.0),
    "ratio": ("ratio", 1.0),
    ":1": ("ratio", 1.0),
    ": 1": ("ratio", 1.0),
}
_NUMBER = re.compile(r"([+-]?)(\d+(?:\.(\d*))?|\.(\d+)|inf|oo|∞)(e[+-]?\d+)?\s*(.*)", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """`value` in `unit`, one of ours or "". The text is rounded, so the true value lies within `rounding` of it."""

    value: float
    unit: str
    rounding: float


def parse_text(text: str, label: str = "") -> Reading | None:
    """The number that `text` shows. None where it shows none.

    `label` is the unit that the plugin gives beside the text; a unit in the text takes precedence. A level of minus
    infinity is read as SILENCE_DB. Any other infinity is no number.
    """
    match = _NUMBER.fullmatch(text.strip().replace("−", "-"))
    if match is None:
        return None
    sign, digits, decimals, bare_decimals, exponent, suffix = match.groups()
    if suffix and suffix.lower() not in _UNITS:
        return None
    unit, factor = _UNITS.get((suffix or label.strip()).lower(), ("", 1.0))
    if digits.lower() in ("inf", "oo", "∞"):
        return Reading(SILENCE_DB, unit, 0.0) if sign == "-" and unit == "dB" else None
    value = float(f"{sign}{digits}{exponent or ''}")
    last_digit = 10.0 ** (int((exponent or "e0")[1:]) - len(decimals or bare_decimals or ""))
    return Reading(value * factor, unit, max(0.5 * last_digit * factor, _float32_noise(value * factor)))


def _float32_noise(value: float) -> float:
    """Plugins compute in 32-bit floats, so the last digits of a long text are noise."""
    return 2e-7 * abs(value) if math.isfinite(value) else 0.0
