"""FIR filters of many inputs to one output by least squares, for tracks of any length.

The normal equations of an input are correlations, which are made of blocks by FFT. They count samples past the end,
where the filters ring on though the output was cut off: those few rows are taken away again, so that the solution is
that of the samples there are.
"""

import numpy as np
from scipy.fft import irfft, rfft
from scipy.linalg import cho_factor, cho_solve
from scipy.signal import oaconvolve

# Of every tap's own energy: bands in which a track has nothing else would let its taps run away.
RIDGE = 1e-7
# A filter of unit gain costs so many times what the residual would let it be in error by chance: else a track that is
# all but silent here would be blown up to explain what others left, and be far too loud where it plays.
CAUTION = 100.0
BLOCK_SAMPLES = 1 << 14


def fit_filters(inputs: np.ndarray, output: np.ndarray, taps: int) -> np.ndarray:
    """[K, taps]: the filters that bring `inputs` [K, n], added up, nearest to `output` [n]; 0 for a silent input."""
    count = len(inputs)
    correlation = _correlations(np.concatenate([inputs, output[None]]), taps)  # [K + 1, K + 1, taps]
    right = correlation[:count, count].ravel()
    gram = _gram(correlation[:count, :count], taps)
    ringing = _past_the_end(inputs, taps)
    gram -= ringing.T @ ringing
    own = RIDGE * gram.diagonal()
    found = _solved(gram, right, own)
    left = max(0.0, correlation[count, count, 0] - 2 * found @ right + found @ gram @ found)
    return _solved(gram, right, own + CAUTION * taps * left / output.size).reshape(count, taps)


def _solved(gram: np.ndarray, right: np.ndarray, ridge: np.ndarray) -> np.ndarray:
    held = gram + np.diag(ridge)
    size = np.sqrt(held.diagonal())
    size[size == 0] = 1.0
    held /= np.outer(size, size)
    held[np.diag_indices_from(held)] = 1.0
    return cho_solve(cho_factor(held), right / size) / size


def filtered(samples: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """`samples` [n] through the filter, as long as they were."""
    return oaconvolve(samples, taps)[: len(samples)]


def _correlations(signals: np.ndarray, taps: int) -> np.ndarray:
    """[S, S, taps]: element (k, l, d) is the sum over n of signal k at n - d times signal l at n."""
    size = BLOCK_SAMPLES + 2 * taps
    padded = np.pad(np.asarray(signals, dtype=np.float64), ((0, 0), (taps, 0)))
    spectrum = np.zeros((size // 2 + 1, len(signals), len(signals)), dtype=complex)
    for first in range(0, signals.shape[1], BLOCK_SAMPLES):
        block = padded[:, first : first + taps + BLOCK_SAMPLES]
        past, now = rfft(block, size).T, rfft(block[:, taps:], size).T  # [bins, S] each
        spectrum += past.conj()[:, :, None] * now[:, None, :]
    # `past` begins `taps` samples earlier, so that the lag d stands at d - taps.
    lags = irfft(np.moveaxis(spectrum, 0, -1), size)
    return lags[..., (np.arange(taps) - taps) % size]


def _gram(correlation: np.ndarray, taps: int) -> np.ndarray:
    """[K taps, K taps] of the untruncated signals: element ((k, i), (l, j)) depends on i - j alone."""
    count = len(correlation)
    lag = np.arange(taps)[:, None] - np.arange(taps)  # [i, j]
    delays, earlier = correlation[..., np.maximum(lag, 0)], correlation[..., np.maximum(-lag, 0)]
    blocks = np.where(lag >= 0, delays, earlier.swapaxes(0, 1))  # [K, K, taps, taps]
    return blocks.transpose(0, 2, 1, 3).reshape(count * taps, count * taps)


def _past_the_end(inputs: np.ndarray, taps: int) -> np.ndarray:
    """[taps - 1, K taps]: what the taps would hold in the samples after the last."""
    last = np.zeros((len(inputs), 2 * taps))
    tail = np.asarray(inputs[:, -taps:], dtype=np.float64)
    last[:, taps - tail.shape[1] : taps] = tail
    rows = np.arange(taps - 1)[:, None] + taps - np.arange(taps)  # [row, i]
    return last[:, rows].transpose(1, 0, 2).reshape(taps - 1, -1)
