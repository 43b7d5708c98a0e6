"""Another sample rate by soxr (very high quality, linear phase), exact in time and length.

soxr takes the first sample for the beginning of all sound, and its first 60 or so samples differ from what its own
filter makes of silence before. So samples come with margins on both sides: silence, or what surrounds a part.
"""

import math

import numpy as np
import soxr

_REACH_SAMPLES = 256  # of the lower rate; the filter reaches 126 of them to either side


def margins_samples(sample_rate: int, new_rate: int) -> tuple[int, int]:
    """How many samples go before and after; those before make a whole number of samples at the new rate."""
    reach = math.ceil(_REACH_SAMPLES * max(sample_rate / new_rate, 1.0))
    step = sample_rate // math.gcd(sample_rate, new_rate)
    return math.ceil(reach / step) * step, reach


def resampled_between_margins(samples: np.ndarray, sample_rate: int, new_rate: int) -> np.ndarray:
    """Samples [C, before + n + after] → [C, n · new rate / rate], rounded, halves up; the margins are gone."""
    before, after = margins_samples(sample_rate, new_rate)
    length = samples.shape[1] - before - after
    new_length = (2 * length * new_rate + sample_rate) // (2 * sample_rate)
    first = before * new_rate // sample_rate
    resampled = soxr.resample(samples.T, sample_rate, new_rate, quality="VHQ").T
    return resampled[:, first : first + new_length]
