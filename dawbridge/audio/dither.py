"""Samples to whole numbers: triangular dither of 2 LSB peak to peak, then rounding.

The dither makes the mean and the variance of the error independent of the signal: LSB²/4 at all times, and no
harmonics (Lipshitz, Wannamaker, Vanderkooy: Quantization and Dither, JAES 40, 1992). Digital silence is dithered
as any other signal: a floor that stops and starts with the music is heard more easily than a steady one.
"""

import numpy as np


class Dither:
    """Quantises frames to `bits`. One seed gives one stream of noise, whatever pieces the frames come in."""

    def __init__(self, bits: int, seed: int):
        self._full_scale = 2 ** (bits - 1)
        # A bit generator's stream stays the same from one numpy version to the next; a Generator's may change.
        self._noise = np.random.SFC64(seed)

    def quantised(self, frames: np.ndarray) -> np.ndarray:
        """Frames [n, C] in ±1 as int32 in ±2^(bits - 1); what is louder stays at full scale."""
        uniform = self._noise.random_raw(frames.size).view(np.uint32).reshape(*frames.shape, 2)
        values = frames.astype(np.float64) * self._full_scale  # [n, C]
        values += (uniform[..., 0].astype(np.float64) - uniform[..., 1]) * 2.0**-32
        return np.clip(np.rint(values), -self._full_scale, self._full_scale - 1).astype(np.int32)
