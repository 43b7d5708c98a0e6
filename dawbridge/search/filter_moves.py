"""Filters that belong at another frequency, found from the residual at the end of a joint descent.

In: a descent that has come to rest. Out: positions of a track with one filter moved, by predicted error.

A filter that is far from its true frequency has no slope towards it. So the track is rendered with the filter flat, and
with the filter at every frequency and width of a grid. To remove the filter, and to add a share of what it does at the
new frequency, is then fitted to the residual by least squares, together with the derivatives of all other parameters of
all tracks of the group, which adapt. This model is linear, so a move must be confirmed by a descent.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from dawbridge.search.descent import Descent, energy
from dawbridge.search.filter_roles import Filter, roles_of
from dawbridge.search.jacobian import Jacobian
from dawbridge.search.problem import Candidate
from dawbridge.search.spectral_fit import FREQUENCIES, WIDTHS

# The gain (0..1; 0.5 is flat) at which a filter is rendered on the grid.
GAIN = 0.75
# Most that the filter's effect at GAIN is scaled by, either way; and most that any other parameter adapts, in 0..1.
MOST_SHARE, FARTHEST = 2.0, 0.15
# Ridge of the least squares, as a share of each parameter's own product.
_RIDGE = 3e-3


@dataclass(frozen=True)
class FilterMove:
    """A track with one filter moved.

    positions:   of the track, its other parameters adapted
    error_share: predicted error, as a share of that predicted where all parameters adapt and no filter moves
    """

    track: int
    positions: np.ndarray
    error_share: float


def filter_moves_cost(descent: Descent, track: int) -> int:
    """Strip renders that `find_filter_moves` takes for a track, beside missing derivatives."""
    trials = sum(len(_trials(descent.positions[track], row)) for row in _filters(descent, track))
    return trials * len(descent.problem.heard_in(track))


def find_filter_moves(descent: Descent, tracks: Iterable[int]) -> dict[int, list[FilterMove]]:
    """Track → moves of each of its filters to every frequency and width of the grid, best first.

    `descent` must weight the waveform equally (no whitening).
    """
    found, chosen = {}, set(tracks)
    for group in descent.groups:
        if chosen & set(group):
            model = LinearModel(descent, group)
            for track in sorted(chosen & set(group)):
                every = [move for row in _filters(descent, track) for move in _moves_of(descent, model, track, row)]
                found[track] = sorted(every, key=lambda move: move.error_share)
    return found


def _filters(descent: Descent, track: int) -> list[Filter]:
    return [row for row in roles_of(descent.problem.spaces[track]).filters if row.frequency is not None]


def _trials(positions: np.ndarray, row: Filter) -> list[np.ndarray]:
    """`positions` with the filter flat, then at every frequency and width."""
    flat = positions.copy()
    flat[row.gain] = 0.5
    trials = [flat]
    for frequency in FREQUENCIES:
        for width in (None,) if row.width is None else WIDTHS:
            trial = positions.copy()
            trial[row.gain], trial[row.frequency] = GAIN, frequency
            if row.width is not None:
                trial[row.width] = width
            trials.append(trial)
    return trials


def _moves_of(descent: Descent, model: "LinearModel", track: int, row: Filter) -> Iterator[FilterMove]:
    trials, windows = _trials(descent.positions[track], row), descent.problem.heard_in(track)
    flat, changes = _changes(descent, track, trials)
    removed = {w: (descent.stems[track, w] - flat[w]).ravel() for w in windows}  # what the filter does now
    residual = {w: descent.residual(w).ravel() + removed[w] for w in windows}  # without it
    kept, inverse = model.without(track, row)
    slope = (model.gradient + model.jacobian.products(removed))[kept]
    adaptation = inverse @ slope  # of the other parameters, to the filter's removal
    before = descent.error + sum(energy(residual[w]) - energy(residual[w] - removed[w]) for w in windows)
    own = model.jacobian.products(changes)[kept]
    sizes = sum(np.array([energy(change) for change in changes[w]]) for w in windows) - (own * (inverse @ own)).sum(0)
    fits = sum((changes[w] @ residual[w]).astype(np.float64) for w in windows) - adaptation @ own
    shares = np.clip(fits / (sizes + 1e-12), -MOST_SHARE, MOST_SHARE)
    errors = before - slope @ adaptation - 2 * shares * fits + shares**2 * sizes
    steps = np.zeros((len(model.gradient), len(shares)))
    steps[kept] = inverse @ (slope[:, None] - shares * own)
    for trial, share, step, error in zip(trials[1:], shares, steps[model.columns[track]].T, errors):
        moved = trial + np.clip(step, -FARTHEST, FARTHEST)
        moved[row.gain] = 0.5 + share * (GAIN - 0.5)
        yield FilterMove(track, np.clip(moved, 0, 1), float(error) / model.error)


def _changes(
    descent: Descent, track: int, trials: list[np.ndarray]
) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    """window → the track's stem [2, n] at the first trial; window → how all others [trials - 1, 2n] differ from it."""
    windows = descent.problem.heard_in(track)
    sounds = descent.render([Candidate(track, w, trial) for trial in trials for w in windows])
    flat = {w: next(sounds) for w in windows}
    changes = {w: np.empty((len(trials) - 1, flat[w].size), np.float32) for w in windows}
    for index in range(len(trials) - 1):
        for w in windows:
            changes[w][index] = (next(sounds) - flat[w]).ravel()
    return flat, changes


class LinearModel:
    """The mix as a linear function of a group's parameters, where a descent stands.

    jacobian: the derivatives; columns: track → its parameters among those of the group
    gradient: Jᵀr [P]; inverse: of JᵀJ with a ridge, [P, P]
    error:    predicted where every parameter moves by its Gauss-Newton step
    """

    def __init__(self, descent: Descent, group: list[int]):
        self.jacobian: Jacobian = descent.jacobian_of(group)
        self.columns = self.jacobian.columns
        self.hessian, self.gradient = self.jacobian.normal_equations(lambda w: descent.residual(w).ravel())
        _, self.inverse = self._inverse_of(np.arange(len(self.gradient)))
        self.error = max(float(descent.error - self.gradient @ self.inverse @ self.gradient), 1e-30)

    def without(self, track: int, row: Filter) -> tuple[np.ndarray, np.ndarray]:
        """(indices of all parameters but those of one filter, the inverse of their part of JᵀJ)"""
        first = self.columns[track].start
        moved = [first + index for index in (row.gain, row.frequency, row.width) if index is not None]
        return self._inverse_of(np.setdiff1d(np.arange(len(self.gradient)), moved))

    def _inverse_of(self, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hessian = self.hessian[np.ix_(kept, kept)]
        return kept, np.linalg.inv(hessian + np.diag(_RIDGE * hessian.diagonal() + 1e-12))
