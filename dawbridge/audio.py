"""Audio: samples [channels, n] float32 with their sample rate, and the way in and out of files."""

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import soundfile
import soxr

from dawbridge.errors import InputError, OutputError

AUDIO_SUFFIXES = frozenset((".wav", ".flac", ".ogg", ".aif", ".aiff"))
CLIPPED_PEAK = 0.9999


@dataclass(frozen=True)
class Audio:
    """`samples` [channels, n] float32 at `sample_rate` hertz."""

    samples: np.ndarray
    sample_rate: int

    def __post_init__(self):
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
        """The same sound at `sample_rate` (soxr, very high quality)."""
        if sample_rate == self.sample_rate:
            return self
        samples = soxr.resample(self.samples.T, self.sample_rate, sample_rate, quality="VHQ").T
        return Audio(samples, sample_rate)

    def placed(self, start_samples: int, length_samples: int) -> "Audio":
        """Exactly `length_samples`, with this audio's first sample at `start_samples` (may be negative)."""
        placed = np.zeros((self.channels, length_samples), dtype=np.float32)
        first, last = max(start_samples, 0), min(start_samples + self.length_samples, length_samples)
        if last > first:
            placed[:, first:last] = self.samples[:, first - start_samples : last - start_samples]
        return Audio(placed, self.sample_rate)


def read_audio(path: Path, sample_rate: int | None = None) -> Audio:
    """The file as mono or stereo Audio, resampled to `sample_rate` where one is given.

    Raises InputError for a file that is no audio, is empty, or has more than two channels, NaN or Inf.
    """
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, TypeError) as error:
        raise InputError(f"{path}: no readable audio ({error}); give WAV, FLAC, OGG or AIFF") from None
    if (channels := samples.shape[1]) > 2:
        raise InputError(f"{path}: {channels} channels; tracks and mixes are mono or stereo, split the file")
    if samples.shape[0] == 0:
        raise InputError(f"{path}: no samples; remove the file or export it again")
    if not np.isfinite(samples).all():
        where = int(np.argwhere(~np.isfinite(samples))[0][0])
        raise InputError(f"{path}: NaN or Inf at sample {where}; export the file again")
    audio = Audio(samples.T, rate)
    return audio if sample_rate is None else audio.resampled(sample_rate)


def write_audio(path: Path, audio: Audio) -> None:
    """A 32-bit float WAV, whole or not at all."""
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(beside, audio.samples.T, audio.sample_rate, subtype="FLOAT", format="WAV")
        beside.replace(path)
    except (soundfile.SoundFileError, OSError) as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written ({error}); choose another folder") from None
