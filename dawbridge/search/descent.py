"""Levenberg-Marquardt on the waveform, with finite differences on the real chain.

In: a problem and positions to start from. Out: positions with less residual, and the stems there.

The residual is the windows' target minus the sum of the stems. Since a mix is a sum, a parameter's derivative needs
only its own track rendered again. An active set keeps the bounds. The damping is Marquardt's diagonal plus a share of
its mean; that share holds parameters without effect where they are. Where there are many tracks, one group of them
moves at a time, and the stems of the others come from memory.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from dawbridge.search.jacobian import Jacobian, Stems
from dawbridge.search.problem import Candidate, Problem
from dawbridge.search.weighting import Weighting, unweighted

# The part of the damping that is equal for all parameters, as a share of the mean diagonal of JᵀJ.
MEAN_DAMPING = 0.01
# Most parameters in one group of tracks: memory and time of the normal equations grow with its square.
GROUP_COLUMNS = 160
# The damping at the start, as a share of the diagonal of JᵀJ.
FIRST_DAMPING = 1e-2
# Factors on the damping that a step tries with measured derivatives: one strip render per track and window each.
TRIAL_FACTORS = (1 / 16, 1 / 2, 4.0, 32.0)
# The factors tried with updated derivatives, which are fewer since they succeed less often.
UPDATED_TRIAL_FACTORS = (1 / 4, 4.0)
# Updated derivatives are used on while a step leaves less than this share of the error; else they are measured anew.
WORTH_SHARE = 0.8
# Factor on the damping after a step at which no trial was better.
SETBACK_FACTOR = 128.0
# Bounds of the damping.
DAMPING_LIMITS = (1e-7, 1e4)
# (share, rounds): a descent is over after so many rounds in a row that each take less than this share of the error.
IDLE = (1e-4, 3)
# A descent is over below this null in dB: what remains is the noise of 32-bit samples.
DEEPEST_DB = -100.0


class Descent:
    """A descent that runs round by round; a round is one step of every group of tracks.

    tracks:     those that move, of the audible ones; the others stay where they are
    weighting:  what of a residual counts
    idle:       see IDLE
    deepest_db: see DEEPEST_DB
    positions, stems, error: where it stands: the last two are [2, n] per (track, window), and the weighted energy
    spent:      strip renders so far, at least one per track and window
    """

    def __init__(
        self,
        problem: Problem,
        start: Sequence[np.ndarray],
        tracks: Sequence[int] | None = None,
        weighting: Weighting = unweighted,
        idle: tuple[float, int] = IDLE,
        deepest_db: float = DEEPEST_DB,
    ):
        self.problem, self.weighting, self.deepest_db = problem, weighting, deepest_db
        self.tracks = list(problem.audible if tracks is None else tracks)
        self.positions = [np.array(position, dtype=np.float64) for position in start]
        self.windows = sorted({w for k in self.tracks for w in problem.heard_in(k)})
        self.groups = _groups(problem, self.tracks)
        self.damping = {tuple(group): FIRST_DAMPING for group in self.groups}
        self.jacobians = {tuple(group): Jacobian(problem, group, weighting) for group in self.groups}
        self.stems: dict[tuple[int, int], np.ndarray] = {}
        self.spent, self.idle, (self.idle_share, self.patience) = 0, 0, idle
        heard = [k for k in range(problem.track_count) if problem.heard[k, self.windows].any()]
        candidates = [c for c in problem.candidates(self.positions, heard) if c.window in self.windows]
        for candidate, stem in zip(candidates, self.render(candidates)):
            self.stems[candidate.track, candidate.window] = stem
        self.error = self._error(self.stems, self.windows)

    @property
    def null_db(self) -> float:
        """The energy of the residual over that of the target, of the unweighted waveform."""
        is_plain = self.weighting is unweighted
        residual_energy = self.error if is_plain else sum(energy(self.residual(w)) for w in self.windows)
        target_energy = sum(energy(self.problem.target[w]) for w in self.windows)
        return 10 * np.log10(max(residual_energy, 1e-30) / max(target_energy, 1e-30))

    @property
    def round_cost(self) -> int:
        """The most strip renders that a round may take."""
        return sum(self._cost(group) for group in self.groups)

    @property
    def is_over(self) -> bool:
        """Whether no further round is worth while."""
        return not self.groups or self.idle >= self.patience or self.null_db < self.deepest_db

    def run(self, rounds: int, budget: float = np.inf, on_round: Callable[[float], None] | None = None) -> "Descent":
        """Itself after up to `rounds` more within `budget` strip renders; on_round: called with the null in dB"""
        first = self.spent
        for _ in range(rounds):
            if self.is_over or self.spent - first + self.round_cost > budget:
                break
            before = self.error
            for group in self.groups:
                self._step(group)
            self.idle = self.idle + 1 if self.error > before * (1 - self.idle_share) else 0
            if on_round:
                on_round(self.null_db)
        return self

    def residual(self, window: int, stems: Stems | None = None) -> np.ndarray:
        """[2, n]: the target minus all stems, in one window."""
        residual = self.problem.target[window].copy()
        for (_, stem_window), stem in (self.stems if stems is None else stems).items():
            if stem_window == window:
                residual -= stem
        return residual

    def render(self, candidates: list[Candidate]) -> Iterator[np.ndarray]:
        """The candidates' stems [2, n]; their cost is added to `spent`."""
        cost, stems = self.problem.plan_render(candidates)
        self.spent += cost
        return stems

    def _cost(self, group: list[int]) -> int:
        trials = len(TRIAL_FACTORS) + len(UPDATED_TRIAL_FACTORS)
        return sum((self.problem.spaces[k].size + trials) * len(self.problem.heard_in(k)) for k in group)

    def _error(self, stems: Stems, windows: Iterable[int]) -> float:
        return sum(energy(self.weighting(w, self.residual(w, stems))) for w in windows)

    def _step(self, group: list[int]) -> None:
        """One Gauss-Newton step of `group`, with the damping that leaves the least error; none where all leave more.

        The derivatives are measured where they are missing, or where updated ones gave no step that helps.
        """
        jacobian = self.jacobian_of(group)
        if self._try_step(group, jacobian) or jacobian.is_exact:
            return
        jacobian.measure(self.positions, self.stems, self.render)
        self._try_step(group, jacobian)

    def _try_step(self, group: list[int], jacobian: Jacobian) -> bool:
        """Take the best trial step; False where none has less error."""
        hessian, gradient = jacobian.normal_equations(lambda w: self.weighting(w, self.residual(w)))
        current = np.concatenate([self.positions[k] for k in group])
        damping = self.damping[tuple(group)]
        factors = TRIAL_FACTORS if jacobian.is_exact else UPDATED_TRIAL_FACTORS
        dampings = [float(np.clip(damping * factor, *DAMPING_LIMITS)) for factor in factors]
        trials = [current + bounded_step(hessian, gradient, current, d) for d in dampings]
        outcomes = list(self._render_trials(group, trials))
        best = min(range(len(trials)), key=lambda index: outcomes[index][0])
        error, stems = outcomes[best]
        if error >= self.error:
            if jacobian.is_exact:
                self.damping[tuple(group)] = min(damping * SETBACK_FACTOR, DAMPING_LIMITS[1])
            return False
        is_worth_it = error < self.error * WORTH_SHARE
        before, old_stems = list(self.positions), dict(self.stems)
        self.damping[tuple(group)], self.error = dampings[best], error
        self.stems |= stems
        for k, positions in zip(group, self._split(group, trials[best])):
            self.positions[k] = positions
        if is_worth_it:
            jacobian.update(before, self.positions, old_stems, self.stems)
        else:
            jacobian.rows.clear()
        return True

    def jacobian_of(self, group: list[int]) -> Jacobian:
        """The group's derivatives; measured if they are missing."""
        jacobian = self.jacobians[tuple(group)]
        if not jacobian.rows:
            jacobian.measure(self.positions, self.stems, self.render)
        return jacobian

    def measured_hessian(self, group: list[int]) -> np.ndarray:
        """JᵀJ [P, P] of a group at the present positions, measured anew."""
        jacobian = self.jacobians[tuple(group)]
        jacobian.measure(self.positions, self.stems, self.render)
        return jacobian.normal_equations(lambda w: self.weighting(w, self.residual(w)))[0]

    def single_track_problem(self, track: int) -> Problem:
        """One track as a problem of its own: its target is the mix minus all other stems."""
        problem = self.problem
        heard, target = np.zeros_like(problem.heard), list(problem.target)
        heard[track] = problem.heard[track]
        dry = {(track, w): problem.dry[track, w] for w in problem.heard_in(track)}
        for window in problem.heard_in(track):
            target[window] = self.residual(window) + self.stems[track, window]
        return Problem(problem.session, problem.spaces, problem.windows, heard, target, dry, problem.farm)

    def _split(self, group: list[int], joined: np.ndarray) -> list[np.ndarray]:
        return np.split(joined, np.cumsum([self.problem.spaces[k].size for k in group])[:-1])

    def _render_trials(
        self, group: list[int], trials: list[np.ndarray]
    ) -> Iterator[tuple[float, dict[tuple[int, int], np.ndarray]]]:
        """(error, stems) of each trial."""
        candidates = []
        for trial in trials:
            positions = dict(zip(group, self._split(group, trial)))
            candidates += [Candidate(k, w, positions[k]) for k in group for w in self.problem.heard_in(k)]
        rendered = self.render(candidates)
        changed = {c.window for c in candidates}
        unchanged = self._error(self.stems, [w for w in self.windows if w not in changed])
        per_trial = len(candidates) // len(trials)
        for _ in trials:
            stems = {(c.track, c.window): next(rendered) for c in candidates[:per_trial]}
            yield unchanged + self._error(self.stems | stems, changed), stems


def _groups(problem: Problem, tracks: Sequence[int]) -> list[list[int]]:
    """The tracks in order, in groups of at most GROUP_COLUMNS parameters (a larger track is a group of its own)."""
    groups: list[list[int]] = []
    columns = 0
    for track in tracks:
        size = problem.spaces[track].size
        if not groups or columns + size > GROUP_COLUMNS:
            groups.append([])
            columns = 0
        groups[-1].append(track)
        columns += size
    return groups


def bounded_step(hessian: np.ndarray, gradient: np.ndarray, current: np.ndarray, damping: float) -> np.ndarray:
    """The damped step [P] that stays in 0..1.

    Parameters at a bound whose step points outward are held, and the rest solved again; then the step is clipped.
    """
    diagonal = hessian.diagonal()
    damped = hessian + np.diag(damping * (diagonal + MEAN_DAMPING * diagonal.mean()) + 1e-12)
    free = np.ones(len(current), dtype=bool)
    step = np.zeros(len(current))
    for _ in range(6):
        step[:] = 0
        if free.any():
            step[free] = np.linalg.solve(damped[np.ix_(free, free)], gradient[free])
        outward = free & (((current <= 0) & (step < 0)) | ((current >= 1) & (step > 0)))
        if not outward.any():
            break
        free &= ~outward
    return np.clip(current + step, 0, 1) - current


def energy(samples: np.ndarray) -> float:
    """The sum of squares of all samples."""
    flat = samples.ravel()
    return float(flat @ flat)
