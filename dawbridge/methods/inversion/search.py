"""The search for a mix's parameters: stems are estimated, each track is fitted to its stem, then all to the mix.

In: a `Problem`, a budget of strip renders, and perhaps a network's guess. Out: positions in 0..1 per track.

1. Random renders of every track estimate the stems from the mix (`search.dictionary`).
2. Each track is fitted to its stem, from several starts (`search.starts`, `search.track_fit`).
3. All tracks descend jointly on the mix (`search.descent`).
4. Filters move to where the residual shows that they belong (`search.filter_moves`), as do tracks whose delay was only
   estimated (`search.time_shifts`). Then all tracks descend jointly again.
5. Where that does not help, some track is in a local minimum. Random renders anew explain the residual, and the tracks
   with the largest part of it are the suspects. Their filters are fitted to the spectrum again, which works better now
   that their stems are known well and their other settings are nearly right. Then all tracks descend jointly again.
6. Where that does not help either, the suspects are fitted again from new starts. Then all tracks descend jointly,
   first on the half-whitened residual.

Steps 4 to 6 are repeated while they help and renders are left. A mix that gain and pan nearly explain, and a budget
that is too small for the first steps, begin at step 3.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from dawbridge.progress import Progress
from dawbridge.search.alternatives import RunnerUp
from dawbridge.search.descent import Descent, energy
from dawbridge.search.dictionary import StemKey, estimate_stems, make_dictionary
from dawbridge.search.filter_moves import filter_moves_cost, find_filter_moves
from dawbridge.search.level_fit import RENDERS_PER_STEM, fit_levels
from dawbridge.search.problem import Problem
from dawbridge.search.single_track import SingleTrackProblems, make_single_track_problems
from dawbridge.search.starts import Starts
from dawbridge.search.time_shifts import find_time_shifts
from dawbridge.search.track_fit import DEEP, SHORT, Stages, TrackFit, fit_track
from dawbridge.search.weighting import Weighting, half_whitened, unweighted

# Where a comment names no source, a number was chosen on the development mixes (those of tools/inversion_bench).

# The share of the renders left that all single-track fits of one step may take.
FIT_SHARE = 0.6
# Combinations of filters from the spectrum that each suspect is fitted from (step 5).
FILTER_COMBINATIONS = 8
# Most rounds of a joint descent: after the fits and a shift, half-whitened (step 6), and after a filter move or refit.
JOINT_ROUNDS, WHITENED_ROUNDS, FINAL_ROUNDS = 60, 12, 60
# A joint descent ends after JOINT_PATIENCE rounds in a row that each take less than this share of the error: more
# rounds would gain little, while another track may be in a local minimum.
JOINT_IDLE_SHARE, JOINT_PATIENCE = 0.05, 2
# Most suspects of steps 5 and 6, and how many dB less missing energy than the worst a suspect may have.
RESTARTED_TRACKS, RESTARTED_WITHIN_DB = 3, 15.0
# Repetitions of steps 4 to 6 in a row that may gain less than PROGRESS_DB before the search ends.
MOST_IN_VAIN = 2
# Random renders per track and window that explain the residual (step 5).
FRESH_DRAWS = 24
# Below the first null (dB), steps 4 to 6 are not repeated; a joint descent ends below the second. Both are inaudible. A
# mix of 26 tracks reaches -72 dB.
GOOD_DB, DEEPEST_DB = -70.0, -80.0
# A mix that gain and pan bring below this null (dB) may have little other processing: a joint descent from there first.
NEARLY_DB = -25.0
# Gains in dB: of step 4 or 5, for the next step to be left out; and of a repetition, not to count as in vain.
HELPED_DB, PROGRESS_DB = 3.0, 1.0
# A filter move is tried where the linear model predicts less than this share of the error, and is taken where a short
# descent confirms that.
WORTH_TRYING, WORTH_TAKING = 0.97, 0.97
# Filter moves that are tried per track, and rounds of the descent of each.
TRIED_PER_TRACK, TRIED_ROUNDS = 2, 5
# Most times in a row that tracks are moved in time (step 4).
MOST_SHIFTS = 4
# Renders per track and window: with fewer than the first, the dictionary would leave none for the descent; with fewer
# than the second, a guess is the better start.
LEAST_PER_TRACK, ENOUGH_PER_TRACK = 200, 500
# Single-track fits that run at once, to keep the farm's workers busy; the result does not depend on it.
FITS_AT_ONCE = 3
# Stages of a step.
JOINT_DESCENT, STEMS_ESTIMATED = "joint descent", "stems estimated"


@dataclass(frozen=True)
class SearchStep:
    """Where a search stands: strip renders spent, the null in dB, and what was done, in words."""

    renders: int
    null_db: float
    stage: str


def progress_callback(progress: Progress) -> Callable[[SearchStep], None]:
    """An `on_step` that shows a search on a progress bar of strip renders."""
    shown = 0

    def show(step: SearchStep) -> None:
        nonlocal shown
        progress.advance(step.renders - shown, f"{step.stage}, null {step.null_db:.1f} dB")
        shown = step.renders

    return show


class MixSearch:
    """One search of a mix's parameters within `budget` strip renders.

    guess:   positions per track from a network; every fit tries them, and a small budget begins there
    on_step: called after every step
    movable: tracks whose delay in the problem is only an estimate

    After a run:
    steps:      all steps
    runners_up: distant positions that single-track fits came near with
    problem:    the one given, with movable tracks at the delays found
    delays:     track → samples later (below 0: earlier) than in the problem given
    """

    def __init__(
        self,
        problem: Problem,
        budget: int,
        rng: np.random.Generator,
        guess: list[np.ndarray] | None = None,
        on_step: Callable[[SearchStep], None] = lambda step: None,
        movable: Sequence[int] = (),
    ):
        self.problem, self.budget, self.rng, self.guess, self.on_step = problem, budget, rng, guess, on_step
        self.start = problem.defaults() if guess is None else guess
        self.movable = [k for k in movable if k in problem.audible]
        self.delays: dict[int, int] = {}
        self.renders_before = problem.farm.rendered_strips
        self.steps: list[SearchStep] = []
        self.runners_up: list[RunnerUp] = []

    @property
    def renders_left(self) -> int:
        """Strip renders of the budget that are not spent."""
        return self.budget - (self.problem.farm.rendered_strips - self.renders_before)

    def run(self) -> list[np.ndarray]:
        """The best positions found."""
        if not self._can_start():
            return self.start
        nearest = self._nearest_start()
        if nearest.null_db < NEARLY_DB and (best := self._descend_from(nearest)).null_db < GOOD_DB:
            return best.positions
        per_track = self.renders_left / (len(self.problem.audible) * len(self.problem.windows))
        if per_track < LEAST_PER_TRACK:
            return self._descend_from(nearest).positions
        if self.guess is not None and per_track < ENOUGH_PER_TRACK:
            return self._descend_and_refine(nearest).positions
        best = self._fit_stems_and_refine()
        if best.null_db > nearest.null_db:
            self.problem, self.delays = nearest.problem, {}
            best = self._descend_from(nearest)
        return best.positions

    def run_from_guess(self) -> list[np.ndarray]:
        """The best positions found without steps 1 and 2, whatever the budget: from the guess, if there is one."""
        return self._descend_and_refine(self._nearest_start()).positions if self._can_start() else self.start

    def _fit_stems_and_refine(self) -> Descent:
        """All steps."""
        dictionary = make_dictionary(self.problem, self.rng)
        stems = estimate_stems(self.problem.target, dictionary)
        self._add_step(self._null_db(stems), STEMS_ESTIMATED)
        single_tracks = make_single_track_problems(self.problem, stems)

        def starts_of(track: int, starts: Starts) -> list[np.ndarray]:
            return [*self._guessed(track), *starts.from_dictionary(track, dictionary)]

        fits = self._fit_tracks(single_tracks, single_tracks.tracks, starts_of, SHORT)
        return self._refine(single_tracks, self._joint_descent(_replaced(self.start, fits), JOINT_ROUNDS))

    def _descend_and_refine(self, start: Descent) -> Descent:
        """Steps 3 to 6."""
        best = self._descend_from(start)
        return self._refine(make_single_track_problems(self.problem, best.stems), best)

    def _refine(self, single_tracks: SingleTrackProblems, best: Descent) -> Descent:
        """Steps 4 to 6, while they help."""
        in_vain = 0
        while best.null_db > GOOD_DB and in_vain < MOST_IN_VAIN and self.renders_left > self._refit_cost(best):
            before = best
            best = self._move_filters(self._shift_tracks(best))
            if single_tracks.full_problem is not self.problem:  # tracks were shifted
                single_tracks = make_single_track_problems(self.problem, best.stems)
            if best.null_db > before.null_db - HELPED_DB and self.renders_left > self._refit_cost(best):
                best = self._refit_suspects(single_tracks, best)
            in_vain = 0 if best.null_db < before.null_db - PROGRESS_DB else in_vain + 1
        return best

    def _shift_tracks(self, best: Descent) -> Descent:
        """Step 4: movable tracks shifted and descended from, while that helps."""
        for _ in range(MOST_SHIFTS):
            if best.null_db < GOOD_DB or not self.movable or self.renders_left < 3 * best.round_cost:
                break
            if not (by := find_time_shifts(best, self.movable)):
                break
            self.problem = best.problem.with_delays(by)
            shifted = self._joint_descent(best.positions, JOINT_ROUNDS)
            if shifted.null_db >= best.null_db:
                self.problem = best.problem
                break
            best, self.delays = shifted, {k: self.delays.get(k, 0) + by.get(k, 0) for k in self.delays | by}
        return best

    def _move_filters(self, best: Descent) -> Descent:
        """Step 4: filters moved, each confirmed by a descent of its track, then a joint descent; `best` where no move
        helps."""
        current, cost = best, sum(filter_moves_cost(best, track) for track in self.problem.audible)
        if not cost or self.renders_left < cost + 3 * best.round_cost:
            return best
        by_track = find_filter_moves(best, self.problem.audible).values()
        found = [move for moves in by_track for move in moves[:TRIED_PER_TRACK] if move.error_share < WORTH_TRYING]
        for move in sorted(found, key=lambda move: move.error_share):
            positions = list(self.problem.defaults())
            positions[move.track] = move.positions
            track_problem = current.single_track_problem(move.track)
            trial = Descent(track_problem, positions, [move.track]).run(TRIED_ROUNDS, self.renders_left)
            residual_energy = sum(energy(current.residual(window)) for window in trial.windows)
            if trial.error < WORTH_TAKING * residual_energy:
                positions = list(current.positions)
                positions[move.track] = trial.positions[move.track]
                current = Descent(self.problem, positions)
                self._add_step(current.null_db, f"a filter of {self.problem.session.tracks[move.track].name} moved")
        return best if current is best else self._joint_descent(current.positions, FINAL_ROUNDS)

    def _refit_suspects(self, single_tracks: SingleTrackProblems, best: Descent) -> Descent:
        """Step 5, and step 6 where that does not help: the best of before and after."""
        residuals = [best.residual(w) for w in range(len(self.problem.windows))]
        dictionary = make_dictionary(self.problem, self.rng, FRESH_DRAWS)
        parts = estimate_stems(residuals, dictionary)
        # What no track's renders explain may belong to any track: it is added to the stem of every suspect.
        unexplained = list(residuals)
        for (_, window), part in parts.items():
            unexplained[window] = unexplained[window] - part
        stems = {key: best.stems[key] + part + unexplained[key[1]] for key, part in parts.items()}
        single_tracks, suspects = single_tracks.with_targets(stems), _suspects(parts)

        def other_filters(track: int, starts: Starts) -> list[np.ndarray]:
            now = best.positions[track]
            return [now, *starts.with_other_filters(track, now, FILTER_COMBINATIONS)]

        def new_starts(track: int, starts: Starts) -> list[np.ndarray]:
            return [best.positions[track], *self._guessed(track), *starts.from_dictionary(track, dictionary)]

        fits = self._fit_tracks(single_tracks, suspects, other_filters, SHORT)
        refiltered = self._joint_descent(_replaced(best.positions, fits), FINAL_ROUNDS)
        if refiltered.null_db < best.null_db - HELPED_DB or self.renders_left < self._refit_cost(best):
            return min(best, refiltered, key=lambda each: each.null_db)
        fits = self._fit_tracks(single_tracks, suspects, new_starts, DEEP)
        whitening = half_whitened(self.problem.target)
        half_white = self._joint_descent(_replaced(best.positions, fits), WHITENED_ROUNDS, whitening)
        descent = self._joint_descent(half_white.positions, FINAL_ROUNDS)
        return min(best, refiltered, descent, key=lambda each: each.null_db)

    def _nearest_start(self) -> Descent:
        """A descent at the start, or at the best gain and pan where that is nearer and the budget allows to know."""
        at_start = Descent(self.problem, self.start)
        if self.renders_left < RENDERS_PER_STEM * len(self.problem.candidates(self.start)):
            return at_start
        return min(at_start, Descent(self.problem, fit_levels(self.problem)), key=lambda each: each.null_db)

    def _descend_from(self, descent: Descent) -> Descent:
        """Step 3: a joint descent from there, where renders are left for one."""
        return self._joint_descent(descent.positions, JOINT_ROUNDS) if self._can_start() else descent

    def _joint_descent(self, positions: list[np.ndarray], rounds: int, weighting: Weighting = unweighted) -> Descent:
        idle = JOINT_IDLE_SHARE, JOINT_PATIENCE
        descent = Descent(self.problem, positions, weighting=weighting, idle=idle, deepest_db=DEEPEST_DB)
        return descent.run(rounds, self.renders_left, lambda null_db: self._add_step(null_db, JOINT_DESCENT))

    def _fit_tracks(
        self,
        single_tracks: SingleTrackProblems,
        tracks: Sequence[int],
        starts_of: Callable[[int, Starts], list[np.ndarray]],
        stages: Stages,
    ) -> dict[int, TrackFit]:
        """The fit of each of `tracks` to its stem; starts_of: the positions that a track's fit starts from"""
        limit = int(self.renders_left * FIT_SHARE / len(tracks))

        def fitted(track: int) -> TrackFit:
            starts = Starts(single_tracks)
            positions = starts_of(track, starts)
            return fit_track(single_tracks, track, positions, limit - starts.spent, stages)

        with ThreadPoolExecutor(FITS_AT_ONCE) as pool:
            fits = dict(zip(tracks, pool.map(fitted, tracks)))
        for track, found in fits.items():
            self.runners_up += found.runners_up
            self._add_step(found.null_db, f"fit of {self.problem.session.tracks[track].name}")
        return fits

    def _guessed(self, track: int) -> list[np.ndarray]:
        return [] if self.guess is None else [self.guess[track]]

    def _can_start(self) -> bool:
        """Whether any parameter is to be found, and renders are left to evaluate one set of positions."""
        one_mix = len(self.problem.candidates(self.problem.defaults()))
        return bool(self.problem.audible) and one_mix <= self.renders_left

    def _refit_cost(self, best: Descent) -> int:
        """Strip renders below which it is not worth while to begin steps 4 to 6."""
        return FRESH_DRAWS * len(self.problem.candidates(best.positions)) + LEAST_PER_TRACK + 2 * best.round_cost

    def _null_db(self, stems: Mapping[StemKey, np.ndarray]) -> float:
        """The null of the mix that these stems make."""
        residuals = [target.copy() for target in self.problem.target]
        for (_, window), stem in stems.items():
            residuals[window] -= stem
        residual_energy, mix_energy = (sum(map(energy, rows)) for rows in (residuals, self.problem.target))
        return 10 * np.log10(max(residual_energy, 1e-30) / max(mix_energy, 1e-30))

    def _add_step(self, null_db: float, stage: str) -> None:
        self.steps.append(SearchStep(self.budget - self.renders_left, float(null_db), stage))
        self.on_step(self.steps[-1])


def _replaced(positions: list[np.ndarray], fits: Mapping[int, TrackFit]) -> list[np.ndarray]:
    """`positions` with those of the tracks that were fitted."""
    return [fits[track].positions if track in fits else row for track, row in enumerate(positions)]


def _suspects(parts: Mapping[StemKey, np.ndarray]) -> list[int]:
    """The tracks that the residual's parts belong to, most energy first."""
    missing: dict[int, float] = {}
    for (track, _), part in parts.items():
        missing[track] = missing.get(track, 0.0) + energy(part)
    order = sorted(missing, key=missing.__getitem__, reverse=True)
    least = missing[order[0]] * 10 ** (-RESTARTED_WITHIN_DB / 10)
    return [track for track in order if missing[track] >= least][:RESTARTED_TRACKS]
