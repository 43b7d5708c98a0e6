"""MRSD: the multi-resolution STFT distance of Zhou, Yu and Wu (2024), equations 2 to 4.

In: two signals [C, n] and the gains to compare them under. Out: per pair of gains the distance

    MRSD  = mean over three STFTs of  θ_sc + θ_sm
    θ_sc  = Σ_channels ‖|Y| − |Ŷ|‖_F / ‖|Y|‖_F
    θ_sm  = Σ_channels mean over bins and frames of |ln|Y| − ln|Ŷ||, magnitudes clamped at 1e-7

The paper divides θ_sm by the number of frames only; here it is the mean over bins too, so that no resolution
outweighs the others. Its window sizes are not given; these are those of its reference 27 (Parallel WaveGAN).
Frames are centred on every hop-th sample, with the signal's ends mirrored, as torch.stft does by default; the
Hann window (periodic) is zero-padded on both sides to the FFT's length.

A signal scaled by a gain has scaled magnitudes, so one pass of transforms serves every pair of gains: the
distance as the signals are, and after loudness normalisation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dawbridge.units import SILENCE_DB, db_to_gain

# (factor of the reference, factor of the estimate)
GainPair = tuple[float, float]
STFTS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))  # fft, hop, window, in samples
MAGNITUDE_FLOOR = 1e-7
_CHUNK_BINS = 1 << 19  # magnitudes held at a time: they stay in a processor's cache
_TINY = np.float32(1e-30)


@dataclass(frozen=True)
class SpectralDistance:
    """`mrsd`, None where all of the reference is silent; its `silent_channels` have no θ_sc in it."""

    mrsd: float | None
    silent_channels: tuple[int, ...]


def spectral_distances(
    reference: np.ndarray, estimate: np.ndarray, gains: list[tuple[float, float]]
) -> list[SpectralDistance]:
    """One distance per pair (gain of the reference, gain of the estimate); signals [C, n] float32, n ≥ 1.

    Memory stays below some ten copies of one channel, whatever the length.
    """
    silent = tuple(channel for channel, samples in enumerate(reference) if is_silent(samples))
    if len(silent) == len(reference):
        return [SpectralDistance(None, silent) for _ in gains]
    total = np.zeros(len(gains))
    for channel in range(len(reference)):
        for stft in STFTS:
            convergence, log_magnitude = _one_channel(reference[channel], estimate[channel], stft, gains)
            total += log_magnitude if channel in silent else convergence + log_magnitude
    return [SpectralDistance(float(value), silent) for value in total / len(STFTS)]


def is_silent(samples: np.ndarray) -> bool:
    """Whether no sample rises above SILENCE_DB."""
    return bool(np.abs(samples).max(initial=0.0) <= db_to_gain(SILENCE_DB))


def _one_channel(
    y: np.ndarray, y_hat: np.ndarray, stft: tuple[int, int, int], gains: Sequence[GainPair]
) -> tuple[np.ndarray, np.ndarray]:
    """θ_sc and θ_sm of one channel under one STFT, each [number of gain pairs]."""
    difference, energy, log_difference = (np.zeros(len(gains)) for _ in range(3))
    bins = 0
    for magnitude, magnitude_hat in zip(_magnitudes(y, stft), _magnitudes(y_hat, stft), strict=True):
        log, log_hat = (np.log(np.maximum(m, _TINY)) for m in (magnitude, magnitude_hat))
        bins += magnitude.size
        for index, pair in enumerate(gains):
            difference[index] += _squares(_gained(magnitude, pair[0]) - _gained(magnitude_hat, pair[1]))
            energy[index] += _squares(_gained(magnitude, pair[0]))
            log_difference[index] += _log_distance(log, log_hat, pair)
    convergence = np.sqrt(np.divide(difference, energy, out=np.zeros_like(energy), where=energy > 0))
    return convergence, log_difference / bins


def _magnitudes(samples: np.ndarray, stft: tuple[int, int, int]) -> Iterator[np.ndarray]:
    """Magnitudes [frames, bins] float32 of the centred STFT, a chunk of frames at a time."""
    from scipy.fft import rfft

    fft, hop, window_samples = stft
    # Only the samples under the window count: centring it in the FFT's length moves the phase alone.
    half = window_samples // 2
    padded = np.pad(samples, half, mode="reflect" if samples.size > 1 else "edge")
    # As torch.stft counts: centres at 0, hop, … up to and with n.
    frames = np.lib.stride_tricks.sliding_window_view(padded, window_samples)[: samples.size + 1 : hop]
    window = np.hanning(window_samples + 1)[:-1].astype(np.float32)
    step = max(1, _CHUNK_BINS // (fft // 2 + 1))
    for first in range(0, len(frames), step):
        yield np.abs(rfft(frames[first : first + step] * window, n=fft))


def _gained(magnitude: np.ndarray, gain: float) -> np.ndarray:
    return magnitude if gain == 1.0 else magnitude * np.float32(gain)


def _squares(x: np.ndarray) -> float:
    flat = x.ravel()
    return float(np.dot(flat, flat))


def _log_distance(log: np.ndarray, log_hat: np.ndarray, pair: GainPair) -> float:
    """Σ |ln max(a|Y|, floor) − ln max(b|Ŷ|, floor)|, where the floor is moved instead of the logarithms."""
    floor, shift, shift_hat = np.log(MAGNITUDE_FLOOR), np.log(pair[0]), np.log(pair[1])
    left = np.maximum(log, np.float32(floor - shift))
    left -= np.maximum(log_hat, np.float32(floor - shift_hat))
    left += np.float32(shift - shift_hat)
    return float(np.abs(left, out=left).sum(dtype=np.float64))
