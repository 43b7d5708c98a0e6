"""Stem estimation: random renders of every track, and the mix explained by them with least squares.

In: a problem. Out: a dictionary of renders, and the part of the mix that each track's renders explain.

A mix is a sum of stems, and what a chain can make of a track lies near the span of a few dozen random renders of it,
compression and reverb included. So a least-squares fit of the mix by all renders, summed track by track, estimates the
stems. It works for any chain, and far better than filters of the dry tracks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dawbridge.search.problem import Candidate, Problem

StemKey = tuple[int, int]  # (track, window)

# Random renders per track and window.
DRAWS = 48
# Random positions are drawn between these, evenly: chains are rarely set to the very ends of their ranges.
ENDS = (0.05, 0.95)
# Ridge of the least squares, as a share of a render's power.
RIDGE = 1e-3
# Samples per matrix product, to bound memory.
_BLOCK_SAMPLES = 1 << 15


@dataclass(frozen=True)
class RenderDictionary:
    """Renders of every track at several positions.

    positions: track → [draws, P] in 0..1
    stems:     (track, window) → [draws, 2, n] float16, each divided by its scale
    scales:    (track, window) → [draws], the peak of each render
    """

    positions: dict[int, np.ndarray]
    stems: dict[StemKey, np.ndarray]
    scales: dict[StemKey, np.ndarray]

    def stem(self, track: int, window: int, draw: int) -> np.ndarray:
        """One render, [2, n] float32."""
        return self.stems[track, window][draw].astype(np.float32) * self.scales[track, window][draw]


def make_dictionary(problem: Problem, rng: np.random.Generator, draws: int = DRAWS) -> RenderDictionary:
    """`draws` renders at random positions of every audible track, in every window where it is heard."""
    return dictionary_at(problem, {k: rng.uniform(*ENDS, (draws, problem.spaces[k].size)) for k in problem.audible})


def dictionary_at(problem: Problem, positions: dict[int, np.ndarray]) -> RenderDictionary:
    """Renders at given positions: track → [draws, P], with the same number of draws for every track."""
    stems, scales, draws = {}, {}, len(next(iter(positions.values())))
    for k in positions:
        for w in problem.heard_in(k):
            length = problem.windows[w].length_samples
            stems[k, w], scales[k, w] = np.empty((draws, 2, length), np.float16), np.empty(draws, np.float32)
    candidates = [Candidate(k, w, row) for k, rows in positions.items() for w in problem.heard_in(k) for row in rows]
    for index, (candidate, stem) in enumerate(zip(candidates, problem.render(candidates))):
        key, draw = (candidate.track, candidate.window), index % draws
        scales[key][draw] = max(float(np.abs(stem).max()), 1e-12)
        stems[key][draw] = stem / scales[key][draw]
    return RenderDictionary(positions, stems, scales)


def estimate_stems(targets: Sequence[np.ndarray], dictionary: RenderDictionary) -> dict[StemKey, np.ndarray]:
    """(track, window) → the part [2, n] of the window's target that the track's renders explain.

    targets: one [2, n] per window. Both channels of a render may explain either channel of the target. Renders are
    scaled to unit power, so the ridge is RIDGE of that.
    """
    parts: dict[StemKey, np.ndarray] = {}
    for window, target in enumerate(targets):
        keys = [key for key in dictionary.stems if key[1] == window]
        if keys:
            rows = [dictionary.stems[key].reshape(-1, target.shape[1]) for key in keys]
            parts.update(zip(keys, _regress(target, rows)))
    return parts


def _regress(target: np.ndarray, rows: list[np.ndarray]) -> list[np.ndarray]:
    """The part [2, n] of each block of rows in the least-squares fit of `target` [2, n]."""
    ends = np.cumsum([0, *map(len, rows)])
    gram, right = np.zeros((ends[-1], ends[-1])), np.zeros((ends[-1], 2))
    for first in range(0, target.shape[1], _BLOCK_SAMPLES):
        block = _block(rows, first)
        gram += block @ block.T
        right += block @ target[:, first : first + _BLOCK_SAMPLES].T
    size = np.sqrt(np.maximum(gram.diagonal(), 1e-20))
    scaled = gram / np.outer(size, size) + RIDGE * np.eye(len(gram))
    weights = (np.linalg.solve(scaled, right / size[:, None]) / size[:, None]).astype(np.float32)
    parts = [np.empty_like(target) for _ in rows]
    for first in range(0, target.shape[1], _BLOCK_SAMPLES):
        for part, row, (low, high) in zip(parts, rows, zip(ends, ends[1:])):
            block = row[:, first : first + _BLOCK_SAMPLES].astype(np.float32)
            part[:, first : first + _BLOCK_SAMPLES] = weights[low:high].T @ block
    return parts


def _block(rows: list[np.ndarray], first: int) -> np.ndarray:
    return np.concatenate([row[:, first : first + _BLOCK_SAMPLES].astype(np.float32) for row in rows])
