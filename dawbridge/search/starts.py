"""Where the fit of one track to its stem begins: several places, since a bell in the wrong octave never leaves it.

Levels are matched first (a level moves with the thresholds after it, so that the compression stays), the pan is read
off the sides, the filters off the spectrum. What far starts are worth is told by log-mel spectra: their waveforms are
all equally wrong.
"""

import math

import numpy as np

from dawbridge.search.dictionary import Library
from dawbridge.search.filter_roles import Roles, roles_of
from dawbridge.search.problem import Candidate
from dawbridge.search.single_track import Near
from dawbridge.search.spectral_fit import Spectrum, filter_places

FROM_SPECTRUM, FROM_LIBRARY = 6, 2
LEVEL_TRIES = 2


class Starts:
    """The starts of the tracks of `near`; `spent` counts strip renders."""

    def __init__(self, near: Near):
        self.near, self.spent = near, 0
        self.roles = {track: roles_of(near.problem.spaces[track]) for track in near.tracks}

    def of(self, track: int, library: Library) -> list[np.ndarray]:
        """Starts of one track: its defaults, filters by the spectrum, and the library's nearest."""
        base = self.level(track, self.panned(track, np.full(self.near.problem.spaces[track].size, 0.5)))
        nearest = [library.positions[track][draw] for draw in self._nearest(track, library)]
        return [base, *self.around(track, base, FROM_SPECTRUM), *(self.level(track, row) for row in nearest)]

    def around(self, track: int, positions: np.ndarray, count: int) -> list[np.ndarray]:
        """`positions` with other filters: up to `count` combinations that bend the spectrum as the target's is bent."""
        filters, rate = self.roles[track].filters, self.near.problem.sample_rate
        render = lambda rows: self._render(track, rows)  # noqa: E731
        bent = filter_places(positions, filters, self._target(track), rate, render, count)
        return [self.level(track, row) for row in bent]

    def level(self, track: int, positions: np.ndarray) -> np.ndarray:
        """`positions` at the level of the track's target."""
        roles = self.roles[track]
        for _ in range(LEVEL_TRIES if roles.level is not None else 0):
            missing_db = _rms_db(self._target(track)) - _rms_db(self._render(track, [positions])[0])
            positions = self._moved(track, positions, roles, float(np.clip(missing_db, -60, 60)))
            if abs(missing_db) < 1.0:
                break
        return positions

    def panned(self, track: int, positions: np.ndarray) -> np.ndarray:
        """`positions` with the pan that splits the target's energy as it is split, by the constant-power law."""
        if (index := self.roles[track].pan) is None:
            return positions
        left, right = (float(np.square(side, dtype=np.float64).sum()) for side in self._target(track))
        spec, panned = self.near.problem.spaces[track].free[index].spec, positions.copy()
        panned[index] = spec.to_0to1(math.atan2(math.sqrt(right), math.sqrt(left)) * 4 / math.pi - 1)
        return panned

    def _moved(self, track: int, positions: np.ndarray, roles: Roles, by_db: float) -> np.ndarray:
        moved, space = positions.copy(), self.near.problem.spaces[track]
        for index in (roles.level, *roles.thresholds):
            spec = space.free[index].spec
            moved[index] = spec.to_0to1(float(spec.from_0to1(float(moved[index]))) + by_db)
        return moved

    def _nearest(self, track: int, library: Library) -> list[int]:
        """Draws by the distance of their spectra."""
        rate, (window, first, last) = self.near.problem.sample_rate, self.near.cuts[track]
        target = Spectrum.of(self._target(track), rate)
        stems = (library.stem(track, window, d)[:, first:last] for d in range(len(library.positions[track])))
        distances = [target.distance(Spectrum.of(stem, rate)) for stem in stems]
        return np.argsort(distances, kind="stable")[:FROM_LIBRARY].tolist()

    def _render(self, track: int, positions: list[np.ndarray]) -> list[np.ndarray]:
        window = self.near.of(track)
        cost, stems = self.near.problem.ask([Candidate(track, window, row) for row in positions])
        self.spent += cost
        return list(stems)

    def _target(self, track: int) -> np.ndarray:
        return self.near.problem.target[self.near.of(track)]


def _rms_db(samples: np.ndarray) -> float:
    return 10 * math.log10(float(np.square(samples, dtype=np.float64).mean()) + 1e-20)
