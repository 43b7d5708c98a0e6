"""Whether contestants gave the same audio: times of different results are worth nothing."""

import sys
from pathlib import Path

import numpy as np
import soundfile

SAME_PEAK = 1e-6  # two sums of the same strips in 32-bit floats
SAME_NULL_DB = -100.0  # two hosts of the same plugin


def check_same(ours: Path, theirs: Path, what: str) -> float:
    """The largest difference of two files' samples; exits where it is more than rounding."""
    mine, other = _read(ours), _read(theirs)
    peak = float(np.abs(mine - other).max()) if mine.shape == other.shape else np.inf
    if not peak <= SAME_PEAK or not mine.any():
        sys.exit(f"{what}: the results differ by {peak:g}, of at most {SAME_PEAK:g}: nothing was measured")
    return peak


def check_null(ours: Path, theirs: Path, what: str) -> float:
    """The null in dB; exits where it is above SAME_NULL_DB."""
    mine, other = _read(ours), _read(theirs)
    null = null_db(other, mine) if mine.shape == other.shape else np.inf
    if not null <= SAME_NULL_DB or not mine.any():
        sys.exit(f"{what}: the results null at {null:.1f} dB, of at most {SAME_NULL_DB:g}: nothing was measured")
    return null


def check_differs(one: Path, other: Path, what: str) -> None:
    """Exits where two files hold the same."""
    if np.array_equal(_read(one), _read(other)):
        sys.exit(f"{what}: sounds as before: nothing was measured")


def null_db(reference: np.ndarray, estimate: np.ndarray) -> float:
    """20 log10 of the difference's rms over the reference's; -400 for equal samples."""
    difference = np.sqrt(np.mean((reference.astype(np.float64) - estimate) ** 2))
    return 20 * np.log10(max(difference / np.sqrt(np.mean(reference.astype(np.float64) ** 2)), 1e-20))


def _read(path: Path) -> np.ndarray:
    """[n, C]"""
    return soundfile.read(path, dtype="float32", always_2d=True)[0]
