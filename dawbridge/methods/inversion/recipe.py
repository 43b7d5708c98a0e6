"""The search of dawbridge: the mix is taken apart, each track is fitted to its part, then all together.

1. A library of random renders takes the mix apart into stems (`library`).
2. Each track is fitted to its stem, from several starts (`starts`, `near`).
3. All tracks descend together on the mix (`descent`).
4. A filter is moved to where what is left says that it belongs (`elsewhere`), a track whose place in time was a guess
   too (`shifts`), and all descend together again.
5. Where that does not help, what is left is explained by a fresh library: the tracks that it points to are in a wrong
   basin. All their filters are read off the spectrum anew, now that their stems are known well and their other
   settings are nearly right, and all descend together again.
6. Where that does not help either, those tracks are fitted again from elsewhere, and all descend together again, first
   on the half-whitened residual.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from dawbridge.progress import Progress
from dawbridge.search.alternatives import RunnerUp
from dawbridge.search.descent import Descent, energy
from dawbridge.search.dictionary import make_library, take_apart
from dawbridge.search.filter_moves import moves, moves_cost
from dawbridge.search.level_fit import RENDERS_PER_STEM, levelled
from dawbridge.search.problem import Problem
from dawbridge.search.single_track import Near, make_near
from dawbridge.search.starts import Starts
from dawbridge.search.time_shifts import shifts
from dawbridge.search.track_fit import DEEP, SHORT, Fit, fit
from dawbridge.search.weighting import Lens, plain, whitened

# Of the renders that are left, what all fits of a stage may take.
FIT_SHARE = 0.6
BENT = 8
JOINT_ROUNDS, WHITENED_ROUNDS, PLAIN_ROUNDS = 60, 12, 60
# A joint round that gains less says that some track is in a wrong basin: time to look for it.
JOINT_IDLE_SHARE, JOINT_PATIENCE = 0.05, 2
RESTARTED_TRACKS, RESTARTED_WITHIN_DB, MOST_IN_VAIN = 3, 15.0, 2
FRESH_DRAWS = 24
# With less left, a search is over once nothing leads on; and in any case.
GOOD_DB, DEEPEST_DB = -70.0, -80.0
# A mix that gain and pan alone bring nearer than that may be of little else: all descend from there first.
NEARLY_DB = -25.0
# What must come of a way for the same to be gone again, and of all of them for the search to go on.
HELPED_DB, LED_ON_DB = 3.0, 1.0
# Of the error, what a filter elsewhere may leave by a linear view to be tried, and in truth to be taken.
WORTH_TRYING, WORTH_TAKING = 0.97, 0.97
TRIED_PER_TRACK, TRIED_ROUNDS = 2, 5
MOST_SHIFTS = 4
# Renders per track below which a library would leave nothing for the descent; and below which a guess is the better
# place to begin at.
LEAST_PER_TRACK, ENOUGH_PER_TRACK = 200, 500
FITS_AT_ONCE = 3
TOGETHER = "all together"


@dataclass(frozen=True)
class Step:
    """Where a search stood: strip renders spent, the null in dB, and what had been done."""

    renders: int
    null_db: float
    stage: str


def told_on(progress: Progress) -> Callable[[Step], None]:
    """What shows a search's steps on a progress bar that counts strip renders."""
    shown = 0

    def show(step: Step) -> None:
        nonlocal shown
        progress.advance(step.renders - shown, f"{step.stage}, null {step.null_db:.1f} dB")
        shown = step.renders

    return show


class Recipe:
    """One song's search within `budget` strip renders.

    guess:  positions per track from elsewhere (a network's), which every track's fit tries too; a budget that is too
            small for library and fits begins there
    movable: tracks whose place in time is a guess as well
    told:   hears every step
    others: of every fit, what it came by far from where it ended
    problem: the one given, with movable tracks where they were found in the end; later: track → samples later there
    """

    def __init__(
        self,
        problem: Problem,
        budget: int,
        rng: np.random.Generator,
        guess: list[np.ndarray] | None = None,
        told: Callable[[Step], None] = lambda step: None,
        movable: Sequence[int] = (),
    ):
        self.problem, self.budget, self.rng, self.guess, self.told = problem, budget, rng, guess, told
        self.movable = [k for k in movable if k in problem.audible]
        self.later: dict[int, int] = {}
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
        if not self._can_start():
            return start
        plainly = self._plainly(start)
        if plainly.null_db < NEARLY_DB and (best := self._on_from(plainly)).null_db < GOOD_DB:
            return best.positions
        per_track = self.left / (len(self.problem.audible) * len(self.problem.windows))
        if per_track < LEAST_PER_TRACK:
            return self._on_from(plainly).positions
        if self.guess is not None and per_track < ENOUGH_PER_TRACK:
            return self._from(plainly).positions
        library = make_library(self.problem, self.rng)
        stems = take_apart(self.problem.target, library)
        self._note(self._null_db(stems), "taken apart")
        near = make_near(self.problem, stems)
        anywhere = lambda track, reader: [*self._guessed(track), *reader.of(track, library)]  # noqa: E731
        fits = self._fit_all(near, near.tracks, anywhere, SHORT)
        best = self._led_on(near, self._joint(self._with(start, fits), JOINT_ROUNDS))
        if best.null_db > plainly.null_db:
            self.problem, self.later = plainly.problem, {}
            best = self._on_from(plainly)
        return best.positions

    def run_from_guess(self) -> list[np.ndarray]:
        """The same without the first two steps, whatever the budget: all descend together from the guess."""
        return self._from(self._plainly(self.guess)).positions if self._can_start() else self.guess

    def _from(self, start: Descent) -> Descent:
        """Steps 3 to 6."""
        best = self._on_from(start)
        return self._led_on(make_near(self.problem, best.stems), best)

    def _on_time(self, best: Descent) -> Descent:
        """Movable tracks shifted as long as that helps, then all together."""
        for _ in range(MOST_SHIFTS):
            if best.null_db < GOOD_DB or not self.movable or self.left < 3 * best.round_cost:
                break
            if not (by := shifts(best, self.movable)):
                break
            self.problem = best.problem.shifted(by)
            there = self._joint(best.positions, JOINT_ROUNDS)
            if there.null_db >= best.null_db:
                self.problem = best.problem
                break
            best, self.later = there, {k: self.later.get(k, 0) + by.get(k, 0) for k in self.later | by}
        return best

    def _led_on(self, near: Near, best: Descent) -> Descent:
        """As long as anything helps, out of wrong basins."""
        in_vain = 0
        while best.null_db > GOOD_DB and in_vain < MOST_IN_VAIN and self.left > self._restart_cost(best):
            before = best
            best = self._elsewhere(self._on_time(best))
            near = self._here(near, best)
            if best.null_db > before.null_db - HELPED_DB and self.left > self._restart_cost(best):
                best = self._again(near, best)
            in_vain = 0 if best.null_db < before.null_db - LED_ON_DB else in_vain + 1
        return best

    def _here(self, near: Near, best: Descent) -> Near:
        """`near`; a new one where tracks were shifted since it was made."""
        return near if near.whole is self.problem else make_near(self.problem, best.stems)

    def _plainly(self, start: list[np.ndarray]) -> Descent:
        """`start`, or the nearest that gain and pan come to, where that is nearer and there are renders to know."""
        here = Descent(self.problem, start)
        if self.left < RENDERS_PER_STEM * len(self.problem.candidates(start)):
            return here
        return min(here, Descent(self.problem, levelled(self.problem)), key=lambda each: each.null_db)

    def _on_from(self, here: Descent) -> Descent:
        """All together from there, where there are renders to go on."""
        return self._joint(here.positions, JOINT_ROUNDS) if self._can_start() else here

    def _guessed(self, track: int) -> list[np.ndarray]:
        return [] if self.guess is None else [self.guess[track]]

    def _can_start(self) -> bool:
        """Whether anything is to be found, and there are renders enough to know where a descent stands."""
        return bool(self.problem.audible) and len(self.problem.candidates(self.problem.defaults())) <= self.left

    def _restart_cost(self, best: Descent) -> int:
        """Renders below which a restart comes to nothing."""
        return FRESH_DRAWS * len(self.problem.candidates(best.positions)) + LEAST_PER_TRACK + 2 * best.round_cost

    def _fit_all(self, near: Near, tracks: Sequence[int], starts: Callable, stages: tuple) -> dict[int, Fit]:
        """Of each of `tracks`. starts: (track, Starts) → positions"""
        limit = int(self.left * FIT_SHARE / len(tracks))

        def fitted(track: int) -> Fit:
            reader = Starts(near)
            rows = starts(track, reader)
            return fit(near, track, rows, limit - reader.spent, stages)

        with ThreadPoolExecutor(FITS_AT_ONCE) as pool:
            fits = dict(zip(tracks, pool.map(fitted, tracks)))
        for track, found in fits.items():
            self.others += found.others
            self._note(found.null_db, f"fit of {self.problem.session.tracks[track].name}")
        return fits

    def _with(self, positions: list[np.ndarray], fits: dict[int, Fit]) -> list[np.ndarray]:
        return [fits[track].positions if track in fits else row for track, row in enumerate(positions)]

    def _joint(self, positions: list[np.ndarray], rounds: int, lens: Lens = plain) -> Descent:
        idle = JOINT_IDLE_SHARE, JOINT_PATIENCE
        descent = Descent(self.problem, positions, lens=lens, idle=idle, deepest_db=DEEPEST_DB)
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
        """The tracks to which the rest belongs fitted again, then all together: first from where they are, with other
        filters, and where that is in vain from anywhere; the best of before and after."""
        rest = [best.residual(w) for w in range(len(self.problem.windows))]
        library = make_library(self.problem, self.rng, FRESH_DRAWS)
        parts = take_apart(rest, library)
        # What no library explains may be any track's: each suspect is offered all of it.
        unexplained = list(rest)
        for (_, window), part in parts.items():
            unexplained[window] = unexplained[window] - part
        near.aim({place: best.stems[place] + part + unexplained[place[1]] for place, part in parts.items()})
        suspects = _suspects(parts)
        around = lambda k, reader: [best.positions[k], *reader.around(k, best.positions[k], BENT)]  # noqa: E731
        bent = self._joint(self._with(best.positions, self._fit_all(near, suspects, around, SHORT)), PLAIN_ROUNDS)
        if bent.null_db < best.null_db - HELPED_DB or self.left < self._restart_cost(best):
            return min(best, bent, key=lambda each: each.null_db)
        afresh = lambda k, reader: [best.positions[k], *self._guessed(k), *reader.of(k, library)]  # noqa: E731
        positions = self._with(best.positions, self._fit_all(near, suspects, afresh, DEEP))
        half_white = self._joint(positions, WHITENED_ROUNDS, whitened(self.problem.target))
        descent = self._joint(half_white.positions, PLAIN_ROUNDS)
        return min(best, bent, descent, key=lambda each: each.null_db)

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
