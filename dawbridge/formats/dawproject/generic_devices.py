"""Which built-in devices are written as generic devices of the format, and how their settings correspond.

A setting is named by the path of its element: `Threshold`, or `Band 2/Gain` for the third band. Units are the format's.
"""

from dataclasses import dataclass

SHELF_Q = 2.0**-0.5
OURS = "dawbridge:"  # begins the deviceID of a built-in device; its name follows
UNIT_OF = {"dB": "decibel", "Hz": "hertz", "s": "seconds", "%": "percent"}

BANDS = ("lowShelf", "bell", "bell", "bell", "highShelf")
_COMPRESSOR = {
    "Attack": ("attack_s", "seconds"),
    "OutputGain": ("makeup_db", "decibel"),
    "Ratio": ("ratio", "linear"),
    "Release": ("release_s", "seconds"),
    "Threshold": ("threshold_db", "decibel"),
}


@dataclass(frozen=True)
class Generic:
    """A generic device: its tag, and path → (our parameter's name, unit), in the order that the schema demands."""

    tag: str
    settings: dict[str, tuple[str, str]]


def _band_settings(number: int) -> dict[str, tuple[str, str]]:
    """The settings of band `number`, from 0. Our shelves have no Q parameter."""
    name = {0: "low_shelf", 4: "high_shelf"}.get(number, f"bell_{number}")
    rows = {"Freq": (f"{name}_hz", "hertz"), "Gain": (f"{name}_gain_db", "decibel")}
    if BANDS[number] == "bell":
        rows["Q"] = (f"{name}_q", "linear")
    return {f"Band {number}/{tag}": row for tag, row in rows.items()}


GENERIC = {
    "gain": Generic("Equalizer", {"OutputGain": ("gain_db", "decibel")}),
    "eq": Generic("Equalizer", {k: v for n in range(len(BANDS)) for k, v in _band_settings(n).items()}),
    "compressor": Generic("Compressor", _COMPRESSOR),
    "sidechain_compressor": Generic("Compressor", _COMPRESSOR),
}
