"""True peak after ITU-R BS.1770-4, annex 2: the peak of the sound between its samples, by oversampling.

In: samples [C, n]. Out: dBTP, decibels over full scale. The standard asks for a rate of at least four times 48 kHz
and leaves the filter open; here it is soxr's (high quality), which is closer to the ideal than the standard's
example of 48 taps. A sine near half the sample rate may read up to 0.7 dB low at any such rate (annex 2,
attachment 1).
"""

import numpy as np
import soxr

from dawbridge.units import gain_to_db

BLOCK_SAMPLES = 2**14


def true_peak_dbtp(samples: np.ndarray, sample_rate: int) -> float:
    """True peak of samples [C, n], the loudest channel's; silence reads units.SILENCE_DB.

    Never below the sample peak. The sound is silent before and after the samples.
    """
    samples = np.asarray(samples, dtype=np.float32)
    return gain_to_db(max(_peak(samples), _oversampled_peak(samples, sample_rate)))


def _oversampled_peak(samples: np.ndarray, sample_rate: int) -> float:
    channels, length = samples.shape
    factor = oversampling(sample_rate)
    if factor == 1 or length == 0:
        return 0.0
    resampler = soxr.ResampleStream(sample_rate, factor * sample_rate, channels, dtype="float32", quality="HQ")
    peak = 0.0
    for first in range(0, length, BLOCK_SAMPLES):
        frames = np.ascontiguousarray(samples[:, first : first + BLOCK_SAMPLES].T)  # [n, C]
        peak = max(peak, _peak(resampler.resample_chunk(frames, last=first + BLOCK_SAMPLES >= length)))
    return peak


def oversampling(sample_rate: int) -> int:
    """How many times more samples: to 192 kHz or about it, and four times at low rates."""
    return 4 if sample_rate < 96000 else 2 if sample_rate < 192000 else 1


def _peak(samples: np.ndarray) -> float:
    return float(max(samples.max(initial=0.0), -samples.min(initial=0.0)))
