"""The one gain that brings a mix to a loudness or under a true peak: stems that take it too still sum to the mix."""

import math

import numpy as np

from dawbridge.audio import Audio
from dawbridge.errors import InputError
from dawbridge.features import loudness, true_peak
from dawbridge.units import db_to_gain

LOUDNESS_LIMITS_LUFS = (-70.0, 0.0)
TRUE_PEAK_LIMITS_DBTP = (-60.0, 20.0)
# Below it some blocks may lie under the standard's absolute gate of -70 LUFS, and rise over it with the gain.
GATED_LUFS = -60.0
SMALLEST_SHORTFALL_LU = 0.05


def target_gain_db(
    mix: Audio, loudness_lufs: float | None = None, true_peak_dbtp: float | None = None
) -> tuple[float, str]:
    """(the gain in dB, a note): what brings `mix` to the integrated loudness without passing the true peak.

    There is no limiter: where the peak stops the gain, the note says how far the mix stays short. A true peak
    alone only ever turns down. The note is empty where all is as asked; silence gets no gain, and a note.
    Raises InputError for targets outside the limits above.
    """
    _check("loudness", loudness_lufs, LOUDNESS_LIMITS_LUFS, "LUFS")
    _check("true peak", true_peak_dbtp, TRUE_PEAK_LIMITS_DBTP, "dBTP")
    wanted_db, note = (0.0, "") if loudness_lufs is None else _loudness_gain(mix, loudness_lufs)
    if true_peak_dbtp is None:
        return wanted_db, note
    room_db = true_peak_dbtp - true_peak.true_peak_dbtp(mix.samples, mix.sample_rate)
    if wanted_db <= room_db:
        return wanted_db, note
    if loudness_lufs is None or note:
        return room_db, note
    return room_db, _shortfall_note(loudness_lufs, wanted_db - room_db, true_peak_dbtp)


def _loudness_gain(mix: Audio, target_lufs: float) -> tuple[float, str]:
    """The gain in dB to the loudness, and a note where the mix has none."""
    measured = loudness.loudness_lufs(mix.samples, mix.sample_rate)
    if measured is None:
        return 0.0, "no gain for loudness: the mix is silent, or below -70 LUFS where no loudness is defined"
    gain_db = target_lufs - measured
    if measured < GATED_LUFS:
        raised = mix.samples * np.float32(db_to_gain(gain_db))
        gain_db += target_lufs - (loudness.loudness_lufs(raised, mix.sample_rate) or target_lufs)
    return gain_db, ""


def _shortfall_note(target_lufs: float, short_lu: float, limit_dbtp: float) -> str:
    if short_lu < SMALLEST_SHORTFALL_LU:
        return ""
    reached = f"loudness {target_lufs - short_lu:.1f} LUFS, {short_lu:.1f} LU short of {target_lufs:g} LUFS"
    return f"{reached}: more gain would take the true peak over {limit_dbtp:g} dBTP; limit the mix or ask for less"


def _check(name: str, target: float | None, limits: tuple[float, float], unit: str) -> None:
    low, high = limits
    if target is not None and not (math.isfinite(target) and low <= target <= high):
        raise InputError(f"{name} target {target:g} {unit}: outside {low:g} to {high:g} {unit}; choose one between")
