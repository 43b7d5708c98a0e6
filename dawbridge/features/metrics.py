"""The metrics of a recovered mix, as it is and after loudness normalisation.

In: a reference and an estimate of the same length and sample rate; mono is heard in both channels. Out: a
dict that is JSON as it stands, the form of `metrics.json`. For reference y and estimate ŷ of N samples,

    mae                     (1/N) Σ (|y_L − ŷ_L| + |y_R − ŷ_R|), equation 1 of Zhou, Yu and Wu (2024)
    mrsd                    features/spectral_distance.py
    null_db                 20 log10(rms(y − ŷ) / rms(y)); NULL_FLOOR_DB where every sample is equal
    loudness_difference_lu  loudness of ŷ minus that of y (ITU-R BS.1770-4)

The paper brings every signal to the same loudness first: `normalised` holds the same four after that.
"""

import math
from typing import Any

import numpy as np

from dawbridge.audio import Audio
from dawbridge.errors import InputError
from dawbridge.features.loudness import loudness_lufs
from dawbridge.features.spectral_distance import GainPair, is_silent, spectral_distances
from dawbridge.units import db_to_gain

NULL_FLOOR_DB = -400.0
MAXIMUM_PEAK = 1e9  # beyond it float32 spectra overflow, and it is no audio
_CHUNK_SAMPLES = 1 << 18
_SIDES = ("left", "right")


def evaluate(reference: Audio, estimate: Audio, normalise_lufs: float | None = -25.0) -> dict[str, Any]:
    """`{mae, mrsd, null_db, loudness_difference_lu, normalised: {the same four}, notes: [...]}`.

    What is undefined is None, with the reason in `notes`: a silent reference has no mrsd and no null_db, a
    silent channel of it no θ_sc, silence no loudness and nothing normalised. `normalised` is None with
    `normalise_lufs=None`. A null below NULL_FLOOR_DB (no difference at all) reads NULL_FLOOR_DB.

    Raises InputError for different lengths or sample rates, empty audio, NaN, Inf and absurdly large samples.
    """
    _check(reference, estimate)
    notes: list[str] = []
    y, y_hat = reference.stereo().samples, estimate.stereo().samples
    lufs, lufs_hat = loudness_lufs(y, reference.sample_rate), loudness_lufs(y_hat, estimate.sample_rate)
    gains: list[GainPair] = [(1.0, 1.0)]
    if normalise_lufs is not None and lufs is not None and lufs_hat is not None:
        gains.append((db_to_gain(normalise_lufs - lufs), db_to_gain(normalise_lufs - lufs_hat)))
    rows = _measured(y, y_hat, gains, None if lufs is None or lufs_hat is None else lufs_hat - lufs, notes)
    normalised = _nothing() if normalise_lufs is not None else None
    if len(rows) == 2:
        normalised = rows[1]
        normalised["loudness_difference_lu"] = 0.0
    _note_loudness({"reference": lufs, "estimate": lufs_hat}, normalise_lufs, notes)
    return {**rows[0], "normalised": normalised, "notes": notes}


def _measured(
    y: np.ndarray, y_hat: np.ndarray, gains: list[GainPair], difference_lu: float | None, notes: list[str]
) -> list[dict[str, Any]]:
    """The metrics under each pair of gains."""
    rows = []
    spectral = spectral_distances(y, y_hat, gains)
    for pair, distance in zip(gains, spectral, strict=True):
        mae, null_db = _sample_distances(y, y_hat, pair)
        rows.append(dict(mae=mae, mrsd=distance.mrsd, null_db=null_db, loudness_difference_lu=difference_lu))
    if spectral[0].mrsd is None:
        notes.append("the reference is silent: mrsd and null_db are undefined")
    else:
        sides = (_SIDES[channel] for channel in spectral[0].silent_channels)
        notes.extend(f"the reference's {side} channel is silent: mrsd leaves out its θ_sc" for side in sides)
    return rows


def _sample_distances(y: np.ndarray, y_hat: np.ndarray, pair: GainPair) -> tuple[float, float | None]:
    """mae and null_db of a·y against b·ŷ, in float64 a chunk at a time."""
    absolute = squares = reference_squares = 0.0
    for first in range(0, y.shape[1], _CHUNK_SAMPLES):
        part = y[:, first : first + _CHUNK_SAMPLES] * np.float64(pair[0])
        difference = part - y_hat[:, first : first + _CHUNK_SAMPLES] * np.float64(pair[1])
        absolute += np.abs(difference).sum()
        squares += np.square(difference).sum()
        reference_squares += np.square(part).sum()
    mae = float(absolute / y.shape[1])
    if is_silent(y):
        return mae, None
    ratio = float(squares / reference_squares)
    return mae, max(10.0 * math.log10(ratio), NULL_FLOOR_DB) if ratio > 0.0 else NULL_FLOOR_DB


def _note_loudness(loudness: dict[str, float | None], normalise_lufs: float | None, notes: list[str]) -> None:
    unnormalised = "" if normalise_lufs is None else ", nothing is normalised"
    for name, value in loudness.items():
        if value is None:
            cause = f"the {name} has no loudness (silent, or below -70 LUFS)"
            notes.append(f"{cause}: loudness_difference_lu is undefined{unnormalised}")


def _nothing() -> dict[str, Any]:
    return dict.fromkeys(("mae", "mrsd", "null_db", "loudness_difference_lu"))


def _check(reference: Audio, estimate: Audio) -> None:
    """InputError for what cannot be compared sample by sample."""
    if reference.sample_rate != estimate.sample_rate:
        rates = f"{reference.sample_rate} Hz, the estimate {estimate.sample_rate} Hz"
        raise InputError(f"evaluate: the reference has {rates}; resample one to the other's rate")
    if reference.length_samples != estimate.length_samples:
        lengths = f"{reference.length_samples} samples, the estimate {estimate.length_samples}"
        raise InputError(f"evaluate: the reference has {lengths}; cut or pad the estimate to the same length")
    if reference.length_samples == 0:
        raise InputError("evaluate: no samples; give audio of one sample or more")
    for name, audio in (("reference", reference), ("estimate", estimate)):
        if audio.channels not in (1, 2):
            raise InputError(f"evaluate: the {name} has {audio.channels} channels; give mono or stereo")
        if not audio.peak <= MAXIMUM_PEAK:
            broken = f"NaN, Inf or samples above {MAXIMUM_PEAK:g}"
            raise InputError(f"evaluate: the {name} has {broken}; export it again")
