"""The derivatives of a group's stems by their parameters: by finite differences, then kept up by Broyden's update.

A difference costs a strip render for each parameter; an update costs none, since a step's own stems tell how wrong
the derivatives were along it (Broyden 1965, with parameters scaled by how much they matter).
"""

from collections.abc import Callable

import numpy as np
from scipy.linalg.blas import sger

from dawbridge.search.problem import Candidate, Problem
from dawbridge.search.weighting import Lens

STEP = 2e-3
BLOCK_SAMPLES = 1 << 13


class Jacobian:
    """Of the tracks `group`, in every window where they are heard: [P, n] of the residual as `lens` sees it.

    is_exact: whether no step has been taken since it was measured
    """

    def __init__(self, problem: Problem, group: list[int], lens: Lens):
        self.problem, self.group, self.lens = problem, group, lens
        ends = np.cumsum([0, *(problem.spaces[k].size for k in group)])
        self.columns = {k: slice(low, high) for k, low, high in zip(group, ends, ends[1:])}
        self.size = int(ends[-1])
        self.rows: dict[tuple[int, int], np.ndarray] = {}
        self.is_exact = False

    def measure(self, positions, stems, render: Callable) -> None:
        """By finite differences around `positions`, whose stems are known. `render`: candidates → stems."""
        moves = [move for k in self.group for w in self.problem.heard_in(k) for move in self._moves(k, w, positions[k])]
        self.rows.clear()
        rendered = render([candidate for candidate, _, _ in moves])
        for (candidate, row, step), stem in zip(moves, rendered):
            place = candidate.track, candidate.window
            slope = self.lens(candidate.window, (stem - stems[place]) / np.float32(step))
            if place not in self.rows:
                self.rows[place] = np.empty((self.problem.spaces[candidate.track].size, slope.size), np.float32)
            self.rows[place][row] = slope
        self.is_exact = True

    def _moves(self, track: int, window: int, position: np.ndarray):
        for row in range(len(position)):
            moved = position.copy()
            step = -STEP if moved[row] > 1 - 2 * STEP else STEP
            moved[row] += step
            yield Candidate(track, window, moved), row, step

    def update(self, before, after, old_stems, new_stems) -> None:
        """After a step of the positions from `before` to `after`, which took the stems with it."""
        for (track, window), rows in self.rows.items():
            move = (after[track] - before[track]).astype(np.float32)
            weights = np.array([row @ row for row in rows]) * move
            if (scale := float(weights @ move)) > 0:
                change = self.lens(window, new_stems[track, window] - old_stems[track, window])
                # In place: the rows are the largest arrays of a descent.
                sger(1.0, change - move @ rows, weights / np.float32(scale), a=rows.T, overwrite_a=1)
        self.is_exact = False

    def normal_equations(self, residual: Callable[[int], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """JᵀJ [P, P] and Jᵀr [P]. `residual`: window → as `lens` sees it."""
        hessian, gradient = np.zeros((self.size, self.size)), np.zeros(self.size)
        for window in sorted({window for _, window in self.rows}):
            tracks = [k for k in self.group if (k, window) in self.rows]
            columns = np.concatenate([np.r_[self.columns[k]] for k in tracks])
            rest = residual(window)
            # Block by block: the derivatives are far larger than any cache, and are read once.
            for first in range(0, rest.size, BLOCK_SAMPLES):
                block = np.concatenate([self.rows[k, window][:, first : first + BLOCK_SAMPLES] for k in tracks])
                hessian[np.ix_(columns, columns)] += block @ block.T
                gradient[columns] += block @ rest[first : first + BLOCK_SAMPLES]
        return hessian, gradient

    def products(self, sounds: dict[int, np.ndarray]) -> np.ndarray:
        """Jᵀs of a sound [n] per window, as `lens` sees it: [P]; of several sounds [m, n] at once: [P, m]."""
        products = np.zeros((self.size, *next(iter(sounds.values())).shape[:-1]))
        for (track, window), rows in self.rows.items():
            if window in sounds:
                products[self.columns[track]] += rows @ sounds[window].T
        return products
