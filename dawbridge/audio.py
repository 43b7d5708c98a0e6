"""Audio: samples [channels, n] float32 with their sample rate, and the way in and out of files."""

import os
import struct
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
LOUDEST_PEAK = 1e9  # beyond it float32 spectra overflow, and it is no audio


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

    Raises InputError for a file that is no audio, is empty, or has more than two channels, NaN, Inf, or
    samples beyond LOUDEST_PEAK.
    """
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, TypeError, ValueError, MemoryError) as error:
        reason = error if os.path.exists(path) else "no such file"
        raise InputError(f"{path}: no readable audio ({reason}); give WAV, FLAC, OGG or AIFF") from None
    if (channels := samples.shape[1]) > 2:
        raise InputError(f"{path}: {channels} channels; tracks and mixes are mono or stereo, split the file")
    if samples.shape[0] == 0:
        raise InputError(f"{path}: no samples; remove the file or export it again")
    peak = max(samples.max(), -samples.min())
    if not np.isfinite(peak):
        where = int(np.argwhere(~np.isfinite(samples))[0][0])
        raise InputError(f"{path}: NaN or Inf at sample {where}; export the file again")
    if peak > LOUDEST_PEAK:
        raise InputError(f"{path}: samples up to {peak:g}; full scale is 1, export the file again")
    audio = Audio(samples.T, rate)
    return audio if sample_rate is None else audio.resampled(sample_rate)


def write_audio(path: Path, audio: Audio) -> None:
    """A 32-bit float WAV, whole or not at all; the same samples give the same bytes."""
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(_wav_header(audio))
            file.write(np.ascontiguousarray(audio.samples.T, dtype="<f4").data)
        beside.replace(path)
    except (OSError, struct.error) as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written ({error}); choose another folder") from None


def _wav_header(audio: Audio) -> bytes:
    """Everything before the samples (Microsoft, Multimedia Programming Interface 1.0, with the fact chunk).

    Written here since libsndfile adds a chunk with the time of day, and reports a full disk as written.
    """
    frame_bytes, data_bytes = 4 * audio.channels, audio.samples.nbytes
    is_float, sample_bits, no_extension = 3, 32, 0
    rates = audio.sample_rate, audio.sample_rate * frame_bytes
    form = struct.pack("<HHIIHHH", is_float, audio.channels, *rates, frame_bytes, sample_bits, no_extension)
    fact = struct.pack("<I", audio.length_samples)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"fact" + struct.pack("<I", len(fact)) + fact
    riff_bytes = 4 + len(chunks) + 8 + data_bytes
    return b"RIFF" + struct.pack("<I", riff_bytes) + b"WAVE" + chunks + b"data" + struct.pack("<I", data_bytes)
