"""Where the tracks start on the mix's timeline, by the phase correlation of their plain sum with the mix."""

import numpy as np
from scipy import fft

# A lag other than 0 must stand out this much against lag 0, and against the rest of the correlation.
BEATS_ZERO = 2.0
BEATS_NOISE = 12.0
ZERO_SAMPLES = 64
EDGE_HZ = (60.0, 8000.0)


def find_offset(tracks_sum: np.ndarray, mix: np.ndarray, sample_rate: int) -> int:
    """Sample of the mix at which the tracks' first sample lies; 0 where no other place is clear.

    Both are mono [n] and may differ in length. Phase correlation (generalised cross-correlation with the phase
    transform, Knapp and Carter 1976) is sharp where the mix is a filtered sum, whatever the filters' level.
    """
    size = fft.next_fast_len(len(tracks_sum) + len(mix), real=True)
    cross = fft.rfft(mix, size) * np.conj(fft.rfft(tracks_sum, size))
    magnitude = np.abs(cross)
    if not magnitude.any():
        return 0
    hertz = fft.rfftfreq(size, 1 / sample_rate)
    kept = (hertz > EDGE_HZ[0]) & (hertz < EDGE_HZ[1])
    # The square root keeps loud bins loud: bins of silence and coding noise have no phase worth a vote.
    whitened = np.where(kept, cross / np.sqrt(magnitude + 1e-3 * magnitude.mean() + 1e-30), 0)
    correlation = np.abs(fft.irfft(whitened, size))
    lag = int(correlation.argmax())
    near_zero = max(correlation[:ZERO_SAMPLES].max(), correlation[-ZERO_SAMPLES:].max())
    noise = np.sqrt(np.mean(correlation**2))
    if correlation[lag] < BEATS_ZERO * near_zero or correlation[lag] < BEATS_NOISE * noise:
        return 0
    return lag if lag < len(mix) else lag - size
