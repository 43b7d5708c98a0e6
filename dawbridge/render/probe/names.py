"""Names of devices and parameters, made from the labels that a plugin shows."""

import re

from dawbridge.names import unique_name

_SUFFIXES = {"dB": "db", "Hz": "hz", "s": "s", "%": "percent"}


def snake_case(name: str) -> str:
    """`Boost/Cut 1` → boost_cut_1, `ZamCompX2` → zam_comp_x2, `ZamEQ2` → zam_eq2."""
    # One small letter before a capital belongs to it: dB, kHz.
    words = re.sub(r"(\w[a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3 \2\4", name)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def device_name(label: str) -> str:
    """A device's name from a plugin's label. `Dragonfly Plate Reverb` becomes dragonfly_plate, without `reverb`."""
    name = snake_case(label)
    short = re.sub(r"^(dragonfly_\w+)_reverb$", r"\1", name)
    return short or "plugin"


def parameter_names(labels: list[str], units: list[str]) -> list[str]:
    """Unique names with the unit at the end: `Threshold` in dB → threshold_db, a second one threshold_db_2."""
    names: list[str] = []
    for label, unit in zip(labels, units, strict=True):
        stem = snake_case(label) or "parameter"
        suffix = _SUFFIXES.get(unit, "")
        name = stem if not suffix or stem.endswith(f"_{suffix}") else f"{stem}_{suffix}"
        names.append(unique_name(name, names, separator="_"))
    return names
