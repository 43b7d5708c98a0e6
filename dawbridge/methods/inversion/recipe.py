"""The search of dawbridge: the mix is taken apart, each track is fitted to its part, then all together.

1. A library of random renders takes the mix apart into stems (`library`).
2. Each track is fitted to its stem, from several starts (`starts`, `near`).
3. All tracks descend together on the mix (`descent`).
4. What is left is explained by a fresh library: the tracks that it points to are in a wrong basin; they are fitted
   again, to their stem and what was left of it, and all descend together again, first on the half-whitened residual.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from dawbridge.methods.inversion.descent import Descent, energy
from dawbridge.methods.inversion.lens import whitened
from dawbridge.methods.inversion.library import Library, make_library, take_apart
from dawbridge.methods.inversion.near import Near, make_near
from dawbridge.methods.inversion.problem import Problem
from dawbridge.methods.inversion.scan import scanned
from dawbridge.methods.inversion.starts import Starts

# Of one track's fit: (rounds, how many of the best go on, how many places found by a scan join them).
FIT_STAGES = ((2, 2, 3), (2, 2, 0), (4, 1, 2), (4, 1, 0), (10, 1, 0))
JOINT_ROUNDS, WHITENED_ROUNDS, PLAIN_ROUNDS = 10, 5, 8
RESTARTS, RESTARTED_TRACKS, RESTARTED_WITHIN_DB = 3, 3, 15.0
FRESH_DRAWS = 24
GOOD_DB = -70.0
FITS_AT_ONCE = 4


@dataclass
class Course:
    """What a search has gone through: (strip renders, null in dB, what was done) after each stage."""

    steps: list[tuple[int, float, str]] = field(default_factory=list)


class Recipe:
    """One song's search. `told` hears of strip renders and the null, as they come."""

    def __init__(
        self,
        problem: Problem,
        budget: int,
        rng: np.random.Generator,
        told: Callable[[int, float, str], None] = lambda spent, null_db, stage: None,
    ):
        self.problem, self.budget, self.rng, self.told = problem, budget, rng, told
        self.first = problem.farm.rendered_strips
        self.course = Course()
        self.lens = whitened(problem.target)

    @property
    def spent(self) -> int:
        return self.problem.farm.rendered_strips - self.first

    def run(self) -> list[np.ndarray]:
        """The best positions found."""
        library = make_library(self.problem, self.rng)
        stems = take_apart(self.problem.target, library)
        self._note(self._null(stems), "taken apart")
        near = make_near(self.problem, stems)
        positions = self._fit_all(near, library)
        best = self._joint(positions, JOINT_ROUNDS)
        self._note(best.null_db, "together")
        for number in range(RESTARTS):
            if best.null_db < GOOD_DB or self.spent > self.budget * 0.85:
                break
            best = self._again(near, best, number)
        return best.positions

    def _fit_all(self, near: Near, library: Library) -> list[np.ndarray]:
        positions = self.problem.defaults()
        with ThreadPoolExecutor(FITS_AT_ONCE) as pool:
            fits = pool.map(lambda k: fit(near, k, library), near.tracks)
            for track, (found, null_db) in zip(near.tracks, fits):
                positions[track] = found
                self._note(null_db, f"track {track}")
        return positions

    def _joint(self, positions: list[np.ndarray], rounds: int) -> Descent:
        descent = Descent(self.problem, positions)
        return descent.run(rounds, self.budget - self.spent, lambda _, null_db: self._note(null_db, "joint"))

    def _again(self, near: Near, best: Descent, number: int) -> Descent:
        """Restart the tracks to which the rest belongs, then all together; the better of before and after."""
        rest = [best.residual(w) for w in range(len(self.problem.windows))]
        library = make_library(self.problem, self.rng, FRESH_DRAWS)
        parts = take_apart(rest, library)
        near.aim({place: best.stems[place] + part for place, part in parts.items()})
        positions = list(best.positions)
        for track in self._suspects(parts):
            found, null_db = fit(near, track, library, positions[track])
            self._note(null_db, f"again track {track}")
            positions[track] = found
        budget = self.budget - self.spent
        descent = Descent(self.problem, positions, lens=self.lens).run(WHITENED_ROUNDS, budget)
        self._note(descent.null_db, f"whitened {number}")
        descent = self._joint(descent.positions, PLAIN_ROUNDS)
        self._note(descent.null_db, f"round {number}")
        return min(best, descent, key=lambda each: each.null_db)

    def _suspects(self, parts: dict[tuple[int, int], np.ndarray]) -> list[int]:
        """Tracks by the energy of what is missing of them, the worst first."""
        missing: dict[int, float] = {}
        for (track, _), part in parts.items():
            missing[track] = missing.get(track, 0.0) + energy(part)
        order = sorted(missing, key=missing.get, reverse=True)
        least = missing[order[0]] * 10 ** (-RESTARTED_WITHIN_DB / 10)
        return [track for track in order if missing[track] >= least][:RESTARTED_TRACKS]

    def _null(self, stems) -> float:
        rest = [target.copy() for target in self.problem.target]
        for (_, window), stem in stems.items():
            rest[window] -= stem
        left, whole = (sum(map(energy, rows)) for rows in (rest, self.problem.target))
        return 10 * np.log10(max(left, 1e-30) / max(whole, 1e-30))

    def _note(self, null_db: float, stage: str) -> None:
        self.course.steps.append((self.spent, float(null_db), stage))
        self.told(self.spent, float(null_db), stage)


def fit(near: Near, track: int, library: Library | None, current: np.ndarray | None = None):
    """(positions of one track, the null in dB to its stem): from every start a few rounds, from the best some more."""
    starts = Starts(near).of(track, library)
    descents = [_from(near, track, start) for start in ([] if current is None else [current]) + starts]
    for rounds, kept, found in FIT_STAGES:
        descents = sorted((each.run(rounds) for each in descents), key=lambda each: each.null_db)[:kept]
        descents += [_from(near, track, start) for start in scanned(descents[0], track, found)]
    return descents[0].positions[track], descents[0].null_db


def _from(near: Near, track: int, start: np.ndarray) -> Descent:
    positions = near.problem.defaults()
    positions[track] = start
    return Descent(near.problem, positions, [track])
