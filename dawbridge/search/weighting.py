"""What of a residual counts in a descent: the waveform as it is, or half-whitened by the mix's own spectrum."""

from collections.abc import Callable

import numpy as np
from scipy.ndimage import uniform_filter

# (window, samples [2, n]) → the row of float32 whose square is the error. It must be linear in the samples.
Weighting = Callable[[int, np.ndarray], np.ndarray]

# Frame length and hop of the spectrum, in samples.
FFT, HOP = 1024, 512
# The residual's power is divided by the mix's power to this power times two, that is by its square root: half way to
# white.
EXPONENT = 0.25
# The mix's power is averaged over so many bins and so many frames.
SMOOTHED_BINS_FRAMES = (9, 5)
# Least power, as a share of the loudest: silence must not weigh without bound.
FLOOR = 1e-6


def unweighted(window: int, samples: np.ndarray) -> np.ndarray:
    """The waveform as it is."""
    return samples.ravel()


def half_whitened(targets: list[np.ndarray]) -> Weighting:
    """A weighting by the local mean power of the windows' `targets` [2, n]: quiet bands and frames count for more."""
    weights = [_weights(target) for target in targets]

    def weighting(window: int, samples: np.ndarray) -> np.ndarray:
        spectrum = _stft(samples) * weights[window]
        return np.ascontiguousarray(spectrum).view(np.float32).ravel()

    return weighting


def _weights(target: np.ndarray) -> np.ndarray:
    power = np.square(np.abs(_stft(target))).sum(axis=0)
    local = uniform_filter(power, SMOOTHED_BINS_FRAMES[::-1], mode="nearest")
    local += FLOOR * max(float(local.max()), 1e-20)
    weights = local**-EXPONENT
    return (weights / np.sqrt(np.mean(np.square(weights)))).astype(np.float32)


def _stft(samples: np.ndarray) -> np.ndarray:
    """[2, n] → [2, frames, bins] complex64."""
    frames = max(1, -(-samples.shape[1] // HOP) - 1)
    padded = np.pad(samples, ((0, 0), (0, max(0, (frames - 1) * HOP + FFT - samples.shape[1]))))
    pieces = np.lib.stride_tricks.sliding_window_view(padded, FFT, axis=1)[:, ::HOP]
    return np.fft.rfft(pieces * np.hanning(FFT).astype(np.float32)).astype(np.complex64)
