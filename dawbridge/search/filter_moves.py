"""Where a filter belongs, told by what is left at the end of a joint descent: the same track, the filter elsewhere.

For every filter with a frequency, the track is rendered with the filter flat, and with it at every place in turn.
Taking it away, and a share of what it does at the place, are then fitted to the residual together with the derivatives
of all other parameters of all tracks of the group, which stand for their following. So far from the truth that a
descent sees no slope, a place still shows by what it would explain. Linear, hence a guess: a move is tried before it is
believed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from dawbridge.search.descent import Descent, energy
from dawbridge.search.filter_roles import Filter, roles_of
from dawbridge.search.jacobian import Jacobian
from dawbridge.search.problem import Candidate
from dawbridge.search.spectral_fit import FREQUENCIES, WIDTHS

GAIN = 0.75
MOST_SHARE, FARTHEST = 2.0, 0.15
_RIDGE = 3e-3


@dataclass(frozen=True)
class Move:
    """positions of the track with a filter moved and its other parameters following; left_share: of the error that
    would be left if all followed and no filter moved, as far as a linear view tells."""

    track: int
    positions: np.ndarray
    left_share: float


def moves_cost(descent: Descent, track: int) -> int:
    """Strip renders that `moves` takes for a track, the derivatives left out."""
    places = sum(len(_trials(descent.positions[track], row)) for row in _filters(descent, track))
    return places * len(descent.problem.heard_in(track))


def moves(descent: Descent, tracks: Iterable[int]) -> dict[int, list[Move]]:
    """Of every filter of each track to every place; of each track the best first. `descent` sees the waveform."""
    found, chosen = {}, set(tracks)
    for group in descent.groups:
        if chosen & set(group):
            slopes = Slopes(descent, group)
            for track in sorted(chosen & set(group)):
                every = [move for row in _filters(descent, track) for move in _moves_of(descent, slopes, track, row)]
                found[track] = sorted(every, key=lambda move: move.left_share)
    return found


def _filters(descent: Descent, track: int) -> list[Filter]:
    return [row for row in roles_of(descent.problem.spaces[track]).filters if row.frequency is not None]


def _trials(here: np.ndarray, row: Filter) -> list[np.ndarray]:
    """The filter flat, then at every place."""
    flat = here.copy()
    flat[row.gain] = 0.5
    trials = [flat]
    for frequency in FREQUENCIES:
        for width in (None,) if row.width is None else WIDTHS:
            trial = here.copy()
            trial[row.gain], trial[row.frequency] = GAIN, frequency
            if row.width is not None:
                trial[row.width] = width
            trials.append(trial)
    return trials


def _moves_of(descent: Descent, slopes: "Slopes", track: int, row: Filter) -> Iterator[Move]:
    trials, windows = _trials(descent.positions[track], row), descent.problem.heard_in(track)
    flat, changes = _changes(descent, track, trials)
    gone = {w: (descent.stems[track, w] - flat[w]).ravel() for w in windows}
    rest = {w: descent.residual(w).ravel() + gone[w] for w in windows}
    kept, inverse = slopes.without(track, row)
    seen = (slopes.gradient + slopes.jacobian.products(gone))[kept]
    follow = inverse @ seen
    before = descent.error + sum(energy(rest[w]) - energy(rest[w] - gone[w]) for w in windows)
    own = slopes.jacobian.products(changes)[kept]
    sizes = sum(np.array([energy(change) for change in changes[w]]) for w in windows) - (own * (inverse @ own)).sum(0)
    fits = sum((changes[w] @ rest[w]).astype(np.float64) for w in windows) - follow @ own
    shares = np.clip(fits / (sizes + 1e-12), -MOST_SHARE, MOST_SHARE)
    left = before - seen @ follow - 2 * shares * fits + shares**2 * sizes
    steps = np.zeros((len(slopes.gradient), len(shares)))
    steps[kept] = inverse @ (seen[:, None] - shares * own)
    for trial, share, step, rest_of_it in zip(trials[1:], shares, steps[slopes.columns[track]].T, left):
        moved = trial + np.clip(step, -FARTHEST, FARTHEST)
        moved[row.gain] = 0.5 + share * (GAIN - 0.5)
        yield Move(track, np.clip(moved, 0, 1), float(rest_of_it) / slopes.left)


def _changes(descent: Descent, track: int, trials: list[np.ndarray]) -> tuple[dict, dict]:
    """window → the track's stem [2, n] at the first trial, and how all others [trials - 1, 2n] differ from it."""
    windows = descent.problem.heard_in(track)
    sounds = descent.render([Candidate(track, w, trial) for trial in trials for w in windows])
    flat = {w: next(sounds) for w in windows}
    changes = {w: np.empty((len(trials) - 1, flat[w].size), np.float32) for w in windows}
    for place in range(len(trials) - 1):
        for w in windows:
            changes[w][place] = (next(sounds) - flat[w]).ravel()
    return flat, changes


class Slopes:
    """A group's derivatives where a descent stands, their products with each other and with the residual."""

    def __init__(self, descent: Descent, group: list[int]):
        self.jacobian: Jacobian = descent.slopes(group)
        self.columns = self.jacobian.columns
        self.hessian, self.gradient = self.jacobian.normal_equations(lambda w: descent.residual(w).ravel())
        _, self.inverse = self._inverse_of(np.arange(len(self.gradient)))
        # Of the error, with every parameter where a step would take it.
        self.left = max(float(descent.error - self.gradient @ self.inverse @ self.gradient), 1e-30)

    def without(self, track: int, row: Filter) -> tuple[np.ndarray, np.ndarray]:
        """(the parameters but for those of one filter, the inverse of their products)"""
        first = self.columns[track].start
        moved = [first + index for index in (row.gain, row.frequency, row.width) if index is not None]
        return self._inverse_of(np.setdiff1d(np.arange(len(self.gradient)), moved))

    def _inverse_of(self, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hessian = self.hessian[np.ix_(kept, kept)]
        return kept, np.linalg.inv(hessian + np.diag(_RIDGE * hessian.diagonal() + 1e-12))
