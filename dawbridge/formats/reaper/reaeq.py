"""ReaEQ, REAPER's own equalizer, which plays the built-in `eq`.

Its state is little endian: i32 33, i32 number of bands; for each band i32 type (0 low shelf, 1 high shelf, 4 high pass,
8 bell), i32 on, f64 hertz, f64 linear gain, f64 octaves, u8 1; then i32 1, i32 1, f64 linear output gain, 16 bytes. A
state that REAPER 7.65 wrote is reproduced byte for byte.

A bell of the `eq` is the bell of the RBJ cookbook with the same Q, a shelf is its shelf with Q = 1/sqrt(2), to 1e-6 dB.
Q is converted to octaves by the cookbook's digital formula, 1/Q = 2 sinh(ln(2)/2 octaves w0/sin(w0)). ReaEQ probably
follows the cookbook, but this was not measured. If it used the analogue formula, without w0/sin(w0), a bell of 12 dB
with Q 0.7 at 48 kHz would be off by 0.0002 dB at 100 Hz, 0.02 dB at 1 kHz, 0.3 dB at 4 kHz and 1.1 dB at 8 kHz
(tests/formats/reaper/test_reaper_eq.py).
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from dawbridge.devices import get_device
from dawbridge.errors import InputError
from dawbridge.units import db_to_gain, gain_to_db

UNIQUE_ID = 1919247729
LABEL = "ReaEQ (Cockos)"
LOW_SHELF, HIGH_SHELF, BELL = 0, 1, 8
_HEAD = struct.Struct("<ii")
_BAND = struct.Struct("<iidddB")
_TAIL = struct.Struct("<iid")
_ENDING = bytes((0, 0, 0, 0, 0xFD, 1, 0, 0, 0x5C, 1, 0, 0, 2, 0, 0, 0))
_MOST_BANDS = 64
_SHELF_Q = math.sqrt(0.5)
SHELF_TOLERANCE = 0.05  # octaves


@dataclass(frozen=True)
class Band:
    """One band; `gain` is linear, `octaves` its width."""

    kind: int
    hertz: float
    gain: float
    octaves: float
    is_on: bool = True


def octaves_of(q: float, hertz: float, sample_rate: int) -> float:
    """The width of a band of that Q, by the cookbook's digital formula."""
    return 2.0 / math.log(2.0) * math.asinh(0.5 / q) / _stretch(hertz, sample_rate)


def q_of(octaves: float, hertz: float, sample_rate: int) -> float:
    """The inverse of `octaves_of`."""
    return 0.5 / math.sinh(math.log(2.0) / 2.0 * octaves * _stretch(hertz, sample_rate))


def _stretch(hertz: float, sample_rate: int) -> float:
    angle = 2.0 * math.pi * min(hertz, 0.495 * sample_rate) / sample_rate
    return angle / math.sin(angle)


def bands_of(values: Mapping[str, float], sample_rate: int) -> list[Band]:
    """The five bands of the built-in eq with these values; those not given have their defaults."""
    row = get_device("eq").defaults | dict(values)
    names = ("low_shelf", "bell_1", "bell_2", "bell_3", "high_shelf")
    kinds = (LOW_SHELF, BELL, BELL, BELL, HIGH_SHELF)
    return [
        Band(kind, hertz := row[f"{name}_hz"], db_to_gain(row[f"{name}_gain_db"]),
             octaves_of(row.get(f"{name}_q", _SHELF_Q), hertz, sample_rate))
        for name, kind in zip(names, kinds)
    ]  # fmt: skip


def values_of(bands: list[Band], gain: float, sample_rate: int) -> dict[str, float] | None:
    """The built-in eq's values for these bands and output gain; None if it cannot do the same."""
    active = [band for band in bands if band.is_on and band.gain != 1.0 or band.kind not in (0, 1, 8) and band.is_on]
    kept = {kind: [band for band in active if band.kind == kind] for kind in (LOW_SHELF, BELL, HIGH_SHELF)}
    too_many = len(kept[LOW_SHELF]) > 1 or len(kept[HIGH_SHELF]) > 1 or len(kept[BELL]) > 3
    if too_many or sum(map(len, kept.values())) != len(active) or abs(gain - 1.0) > 1e-6:
        return None
    values: dict[str, float] = {}
    for name, shelf in (("low_shelf", kept[LOW_SHELF]), ("high_shelf", kept[HIGH_SHELF])):
        if shelf and not _is_our_shelf(shelf[0], sample_rate):
            return None
        values |= _values_of_band(name, shelf[0]) if shelf else {}
    for count, band in enumerate(kept[BELL], start=1):
        name = f"bell_{count}"
        values |= _values_of_band(name, band) | {f"{name}_q": q_of(band.octaves, band.hertz, sample_rate)}
    spec = get_device("eq")
    try:
        return {name: spec.parameter(name).check(value) for name, value in values.items()}
    except InputError:
        return None


def _is_our_shelf(band: Band, sample_rate: int) -> bool:
    return abs(band.octaves - octaves_of(_SHELF_Q, band.hertz, sample_rate)) < SHELF_TOLERANCE


def _values_of_band(name: str, band: Band) -> dict[str, float]:
    return {f"{name}_hz": band.hertz, f"{name}_gain_db": gain_to_db(band.gain)}


def encode_reaeq(bands: list[Band], gain: float = 1.0) -> bytes:
    """The state of a ReaEQ."""
    rows = b"".join(_BAND.pack(b.kind, int(b.is_on), b.hertz, b.gain, b.octaves, 1) for b in bands)
    return _HEAD.pack(33, len(bands)) + rows + _TAIL.pack(1, 1, gain) + _ENDING


def decode_reaeq(state: bytes, where: str) -> tuple[list[Band], float]:
    """(bands, linear output gain). Raises InputError for what is no state of a ReaEQ."""
    count = _HEAD.unpack_from(state)[1] if len(state) >= _HEAD.size else -1
    if not 0 <= count <= _MOST_BANDS or len(state) < _HEAD.size + count * _BAND.size + _TAIL.size:
        raise InputError(f"{where}: {len(state)} bytes are no state of a ReaEQ; save the project again")
    rows = [_BAND.unpack_from(state, _HEAD.size + index * _BAND.size) for index in range(count)]
    gain = _TAIL.unpack_from(state, _HEAD.size + count * _BAND.size)[2]
    bands = [Band(kind, hertz, level, octaves, bool(on)) for kind, on, hertz, level, octaves, _ in rows]
    numbers = [gain, *(value for band in bands for value in (band.hertz, band.gain, band.octaves))]
    if not all(math.isfinite(value) and 0 <= value < 1e6 for value in numbers) or any(b.octaves <= 0 for b in bands):
        raise InputError(f"{where}: a band of this ReaEQ has no usable numbers; save the project again")
    return bands, gain
