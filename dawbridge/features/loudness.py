"""Integrated loudness after ITU-R BS.1770-4 (pyloudnorm), and audio brought to a loudness.

In: samples [C, n], mono or stereo. Out: LUFS, or None where the standard defines no loudness: silence, and
sound that never reaches its absolute gate of -70 LUFS.
"""

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dawbridge.audio import Audio
from dawbridge.units import db_to_gain

if TYPE_CHECKING:
    import pyloudnorm

BLOCK_S = 0.4


def loudness_lufs(samples: np.ndarray, sample_rate: int) -> float | None:
    """Integrated loudness of samples [C, n] in LUFS; None for silence and below the gate of -70 LUFS.

    Audio shorter than the standard's block of 0.4 s is measured as a loop of itself one block long: padding
    with silence would call a short sound quieter than the same sound held.
    """
    if samples.size == 0 or not samples.any():
        return None
    block_samples = math.ceil(BLOCK_S * sample_rate)
    if samples.shape[-1] < block_samples:
        samples = np.tile(samples, (1, -(-block_samples // samples.shape[-1])))[:, :block_samples]
    loudness = float(_meter(sample_rate).integrated_loudness(samples.T))
    return loudness if math.isfinite(loudness) else None


def normalised(samples: np.ndarray, sample_rate: int, target_lufs: float) -> np.ndarray | None:
    """Samples [C, n] scaled to `target_lufs`, whatever peak that gives; None where there is no loudness."""
    loudness = loudness_lufs(samples, sample_rate)
    if loudness is None:
        return None
    return (samples * db_to_gain(target_lufs - loudness)).astype(samples.dtype, copy=False)


def at_loudness_of(audio: Audio, reference: Audio) -> Audio:
    """`audio` at the integrated loudness of `reference`; unchanged where either has none (silence)."""
    own = loudness_lufs(audio.samples, audio.sample_rate)
    wanted = loudness_lufs(reference.samples, reference.sample_rate)
    if own is None or wanted is None:
        return audio
    return Audio(audio.samples * np.float32(db_to_gain(wanted - own)), audio.sample_rate)


@lru_cache(maxsize=8)
def _meter(sample_rate: int) -> "pyloudnorm.Meter":
    # pyloudnorm loads scipy.signal, a second or more: only who measures pays for it.
    import pyloudnorm

    return pyloudnorm.Meter(sample_rate, block_size=BLOCK_S)
