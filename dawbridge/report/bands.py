"""Signals in numbers that a chart can draw: power in bands of equal width in octaves, and level over time."""

import math
from dataclasses import dataclass

import numpy as np

from dawbridge.audio import Audio

FRAME = 4096
HOP = 2048
LOWEST_HZ, HIGHEST_HZ = 25.0, 20000.0
SILENCE = 1e-12  # power that reads -120 dB
_FRAMES_AT_ONCE = 512


@dataclass(frozen=True)
class Bands:
    """Mean power [bands, columns] around `centres_hz` [bands]; a column spans `column_s` seconds."""

    power: np.ndarray
    centres_hz: np.ndarray
    column_s: float

    def level_db(self) -> np.ndarray:
        """[bands, columns] in decibels; silence reads -120."""
        return 10.0 * np.log10(np.maximum(self.power, SILENCE))

    def mean_db(self) -> np.ndarray:
        """[bands]: the long-term average spectrum in decibels."""
        return 10.0 * np.log10(np.maximum(self.power.mean(axis=1), SILENCE))


def band_powers(audio: Audio, per_octave: int, columns: int) -> Bands:
    """Power of `audio` [C, n], its channels added, in at most `columns` columns of equal length.

    Hann frames of FRAME samples; a full-scale sine in one channel has the power 0.5 in its band. A bin stands
    for the frequencies around it, so a band narrower than a bin takes its share of one.
    """
    weights, centres_hz = _band_weights(audio.sample_rate, per_octave)
    frames = max(1, math.ceil((audio.length_samples - FRAME) / HOP) + 1)
    padded = np.zeros((audio.channels, (frames - 1) * HOP + FRAME), dtype=np.float32)
    padded[:, : audio.length_samples] = audio.samples
    per_frame = np.empty((len(centres_hz), frames), dtype=np.float32)
    for first in range(0, frames, _FRAMES_AT_ONCE):
        last = min(first + _FRAMES_AT_ONCE, frames)
        per_frame[:, first:last] = weights @ _bin_powers(padded, first, last)
    frames_per_column = math.ceil(frames / columns)
    edges = np.arange(0, frames, frames_per_column)
    counts = np.diff(np.append(edges, frames))
    power = np.add.reduceat(per_frame, edges, axis=1) / counts
    return Bands(power, centres_hz, frames_per_column * HOP / audio.sample_rate)


def _bin_powers(padded: np.ndarray, first: int, last: int) -> np.ndarray:
    """[bins, frames] of power, channels added."""
    import scipy.fft

    window = np.hanning(FRAME + 1)[:-1].astype(np.float32)
    views = np.lib.stride_tricks.sliding_window_view(padded, FRAME, axis=1)[:, first * HOP : last * HOP : HOP]
    views = views[:, : last - first]
    spectra = scipy.fft.rfft(views * window, axis=-1)  # [C, frames, bins]
    power = np.square(spectra.real) + np.square(spectra.imag)
    return power.sum(axis=0).T * np.float32(2.0 / (FRAME * np.square(window).sum()))


def _band_weights(sample_rate: int, per_octave: int) -> tuple[np.ndarray, np.ndarray]:
    """([bands, bins] share of each bin in each band, [bands] centres in hertz), around 1 kHz."""
    highest_hz = min(HIGHEST_HZ, sample_rate / 2.0)
    low = math.ceil(per_octave * math.log2(LOWEST_HZ / 1000.0))
    high = math.floor(per_octave * math.log2(highest_hz / 1000.0))
    centres_hz = 1000.0 * 2.0 ** (np.arange(low, high + 1) / per_octave)
    half = 2.0 ** (0.5 / per_octave)
    width_hz = sample_rate / FRAME
    bins_hz = np.arange(FRAME // 2 + 1) * width_hz
    upper = np.minimum(centres_hz[:, None] * half, bins_hz + width_hz / 2)
    lower = np.maximum(centres_hz[:, None] / half, bins_hz - width_hz / 2)
    return (np.maximum(upper - lower, 0.0) / width_hz).astype(np.float32), centres_hz


def level_over_time(audio: Audio, points: int) -> tuple[np.ndarray, np.ndarray]:
    """(seconds, level in dB): rms over both channels in at most `points` equal parts of 0.4 s or more."""
    part = max(round(0.4 * audio.sample_rate), math.ceil(audio.length_samples / points))
    starts = np.arange(0, audio.length_samples, part)
    square = np.square(audio.samples).mean(axis=0)
    counts = np.diff(np.append(starts, audio.length_samples))
    power = np.add.reduceat(square, starts, dtype=np.float64) / counts
    return (starts + counts / 2) / audio.sample_rate, 10.0 * np.log10(np.maximum(power, SILENCE))


def peaks(audio: Audio, points: int) -> np.ndarray:
    """[points] or fewer: the largest absolute sample of each equal part, for a waveform."""
    part = max(1, math.ceil(audio.length_samples / points))
    highest = np.abs(audio.samples).max(axis=0)
    return np.maximum.reduceat(highest, np.arange(0, audio.length_samples, part))
