"""What the tests of `translate` start from: presets, a short sound, and settings read off a result."""

import json
from pathlib import Path

from dawbridge.api import Translated
from dawbridge.audio import Audio, write_audio
from dawbridge.methods.translation.excitation import make_excitation
from dawbridge.seeds import random_stream

RATE = 22050
EQ = {"low_shelf_hz": 120, "low_shelf_gain_db": 4, "bell_2_hz": 1500, "bell_2_gain_db": -6, "bell_2_q": 1.1}
SQUEEZE = {"threshold_db": -30, "ratio": 4, "attack_s": 0.005, "release_s": 0.12, "makeup_db": 5}


def preset(folder: Path, device: str, values: dict, name: str = "preset.json") -> Path:
    """The file of a built-in device's preset."""
    path = folder / name
    path.write_text(json.dumps({"device": device, "values": values}), encoding="utf-8")
    return path


def write_sound(path: Path, seconds: float = 2.0) -> Path:
    """The test sound at a low rate, and shorter, so that renders are quick."""
    whole = make_excitation(RATE, random_stream(0, "excitation"))
    write_audio(path, Audio(whole.samples[:, : round(seconds * RATE)], RATE))
    return path


def values_of(found: Translated) -> dict[str, float]:
    """The devices' own: a fader that had to be moved stands beside them."""
    return {row["parameter"]: row["value"] for row in found.metrics["parameters"] if row["device"] != "channel"}
