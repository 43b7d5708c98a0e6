"""The mix's error as a function of every free parameter at once, for searches that know nothing of a mix.

Error: (rms of the residual / rms of the mix) · (mean difference of the log-mel spectra), over the windows; no level is
taken out. On three mixes of three short tracks, 48 parameters and 1,000 evaluations, CMA-ES from a sigma of
0.3 reached with

    the residual alone   nulls of -14 to -15 dB, MRSD 1.9 to 2.3
    MRSD                 nulls of -12 to -15 dB, MRSD 0.8 to 1.1, three times as slow
    log-mel alone        nulls of  -2 to -10 dB, MRSD 1.3 to 2.0
    their product        nulls of -11 to -15 dB, MRSD 0.9 to 1.5

so the product is near the best of both at little cost.
"""

import numpy as np
import torch

from dawbridge.features.mel import log_mel
from dawbridge.search.descent import energy
from dawbridge.search.problem import Candidate, Problem

ROWS_AT_ONCE = 4  # whose stems wait in memory while the first is compared
_TINY = 1e-20


class BlackBox:
    """Errors of rows [size] in 0..1, which hold all audible tracks' parameters one after the other.

    best, least: positions per track of the row with the smallest error so far, and that error
    """

    def __init__(self, problem: Problem, budget: int):
        self.problem = problem
        self.last = problem.farm.rendered_strips + budget
        self.tracks = problem.audible
        self.size = sum(problem.spaces[k].size for k in self.tracks)
        self.best, self.least = problem.defaults(), np.inf
        self._places = [(k, w) for k in self.tracks for w in problem.heard_in(k)]
        self._wanted = [_mel(target, problem.sample_rate) for target in problem.target]
        self._fixed: list[np.ndarray] | None = None

    @property
    def affordable(self) -> int:
        """How many more rows the budget holds; none where no track has a parameter that can be heard."""
        left = self.last - self.problem.farm.rendered_strips
        if self._fixed is None:
            left -= len(self._fixed_candidates())
        return max(0, left // len(self._places)) if self._places else 0

    def errors(self, rows: np.ndarray) -> list[float]:
        """The error of every row of [R, size], R no more than affordable."""
        found = []
        for first in range(0, len(rows), ROWS_AT_ONCE):
            found += self._errors([self.positions(row) for row in rows[first : first + ROWS_AT_ONCE]])
        return found

    def positions(self, row: np.ndarray) -> list[np.ndarray]:
        """A row as positions per track; tracks that cannot be heard keep their defaults."""
        positions, first = self.problem.defaults(), 0
        for k in self.tracks:
            positions[k] = np.array(row[first : first + len(positions[k])])
            first += len(positions[k])
        return positions

    def _errors(self, several: list[list[np.ndarray]]) -> list[float]:
        if self._fixed is None:
            self._fixed = self._fixed_mixes()
        stems = self.problem.render([Candidate(k, w, each[k]) for each in several for k, w in self._places])
        return [self._error(each, stems) for each in several]

    def _error(self, positions: list[np.ndarray], stems) -> float:
        mixes = [mix.copy() for mix in self._fixed]
        for _, window in self._places:
            mixes[window] += next(stems)
        error = self._distance(mixes)
        if error < self.least:
            self.best, self.least = positions, error
        return error

    def _distance(self, mixes: list[np.ndarray]) -> float:
        targets, rate = self.problem.target, self.problem.sample_rate
        left = sum(energy(target - mix) for target, mix in zip(targets, mixes))
        whole = sum(energy(target) for target in targets)
        bands = [float((_mel(mix, rate) - wanted).abs().mean()) for mix, wanted in zip(mixes, self._wanted)]
        return float(np.sqrt(left / (whole + _TINY)) * np.mean(bands))

    def _fixed_candidates(self) -> list[Candidate]:
        """Tracks that sound though nothing about them is free."""
        others = [k for k in range(self.problem.track_count) if k not in self.tracks]
        return self.problem.candidates(self.problem.defaults(), others)

    def _fixed_mixes(self) -> list[np.ndarray]:
        mixes = [np.zeros_like(target) for target in self.problem.target]
        candidates = self._fixed_candidates()
        for candidate, stem in zip(candidates, self.problem.render(candidates)):
            mixes[candidate.window] += stem
        return mixes


def _mel(samples: np.ndarray, sample_rate: int) -> torch.Tensor:
    with torch.no_grad():
        return log_mel(torch.from_numpy(np.ascontiguousarray(samples)), sample_rate)
