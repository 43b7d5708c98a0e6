"""Other places for a track's filters, told by one render each: what would be left if all else followed.

A trial moves one filter of a track somewhere else. The residual is then fitted by the trial's change, in any share of
it, together with the derivatives of all other parameters, which stand for their following. So the trial needs no
descent of its own to show whether its basin is the better one.
"""

import numpy as np

from dawbridge.methods.inversion.problem import Candidate
from dawbridge.methods.inversion.search.descent import Descent
from dawbridge.methods.inversion.search.roles import Filter, roles_of

FREQUENCIES = np.linspace(0.05, 0.95, 10)
GAINS = (0.2, 0.8)
MOST_SHARE = 1.5
_RIDGE = 1e-4


def scanned(descent: Descent, track: int, count: int) -> list[np.ndarray]:
    """The `count` likeliest places of the track by itself, its filters each moved alone; best first.

    `descent` has the track's derivatives measured; it counts the renders.
    """
    here = descent.positions[track]
    trials = [trial for row in roles_of(descent.problem.spaces[track]).filters for trial in _trials(here, row)]
    if not trials:
        return []
    left = np.zeros(len(trials))
    shares = np.zeros(len(trials))
    for window in descent.problem.heard_in(track):
        rows = descent.derivatives(track, window)
        stems = descent.render([Candidate(track, window, trial) for trial, _ in trials])
        rest = descent.lens(window, descent.residual(window))
        slopes = _Projection(rows)
        rest = slopes.off(rest)
        whole = float(rest @ rest)
        for place, stem in enumerate(stems):
            change = slopes.off(descent.lens(window, stem - descent.stems[track, window]))
            size = float(change @ change) + 1e-12
            share = float(np.clip(change @ rest / size, 0.0, MOST_SHARE))
            left[place] += whole - 2 * share * float(change @ rest) + share**2 * size
            shares[place] = share
    order = [place for place in np.argsort(left, kind="stable") if shares[place] > 0][:count]
    return [_part(here, *trials[place], shares[place]) for place in order]


def _trials(here: np.ndarray, row: Filter):
    for frequency in FREQUENCIES if row.frequency is not None else ():
        for gain in GAINS:
            trial = here.copy()
            trial[row.frequency], trial[row.gain] = frequency, gain
            yield trial, row


def _part(here: np.ndarray, trial: np.ndarray, row: Filter, share: float) -> np.ndarray:
    """The trial with `share` of its gain's move."""
    moved = trial.copy()
    moved[row.gain] = np.clip(0.5 + share * (trial[row.gain] - 0.5), 0.0, 1.0)
    return moved


class _Projection:
    """Takes away from a signal what the rows [P, n] can make."""

    def __init__(self, rows: np.ndarray):
        self.rows = rows
        gram = (rows @ rows.T).astype(np.float64)
        self.inverse = np.linalg.inv(gram + np.diag(_RIDGE * gram.diagonal() + 1e-12))

    def off(self, signal: np.ndarray) -> np.ndarray:
        return signal - (self.inverse @ (self.rows @ signal)).astype(np.float32) @ self.rows
