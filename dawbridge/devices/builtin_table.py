"""The built-in devices: each has its parameters in a row here, and its Faust code in `builtin/` beside this file."""

from pathlib import Path
from typing import Any

from dawbridge.devices.spec import DeviceSpec
from dawbridge.params import ParameterSpec

_FOLDER = Path(__file__).resolve().parent / "builtin"


def _db(name: str, minimum: float, maximum: float, default: float = 0.0) -> ParameterSpec:
    return ParameterSpec(name, minimum, maximum, default, unit="dB")


def _log(name: str, minimum: float, maximum: float, default: float, unit: str) -> ParameterSpec:
    return ParameterSpec(name, minimum, maximum, default, unit=unit, curve="logarithmic")


def _0to1(name: str, default: float) -> ParameterSpec:
    return ParameterSpec(name, 0.0, 1.0, default)


def _bell(number: int, default_hz: float) -> tuple[ParameterSpec, ...]:
    return (
        _log(f"bell_{number}_hz", 20.0, 20000.0, default_hz, "Hz"),
        _db(f"bell_{number}_gain_db", -24.0, 24.0),
        _log(f"bell_{number}_q", 0.1, 10.0, 0.7, ""),
    )


_DYNAMICS = (
    _db("threshold_db", -60.0, 0.0),
    _log("ratio", 1.0, 20.0, 2.0, "ratio"),
    _log("attack_s", 0.0005, 0.2, 0.01, "s"),
    _log("release_s", 0.01, 2.0, 0.1, "s"),
    _db("makeup_db", -24.0, 24.0),
)

_ROWS = {
    "gain": ("Gain", (_db("gain_db", -24.0, 24.0),)),
    "polarity": ("Polarity", (ParameterSpec("inverted", 0.0, 1.0, 0.0, unit="bool", curve="boolean"),)),
    "eq": (
        "EQ",
        (
            _log("low_shelf_hz", 20.0, 20000.0, 100.0, "Hz"),
            _db("low_shelf_gain_db", -24.0, 24.0),
            *_bell(1, 300.0),
            *_bell(2, 1000.0),
            *_bell(3, 3000.0),
            _log("high_shelf_hz", 20.0, 20000.0, 8000.0, "Hz"),
            _db("high_shelf_gain_db", -24.0, 24.0),
        ),
    ),
    "compressor": ("Compressor", _DYNAMICS),
    "sidechain_compressor": ("Sidechain compressor", _DYNAMICS),
    "pan": ("Pan", (ParameterSpec("pan_lr", -1.0, 1.0, 0.0),)),
    "reverb": (
        "Reverb",
        (
            _log("decay_s", 0.1, 10.0, 1.5, "s"),
            _0to1("damping_0to1", 0.3),
            _0to1("wet_0to1", 0.0),
            _0to1("dry_0to1", 1.0),
        ),
    ),
    "synth": (
        "Synth",
        (
            _log("attack_s", 0.001, 2.0, 0.01, "s"),
            _log("decay_s", 0.01, 4.0, 0.2, "s"),
            _0to1("sustain_0to1", 0.7),
            _log("release_s", 0.01, 4.0, 0.2, "s"),
            _log("cutoff_hz", 50.0, 18000.0, 3000.0, "Hz"),
            ParameterSpec("detune_cents", 0.0, 50.0, 7.0, unit="cents"),
            _db("level_db", -60.0, 0.0, -12.0),
        ),
    ),
}
# Fields of a DeviceSpec that are not at their defaults.
_FACTS: dict[str, dict[str, Any]] = {
    "sidechain_compressor": {"sidechain_channels": 2},
    "synth": {"is_instrument": True, "tail_s": 0.6},
    "reverb": {"tail_s": 2.3},
}

BUILTIN = tuple(
    DeviceSpec(
        name=name,
        kind="faust",
        label=label,
        parameters=parameters,
        file_name=f"{name}.dsp",
        vendor="dawbridge",
        dsp_path=_FOLDER / f"{name}.dsp",
        **_FACTS.get(name, {}),
    )
    for name, (label, parameters) in _ROWS.items()
)
