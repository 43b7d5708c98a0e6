"""The search of dawbridge: the mix is taken apart, each track is fitted to its part, then all together.

1. A library of random renders takes the mix apart into stems (`library`).
2. Each track is fitted to its stem, from several starts (`starts`, `near`).
3. All tracks descend together on the mix (`descent`).
4. Filters are moved to where what is left says that they belong (`elsewhere`), and all descend together again.
5. Where that does not help, what is left is explained by a fresh library: the tracks that it points to are in a wrong
   basin; they are fitted again, to their stem and what was left of it, and all descend together again, first on the
   half-whitened residual.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from dawbridge.methods.inversion.problem import Problem
from dawbridge.methods.inversion.search.alternatives import RunnerUp, runners_up
from dawbridge.methods.inversion.search.descent import Descent, energy
from dawbridge.methods.inversion.search.elsewhere import moves, moves_cost
from dawbridge.methods.inversion.search.lens import Lens, plain, whitened
from dawbridge.methods.inversion.search.library import Library, make_library, take_apart
from dawbridge.methods.inversion.search.near import Near, make_near
from dawbridge.methods.inversion.search.scan import scanned
from dawbridge.methods.inversion.search.starts import Starts

# Of one track's fit: (rounds, how many of the best go on).
FIT_STAGES = ((2, 5), (3, 2), (5, 1), (10, 1))
FIT_SHARE = 0.6
SCANNED = 3
JOINT_ROUNDS, WHITENED_ROUNDS, PLAIN_ROUNDS = 60, 12, 60
# A joint round that gains less says that some track is in a wrong basin: time to look for it.
JOINT_IDLE_SHARE, JOINT_PATIENCE = 0.05, 2
RESTARTED_TRACKS, RESTARTED_WITHIN_DB, MOST_IN_VAIN = 3, 15.0, 3
FRESH_DRAWS = 24
GOOD_DB = -70.0
# What a restart or a move must take away for the search to go on as it was.
HELPED_DB = 1.0
# Of the error, what a filter elsewhere may leave by a linear view to be tried, and in truth to be taken.
WORTH_TRYING, WORTH_TAKING = 0.97, 0.97
TRIED_PER_TRACK, TRIED_ROUNDS = 2, 5
# Renders per track below which a library would leave nothing for the descent.
LEAST_PER_TRACK = 200
FITS_AT_ONCE = 3
TOGETHER = "all together"


@dataclass(frozen=True)
class Step:
    """Where a search stood: strip renders spent, the null in dB, and what had been done."""

    renders: int
    null_db: float
    stage: str


class Recipe:
    """One song's search within `budget` strip renders.

    guess: positions per track from elsewhere (a network's), which every track's fit tries too. told: hears every step
    others: of every fit, what it came by far from where it ended
    """

    def __init__(
        self,
        problem: Problem,
        budget: int,
        rng: np.random.Generator,
        guess: list[np.ndarray] | None = None,
        told: Callable[[Step], None] = lambda step: None,
    ):
        self.problem, self.budget, self.rng, self.guess, self.told = problem, budget, rng, guess, told
        self.first = problem.farm.rendered_strips
        self.steps: list[Step] = []
        self.others: list[RunnerUp] = []

    @property
    def left(self) -> int:
        """Strip renders still to be had."""
        return self.budget - (self.problem.farm.rendered_strips - self.first)

    def run(self) -> list[np.ndarray]:
        """The best positions found."""
        start = self.problem.defaults() if self.guess is None else self.guess
        tracks = len(self.problem.audible)
        if not tracks or self.left < LEAST_PER_TRACK * tracks * len(self.problem.windows):
            return self._joint(start, JOINT_ROUNDS).positions if tracks and self._can_start() else start
        library = make_library(self.problem, self.rng)
        stems = take_apart(self.problem.target, library)
        self._note(self._null_db(stems), "taken apart")
        near = make_near(self.problem, stems)
        limit = int(self.left * FIT_SHARE / tracks)
        best = self._joint(self._fit_all(near, library, near.tracks, start, limit), JOINT_ROUNDS)
        in_vain = 0
        while best.null_db > GOOD_DB and in_vain < MOST_IN_VAIN and self.left > self._restart_cost(best):
            before = best
            best = self._elsewhere(best)
            if best.null_db > before.null_db - HELPED_DB and self.left > self._restart_cost(best):
                best = self._again(near, best)
            in_vain = 0 if best.null_db < before.null_db - HELPED_DB else in_vain + 1
        return best.positions

    def _can_start(self) -> bool:
        """Whether there are renders enough to know where a descent stands."""
        return self.left >= len(self.problem.candidates(self.problem.defaults()))

    def _restart_cost(self, best: Descent) -> int:
        """Renders below which a restart comes to nothing."""
        return FRESH_DRAWS * len(self.problem.candidates(best.positions)) + LEAST_PER_TRACK + 2 * best.round_cost

    def _fit_all(self, near: Near, library: Library, tracks, start, limit: int) -> list[np.ndarray]:
        """`start` with `tracks` fitted, each within `limit` renders."""
        positions = list(start)
        with ThreadPoolExecutor(FITS_AT_ONCE) as pool:
            guesses = [None if self.guess is None else self.guess[k] for k in tracks]
            fits = pool.map(lambda k, guess: fit(near, k, library, limit, guess), tracks, guesses)
            for track, (found, null_db, others) in zip(tracks, fits):
                positions[track] = found
                self.others += others
                self._note(null_db, f"fit of {self.problem.session.tracks[track].name}")
        return positions

    def _joint(self, positions: list[np.ndarray], rounds: int, lens: Lens = plain) -> Descent:
        descent = Descent(self.problem, positions, lens=lens, idle=(JOINT_IDLE_SHARE, JOINT_PATIENCE))
        return descent.run(rounds, self.left, lambda null_db: self._note(null_db, TOGETHER))

    def _elsewhere(self, best: Descent) -> Descent:
        """Filters moved to where the rest says they belong, each tried by its track alone, then all together; as it
        was where no move helps."""
        here, costs = best, sum(moves_cost(best, track) for track in self.problem.audible)
        if not costs or self.left < costs + 3 * best.round_cost:
            return best
        of_tracks = moves(best, self.problem.audible).values()
        found = [move for row in of_tracks for move in row[:TRIED_PER_TRACK] if move.left_share < WORTH_TRYING]
        for move in sorted(found, key=lambda move: move.left_share):
            positions = list(self.problem.defaults())
            positions[move.track] = move.positions
            there = Descent(here.alone(move.track), positions, [move.track]).run(TRIED_ROUNDS, self.left)
            left = sum(energy(here.residual(window)) for window in there.windows)
            if there.error < WORTH_TAKING * left:
                positions = list(here.positions)
                positions[move.track] = there.positions[move.track]
                here = Descent(self.problem, positions)
                self._note(here.null_db, f"a filter of {self.problem.session.tracks[move.track].name} moved")
        return best if here is best else self._joint(here.positions, PLAIN_ROUNDS)

    def _again(self, near: Near, best: Descent) -> Descent:
        """Restart the tracks to which the rest belongs, then all together; the better of before and after."""
        rest = [best.residual(w) for w in range(len(self.problem.windows))]
        library = make_library(self.problem, self.rng, FRESH_DRAWS)
        parts = take_apart(rest, library)
        # What no library explains may be any track's: each suspect is offered all of it.
        unexplained = list(rest)
        for (_, window), part in parts.items():
            unexplained[window] = unexplained[window] - part
        near.aim({place: best.stems[place] + part + unexplained[place[1]] for place, part in parts.items()})
        suspects = _suspects(parts)
        positions, limit = list(best.positions), int(self.left * FIT_SHARE / len(suspects))
        for track in suspects:
            positions[track], null_db, others = fit(near, track, library, limit, current=best.positions[track])
            self.others += others
            self._note(null_db, f"fit again of {self.problem.session.tracks[track].name}")
        half_white = self._joint(positions, WHITENED_ROUNDS, whitened(self.problem.target))
        descent = self._joint(half_white.positions, PLAIN_ROUNDS)
        return min(best, descent, key=lambda each: each.null_db)

    def _null_db(self, stems: dict[tuple[int, int], np.ndarray]) -> float:
        """Of the mix that the stems make."""
        rest = [target.copy() for target in self.problem.target]
        for (_, window), stem in stems.items():
            rest[window] -= stem
        left, whole = (sum(map(energy, rows)) for rows in (rest, self.problem.target))
        return 10 * np.log10(max(left, 1e-30) / max(whole, 1e-30))

    def _note(self, null_db: float, stage: str) -> None:
        self.steps.append(Step(self.budget - self.left, float(null_db), stage))
        self.told(self.steps[-1])


def _suspects(parts: dict[tuple[int, int], np.ndarray]) -> list[int]:
    """Tracks by the energy of what is missing of them, the worst first."""
    missing: dict[int, float] = {}
    for (track, _), part in parts.items():
        missing[track] = missing.get(track, 0.0) + energy(part)
    order = sorted(missing, key=missing.get, reverse=True)
    least = missing[order[0]] * 10 ** (-RESTARTED_WITHIN_DB / 10)
    return [track for track in order if missing[track] >= least][:RESTARTED_TRACKS]


def fit(
    near: Near,
    track: int,
    library: Library,
    limit: int,
    guess: np.ndarray | None = None,
    current: np.ndarray | None = None,
) -> tuple[np.ndarray, float, list[RunnerUp]]:
    """(positions of one track, the null in dB to its stem, runners-up) within about `limit` renders: from every start a
    few rounds, from the better ones more. `guess` is one more start, `current` another, and what a scan around it
    finds."""
    starts = Starts(near)
    descents = [_from(near, track, start) for start in starts.of(track, library)]
    descents += [_from(near, track, start) for start in (guess, current) if start is not None]
    if current is not None:
        descents += [_from(near, track, start) for start in scanned(descents[-1], track, SCANNED)]
    left, left_behind = limit - starts.spent, []
    for rounds, kept in FIT_STAGES:
        share = left // max(1, len(descents))
        for each in descents:
            before = each.spent
            each.run(rounds, share)
            left -= each.spent - before
        descents = sorted(descents, key=lambda each: each.null_db)
        left_behind += [RunnerUp(track, each.positions[track], each.null_db) for each in descents[kept:]]
        descents = descents[:kept]
    found = descents[0].positions[track]
    return found, descents[0].null_db, runners_up(found, left_behind)


def _from(near: Near, track: int, start: np.ndarray) -> Descent:
    positions = near.problem.defaults()
    positions[track] = start
    return Descent(near.problem, positions, [track])
