"""The library: every track at random places of its space, rendered; and the mix explained by it.

A mix is a sum of stems, and what a chain can make of a track lies near the span of a few dozen things that it made
at random, compression and reverb included. So the least-squares fit of the mix by all tracks' renders, summed track
by track, takes it apart into stems: far better than filters could, and for any chain of any devices.
"""

from dataclasses import dataclass

import numpy as np

from dawbridge.search.problem import Candidate, Problem

DRAWS = 48
ENDS = (0.05, 0.95)
RIDGE = 1e-3
_BLOCK_SAMPLES = 1 << 15


@dataclass(frozen=True)
class Library:
    """positions: track → [draws, P]; stems: (track, window) → [draws, 2, n] float16, each over its own scale;
    scales: the same keys → [draws]"""

    positions: dict[int, np.ndarray]
    stems: dict[tuple[int, int], np.ndarray]
    scales: dict[tuple[int, int], np.ndarray]

    def stem(self, track: int, window: int, draw: int) -> np.ndarray:
        """[2, n] float32."""
        return self.stems[track, window][draw].astype(np.float32) * self.scales[track, window][draw]


def make_library(problem: Problem, rng: np.random.Generator, draws: int = DRAWS) -> Library:
    """`draws` renders of every audible track in every window where it is heard."""
    return library_of(problem, {k: rng.uniform(*ENDS, (draws, problem.spaces[k].size)) for k in problem.audible})


def library_of(problem: Problem, positions: dict[int, np.ndarray]) -> Library:
    """Every track at the same number of places: track → [draws, P]."""
    stems, scales, draws = {}, {}, len(next(iter(positions.values())))
    for k in positions:
        for w in problem.heard_in(k):
            length = problem.windows[w].length_samples
            stems[k, w], scales[k, w] = np.empty((draws, 2, length), np.float16), np.empty(draws, np.float32)
    candidates = [Candidate(k, w, row) for k, rows in positions.items() for w in problem.heard_in(k) for row in rows]
    for place, (candidate, stem) in enumerate(zip(candidates, problem.render(candidates))):
        where, draw = (candidate.track, candidate.window), place % draws
        scales[where][draw] = max(float(np.abs(stem).max()), 1e-12)
        stems[where][draw] = stem / scales[where][draw]
    return Library(positions, stems, scales)


def take_apart(targets: list[np.ndarray], library: Library) -> dict[tuple[int, int], np.ndarray]:
    """(track, window) → the part of the window's target [2, n] that the track's renders explain, by least squares.

    Both sides of a render help to explain either side of the target. Columns have unit power; the ridge is RIDGE of it.
    """
    parts = {}
    for window, target in enumerate(targets):
        places = [place for place in library.stems if place[1] == window]
        if places:
            rows = [library.stems[place].reshape(-1, target.shape[1]) for place in places]
            for place, part in zip(places, _regress(target, rows)):
                parts[place] = part
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
