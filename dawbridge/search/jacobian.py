"""The derivatives of a group's stems by their parameters: finite differences first, then Broyden's updates.

Finite differences cost a strip render for each parameter. An update costs none: the stems rendered after a step show
how wrong the derivatives were along that step (Broyden 1965, with parameters scaled by how much they matter).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from scipy.linalg.blas import sger

from dawbridge.search.problem import Candidate, Problem
from dawbridge.search.weighting import Weighting

# Finite difference, as a share of a parameter's range.
STEP = 2e-3
# Samples per matrix product: the rows are far larger than any cache, and are read once.
BLOCK_SAMPLES = 1 << 13

Stems = Mapping[tuple[int, int], np.ndarray]  # (track, window) → [2, n]


class Jacobian:
    """The derivatives of the tracks `group`, in every window where they are heard.

    rows:     (track, window) → [P, n], derivatives of the weighted stem by the track's parameters
    columns:  track → its parameters among those of the group
    is_exact: whether no step has been taken since the derivatives were measured
    """

    def __init__(self, problem: Problem, group: list[int], weighting: Weighting):
        self.problem, self.group, self.weighting = problem, group, weighting
        ends = np.cumsum([0, *(problem.spaces[k].size for k in group)])
        self.columns = {k: slice(low, high) for k, low, high in zip(group, ends, ends[1:])}
        self.size = int(ends[-1])
        self.rows: dict[tuple[int, int], np.ndarray] = {}
        self.is_exact = False

    def measure(
        self,
        positions: Sequence[np.ndarray],
        stems: Stems,
        render: Callable[[list[Candidate]], Iterator[np.ndarray]],
    ) -> None:
        """Measure by finite differences around `positions`, whose stems are known."""
        moves = [move for k in self.group for w in self.problem.heard_in(k) for move in self._moves(k, w, positions[k])]
        self.rows.clear()
        rendered = render([candidate for candidate, _, _ in moves])
        for (candidate, row, step), stem in zip(moves, rendered):
            key = candidate.track, candidate.window
            slope = self.weighting(candidate.window, (stem - stems[key]) / np.float32(step))
            if key not in self.rows:
                self.rows[key] = np.empty((self.problem.spaces[candidate.track].size, slope.size), np.float32)
            self.rows[key][row] = slope
        self.is_exact = True

    def _moves(self, track: int, window: int, position: np.ndarray) -> Iterator[tuple[Candidate, int, float]]:
        """(candidate, index of the parameter that moved, by how much); towards the inside at the upper bound."""
        for row in range(len(position)):
            moved = position.copy()
            step = -STEP if moved[row] > 1 - 2 * STEP else STEP
            moved[row] += step
            yield Candidate(track, window, moved), row, step

    def update(
        self, before: Sequence[np.ndarray], after: Sequence[np.ndarray], old_stems: Stems, new_stems: Stems
    ) -> None:
        """Broyden's update after a step of the positions from `before` to `after`, and of the stems with them."""
        for (track, window), rows in self.rows.items():
            move = (after[track] - before[track]).astype(np.float32)
            weights = np.array([row @ row for row in rows]) * move
            if (scale := float(weights @ move)) > 0:
                change = self.weighting(window, new_stems[track, window] - old_stems[track, window])
                # In place: the rows are the largest arrays of a descent.
                sger(1.0, change - move @ rows, weights / np.float32(scale), a=rows.T, overwrite_a=1)
        self.is_exact = False

    def normal_equations(self, residual: Callable[[int], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """JᵀJ [P, P] and Jᵀr [P]. residual: window → the weighted residual [n]"""
        hessian, gradient = np.zeros((self.size, self.size)), np.zeros(self.size)
        for window in sorted({window for _, window in self.rows}):
            tracks = [k for k in self.group if (k, window) in self.rows]
            columns = np.concatenate([np.r_[self.columns[k]] for k in tracks])
            weighted = residual(window)
            for first in range(0, weighted.size, BLOCK_SAMPLES):
                block = np.concatenate([self.rows[k, window][:, first : first + BLOCK_SAMPLES] for k in tracks])
                hessian[np.ix_(columns, columns)] += block @ block.T
                gradient[columns] += block @ weighted[first : first + BLOCK_SAMPLES]
        return hessian, gradient

    def products(self, sounds: dict[int, np.ndarray]) -> np.ndarray:
        """Jᵀs [P] of one weighted sound [n] per window; of several sounds [m, n] per window at once: [P, m]."""
        products = np.zeros((self.size, *next(iter(sounds.values())).shape[:-1]))
        for (track, window), rows in self.rows.items():
            if window in sounds:
                products[self.columns[track]] += rows @ sounds[window].T
        return products
