"""Audio: samples [channels, n] float32 with their sample rate."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dawbridge.audio.resample import margins_samples, resampled_between_margins
from dawbridge.errors import InputError

CLIPPED_PEAK = 0.9999
SILENT_PEAK = 1e-5  # a track that never reaches it is taken to be silent
LOUDEST_PEAK = 1e9  # beyond it float32 spectra overflow, and it is no audio


@dataclass(frozen=True)
class Audio:
    """`samples` [channels, n] float32 at `sample_rate` hertz."""

    samples: np.ndarray
    sample_rate: int

    def __post_init__(self) -> None:
        samples = np.ascontiguousarray(self.samples, dtype=np.float32)
        if samples.ndim != 2:
            raise InputError(f"audio: shape {samples.shape}; samples are [channels, n]")
        object.__setattr__(self, "samples", samples)

    @property
    def channels(self) -> int:
        return self.samples.shape[0]

    @property
    def length_samples(self) -> int:
        return self.samples.shape[1]

    @property
    def length_s(self) -> float:
        return self.length_samples / self.sample_rate

    @cached_property
    def peak(self) -> float:
        """Largest absolute sample; 0 for empty audio."""
        return float(np.abs(self.samples).max(initial=0.0))

    def stereo(self) -> "Audio":
        """[2, n]: a mono signal stands in both channels."""
        return self if self.channels == 2 else Audio(np.repeat(self.samples, 2, axis=0), self.sample_rate)

    def resampled(self, sample_rate: int) -> "Audio":
        """The same sound at `sample_rate` (soxr, very high quality); its length is rounded, halves up."""
        if sample_rate == self.sample_rate:
            return self
        before, after = margins_samples(self.sample_rate, sample_rate)
        around = self.placed(before, before + self.length_samples + after).samples
        return Audio(resampled_between_margins(around, self.sample_rate, sample_rate), sample_rate)

    def placed(self, start_samples: int, length_samples: int) -> "Audio":
        """Exactly `length_samples`, with this audio's first sample at `start_samples` (may be negative)."""
        placed = np.zeros((self.channels, length_samples), dtype=np.float32)
        first, last = max(start_samples, 0), min(start_samples + self.length_samples, length_samples)
        if last > first:
            placed[:, first:last] = self.samples[:, first - start_samples : last - start_samples]
        return Audio(placed, self.sample_rate)
