"""A sound as one complex signal per octave, each at the lowest sample rate that its bandwidth allows.

The octaves' energies add up to the sound's. White noise stays white in each octave, so its samples count as independent
values. In: samples [C, n]. Out: complex signals [C, N], one for each octave of each chunk.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.fft import ifft, next_fast_len, rfft

from dawbridge.features.octave_bands import CENTRES_HZ

CHUNK_S, FADE_S = 15.0, 0.05


@dataclass(frozen=True)
class Octave:
    """Bins `first`…`last` of a spectrum; `rate_hz`: samples per second of its signal."""

    centre_hz: float
    first: int
    last: int
    rate_hz: float


@dataclass(frozen=True)
class Chunk:
    """Samples `first`…`last` of a song, faded into the chunks beside it so that the energies add up."""

    first: int
    last: int
    fade: np.ndarray

    @property
    def fft_length(self) -> int:
        return next_fast_len(self.last - self.first, real=True)

    def spectrum(self, samples: np.ndarray) -> np.ndarray:
        """[C, bins] complex64 of the chunk of `samples` [C, n]: its squares add up to the chunk's energy."""
        faded = samples[:, self.first : self.last].astype(np.float32) * self.fade
        return rfft(faded, self.fft_length) * np.float32(math.sqrt(2.0 / self.fft_length))

    def octaves(self, sample_rate: int) -> list[Octave]:
        """Those below half the rate; the lowest and the highest reach to the ends."""
        width_hz, bins = sample_rate / self.fft_length, self.fft_length // 2 + 1
        centres = [centre for centre in CENTRES_HZ if centre < sample_rate / 2]
        edges = [0, *(min(bins, round(c / math.sqrt(2) / width_hz)) for c in centres[1:]), bins]
        rows = zip(centres, edges, edges[1:])
        return [Octave(c, low, high, next_fast_len(high - low) * width_hz) for c, low, high in rows if high > low]


def octave_signal(spectrum: np.ndarray, octave: Octave) -> np.ndarray:
    """[C, N] complex64: the octave's own signal of a chunk's spectrum [C, bins]."""
    bins = spectrum[:, octave.first : octave.last]
    return ifft(bins, next_fast_len(bins.shape[1]), norm="ortho")


def chunks(length_samples: int, sample_rate: int) -> Iterator[Chunk]:
    """Of about CHUNK_S each, overlapping by FADE_S in fades of constant power; none of an empty sound."""
    count = max(1, round(length_samples / (CHUNK_S * sample_rate)))
    edges = np.linspace(0, length_samples, count + 1).round().astype(int)
    half = min(round(FADE_S * sample_rate), int(np.diff(edges).min()) // 2) // 2
    if length_samples == 0:
        return
    for start, end in zip(edges, edges[1:]):
        first, last = max(0, start - half), min(length_samples, end + half)
        fade, ramp = np.ones(last - first, np.float32), np.sin((np.arange(2 * half) + 0.5) * np.pi / (4 * max(half, 1)))
        fade[: 2 * half], fade[last - first - 2 * half :] = ramp, ramp[::-1]
        yield Chunk(int(first), int(last), fade)
