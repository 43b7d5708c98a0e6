"""Starts of a track's fit: several positions, since a bell that begins in the wrong octave never leaves it.

In: single-track problems. Out: positions in 0..1 to start from, most promising first.

The level is matched by rendering; the thresholds after it move along, so that compression stays as it is. The pan is
read off the energy of left and right, the filters off the spectrum. Far starts are ranked by log-mel spectra, since far
from the truth all waveforms are equally wrong.
"""

import math

import numpy as np

from dawbridge.search.dictionary import RenderDictionary
from dawbridge.search.filter_roles import roles_of
from dawbridge.search.problem import Candidate
from dawbridge.search.single_track import SingleTrackProblems
from dawbridge.search.spectral_fit import Spectrum, fit_filters_to_spectrum

# How many starts have their filters from the spectrum, and how many come from the dictionary's nearest renders.
FROM_SPECTRUM, FROM_DICTIONARY = 6, 2
# Most renders to match a level: one is exact but where a gain drives a compressor.
LEVEL_TRIES = 2


class Starts:
    """Makes starts for the tracks of `single_tracks`; spent: strip renders so far."""

    def __init__(self, single_tracks: SingleTrackProblems):
        self.single_tracks, self.problem, self.spent = single_tracks, single_tracks.problem, 0
        self.roles = {track: roles_of(self.problem.spaces[track]) for track in single_tracks.tracks}

    def from_dictionary(self, track: int, dictionary: RenderDictionary) -> list[np.ndarray]:
        """Starts that need no earlier fit: the middle of all ranges, filters by the spectrum, the nearest renders."""
        base = self.match_level(track, self.match_pan(track, np.full(self.problem.spaces[track].size, 0.5)))
        nearest = [dictionary.positions[track][draw] for draw in self._nearest(track, dictionary)]
        by_spectrum = self.with_other_filters(track, base, FROM_SPECTRUM)
        return [base, *by_spectrum, *(self.match_level(track, row) for row in nearest)]

    def with_other_filters(self, track: int, positions: np.ndarray, count: int) -> list[np.ndarray]:
        """`positions` with up to `count` other combinations of filter settings that give the target's spectrum."""
        filters, rate = self.roles[track].filters, self.problem.sample_rate
        render = lambda rows: self._render(track, rows)  # noqa: E731
        fitted = fit_filters_to_spectrum(positions, filters, self._target(track), rate, render, count)
        return [self.match_level(track, row) for row in fitted]

    def match_level(self, track: int, positions: np.ndarray) -> np.ndarray:
        """`positions` at the RMS level of the track's target; unchanged where the chain has no level."""
        level = self.roles[track].level
        if level is None:
            return positions
        for _ in range(LEVEL_TRIES):
            missing_db = _rms_db(self._target(track)) - _rms_db(self._render(track, [positions])[0])
            positions = self._moved(track, positions, level, float(np.clip(missing_db, -60, 60)))
            if abs(missing_db) < 1.0:
                break
        return positions

    def match_pan(self, track: int, positions: np.ndarray) -> np.ndarray:
        """`positions` with the pan that splits energy between left and right as in the target (constant-power law)."""
        if (index := self.roles[track].pan) is None:
            return positions
        left, right = (float(np.square(side, dtype=np.float64).sum()) for side in self._target(track))
        spec, panned = self.problem.spaces[track].free[index].spec, positions.copy()
        panned[index] = spec.to_0to1(math.atan2(math.sqrt(right), math.sqrt(left)) * 4 / math.pi - 1)
        return panned

    def _moved(self, track: int, positions: np.ndarray, level: int, by_db: float) -> np.ndarray:
        """`positions` with the level, and the thresholds after it, moved."""
        moved, space = positions.copy(), self.problem.spaces[track]
        for index in (level, *self.roles[track].thresholds):
            spec = space.free[index].spec
            moved[index] = spec.to_0to1(float(spec.from_0to1(float(moved[index]))) + by_db)
        return moved

    def _nearest(self, track: int, dictionary: RenderDictionary) -> list[int]:
        """The draws whose spectra are nearest to the target's, nearest first."""
        rate, (window, first, last) = self.problem.sample_rate, self.single_tracks.cuts[track]
        target = Spectrum.of(self._target(track), rate)
        stems = (dictionary.stem(track, window, d)[:, first:last] for d in range(len(dictionary.positions[track])))
        distances = [target.distance(Spectrum.of(stem, rate)) for stem in stems]
        return np.argsort(distances, kind="stable")[:FROM_DICTIONARY].tolist()

    def _render(self, track: int, positions: list[np.ndarray]) -> list[np.ndarray]:
        window = self.single_tracks.window_of(track)
        cost, stems = self.problem.plan_render([Candidate(track, window, row) for row in positions])
        self.spent += cost
        return list(stems)

    def _target(self, track: int) -> np.ndarray:
        return self.problem.target[self.single_tracks.window_of(track)]


def _rms_db(samples: np.ndarray) -> float:
    return 10 * math.log10(float(np.square(samples, dtype=np.float64).mean()) + 1e-20)
