"""Gains that change with time, per track, by least squares: the columns are tracks, weighted by hats on a grid.

What keeps them from following noise: a gain moves only as far as the track's energy around it speaks for it. Every
difference between neighbours costs SMOOTHNESS, every distance from 1 costs REST times the track's mean energy per hop.
"""

import numpy as np
from scipy.linalg import solveh_banded

SMOOTHNESS, REST = 0.3, 1e-3


def fit_envelopes(stems: np.ndarray, output: np.ndarray, hop_samples: int) -> np.ndarray:
    """[K, nodes]: gains at every `hop_samples`, linear between, that bring `stems` [K, C, n], added up, nearest to
    `output` [C, n]."""
    count, _, length = stems.shape
    nodes = -(-length // hop_samples) + 1
    own, next_, right = np.zeros((nodes, count, count)), np.zeros((nodes, count, count)), np.zeros((nodes, count))
    for m, first in enumerate(range(0, length, hop_samples)):
        columns = np.asarray(stems[..., first : first + hop_samples], dtype=np.float64)
        left = np.asarray(output[:, first : first + hop_samples], dtype=np.float64) - columns.sum(axis=0)
        rise = np.arange(columns.shape[-1]) / hop_samples
        falling, rising = ((columns * hat).reshape(count, -1) for hat in (1 - rise, rise))
        own[m] += falling @ falling.T
        own[m + 1] += rising @ rising.T
        next_[m] = falling @ rising.T
        right[m] += falling @ left.ravel()
        right[m + 1] += rising @ left.ravel()
    cost = np.square(stems, dtype=np.float64).sum(axis=(1, 2)) / (nodes - 1)
    _hold(own, next_, np.where(cost > 0, cost, 1.0))
    return 1 + _solved(own, next_, right).T


def at_every_sample(gains: np.ndarray, hop_samples: int, length: int) -> np.ndarray:
    """[K, length] float32 of gains [K, nodes]."""
    times, places = np.arange(length), np.arange(gains.shape[1]) * hop_samples
    return np.stack([np.interp(times, places, row) for row in gains]).astype(np.float32)


def _hold(own: np.ndarray, next_: np.ndarray, cost: np.ndarray) -> None:
    """Add what moving costs to the normal equations."""
    own += np.diag(cost * REST)
    own[:-1] += np.diag(cost * SMOOTHNESS)
    own[1:] += np.diag(cost * SMOOTHNESS)
    next_[:-1] -= np.diag(cost * SMOOTHNESS)


def _solved(own: np.ndarray, next_: np.ndarray, right: np.ndarray) -> np.ndarray:
    """[nodes, K]: the solution of a matrix with blocks [K, K] `own` on its diagonal and `next_` right of it."""
    nodes, count = right.shape
    band = np.zeros((2 * count, nodes * count))  # row d: elements d below the diagonal
    below = np.concatenate([own, next_.swapaxes(1, 2)], axis=1)  # [nodes, 2 K, K]
    for column in range(count):
        rows = below[:, column:, column]  # [nodes, 2 K - column]
        band[: rows.shape[1], column::count] = rows.T
    return solveh_banded(band, right.ravel(), lower=True).reshape(nodes, count)
