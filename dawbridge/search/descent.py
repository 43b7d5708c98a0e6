"""Levenberg-Marquardt on the waveform, by finite differences on the real chain.

The residual is the windows' target minus the sum of the stems; since a mix is a sum, a parameter's derivative needs
only its own track rendered again. Bounds are kept by an active set. Damping is Marquardt's diagonal plus a share of
its mean, which holds parameters that make no difference where they are. Many tracks are taken in groups, with the
other stems from memory.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from dawbridge.search.jacobian import Jacobian
from dawbridge.search.problem import Candidate, Problem
from dawbridge.search.weighting import Lens, plain

MEAN_DAMPING = 0.01
GROUP_COLUMNS = 160
FIRST_DAMPING = 1e-2
TRIAL_FACTORS = (1 / 16, 1 / 2, 4.0, 32.0)
# With derivatives that were kept up: fewer trials; they are kept while a step takes a fifth of the error away.
KEPT_TRIAL_FACTORS = (1 / 4, 4.0)
WORTH_SHARE = 0.8
SETBACK_FACTOR = 128.0
DAMPING_LIMITS = (1e-7, 1e4)
IDLE = (1e-4, 3)
DEEPEST_DB = -100.0


class Descent:
    """Positions that come down, round by round; a round is one step of every group of tracks.

    tracks: those that move, of the audible ones; the others stay where they are. lens: what of a residual counts
    idle:   a round that takes less than this share of the error away is idle, and so many of them are the end
    deepest_db: a null below which it is the end too
    positions, error, null_db: where it stands (the null of the plain waveform); spent: strip renders so far
    """

    def __init__(
        self,
        problem: Problem,
        start: Sequence[np.ndarray],
        tracks: Sequence[int] | None = None,
        lens: Lens = plain,
        idle: tuple[float, int] = IDLE,
        deepest_db: float = DEEPEST_DB,
    ):
        self.problem, self.lens, self.deepest_db = problem, lens, deepest_db
        self.tracks = list(problem.audible if tracks is None else tracks)
        self.positions = [np.array(position, dtype=np.float64) for position in start]
        self.windows = sorted({w for k in self.tracks for w in problem.heard_in(k)})
        self.groups = _groups(problem, self.tracks)
        self.damping = {tuple(group): FIRST_DAMPING for group in self.groups}
        self.jacobians = {tuple(group): Jacobian(problem, group, lens) for group in self.groups}
        self.stems: dict[tuple[int, int], np.ndarray] = {}
        self.spent, self.idle, (self.idle_share, self.patience) = 0, 0, idle
        heard = [k for k in range(problem.track_count) if problem.heard[k, self.windows].any()]
        candidates = [c for c in problem.candidates(self.positions, heard) if c.window in self.windows]
        for candidate, stem in zip(candidates, self.render(candidates)):
            self.stems[candidate.track, candidate.window] = stem
        self.error = self._error(self.stems, self.windows)

    @property
    def null_db(self) -> float:
        """The energy of the residual over that of the target."""
        left = self.error if self.lens is plain else sum(energy(self.residual(w)) for w in self.windows)
        whole = sum(energy(self.problem.target[w]) for w in self.windows)
        return 10 * np.log10(max(left, 1e-30) / max(whole, 1e-30))

    @property
    def round_cost(self) -> int:
        """Most strip renders of a round."""
        return sum(self._cost(group) for group in self.groups)

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be gained any more."""
        return not self.groups or self.idle >= self.patience or self.null_db < self.deepest_db

    def run(self, rounds: int, budget: float = np.inf, told: Callable[[float], None] | None = None) -> "Descent":
        """Up to `rounds` more, as long as they fit into `budget` strip renders; itself. `told`: of the null."""
        first = self.spent
        for _ in range(rounds):
            if self.is_over or self.spent - first + self.round_cost > budget:
                break
            before = self.error
            for group in self.groups:
                self._step(group)
            self.idle = self.idle + 1 if self.error > before * (1 - self.idle_share) else 0
            if told:
                told(self.null_db)
        return self

    def residual(self, window: int, stems: dict | None = None) -> np.ndarray:
        """[2, n]: the target less all stems."""
        residual = self.problem.target[window].copy()
        for (_, where), stem in (self.stems if stems is None else stems).items():
            if where == window:
                residual -= stem
        return residual

    def render(self, candidates: list[Candidate]) -> Iterator[np.ndarray]:
        """Their stems; their cost counts here."""
        cost, stems = self.problem.ask(candidates)
        self.spent += cost
        return stems

    def _cost(self, group: list[int]) -> int:
        trials = len(TRIAL_FACTORS) + len(KEPT_TRIAL_FACTORS)
        return sum((self.problem.spaces[k].size + trials) * len(self.problem.heard_in(k)) for k in group)

    def _error(self, stems: dict, windows) -> float:
        return sum(energy(self.lens(w, self.residual(w, stems))) for w in windows)

    def _step(self, group: list[int]) -> None:
        """One Gauss-Newton step of `group`: the best of four dampings, if it is one down.

        The derivatives are measured where they are missing or where those that were only kept up led nowhere.
        """
        jacobian = self.slopes(group)
        if self._descend(group, jacobian) or jacobian.is_exact:
            return
        jacobian.measure(self.positions, self.stems, self.render)
        self._descend(group, jacobian)

    def _descend(self, group: list[int], jacobian: Jacobian) -> bool:
        """Whether a step was worth while."""
        hessian, gradient = jacobian.normal_equations(lambda w: self.lens(w, self.residual(w)))
        current = np.concatenate([self.positions[k] for k in group])
        damping = self.damping[tuple(group)]
        factors = TRIAL_FACTORS if jacobian.is_exact else KEPT_TRIAL_FACTORS
        dampings = [float(np.clip(damping * factor, *DAMPING_LIMITS)) for factor in factors]
        trials = [current + bounded_step(hessian, gradient, current, d) for d in dampings]
        outcomes = list(self._try(group, trials))
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

    def derivatives(self, track: int, window: int) -> np.ndarray:
        """[P, n]: of the track's stem by its parameters, as the lens sees it; measured if they are not there."""
        (group,) = [group for group in self.groups if track in group]
        return self.slopes(group).rows[track, window]

    def slopes(self, group: list[int]) -> Jacobian:
        """The group's derivatives; measured if they are not there."""
        jacobian = self.jacobians[tuple(group)]
        if not jacobian.rows:
            jacobian.measure(self.positions, self.stems, self.render)
        return jacobian

    def curvature(self, group: list[int]) -> np.ndarray:
        """JᵀJ [P, P] of a group where it stands, measured anew."""
        jacobian = self.jacobians[tuple(group)]
        jacobian.measure(self.positions, self.stems, self.render)
        return jacobian.normal_equations(lambda w: self.lens(w, self.residual(w)))[0]

    def alone(self, track: int) -> Problem:
        """One track as a problem: its target what all others leave of the mix; its renders are the only ones."""
        problem = self.problem
        heard, target = np.zeros_like(problem.heard), list(problem.target)
        heard[track] = problem.heard[track]
        dry = {(track, w): problem.dry[track, w] for w in problem.heard_in(track)}
        for window in problem.heard_in(track):
            target[window] = self.residual(window) + self.stems[track, window]
        return Problem(problem.session, problem.spaces, problem.windows, heard, target, dry, problem.farm)

    def _split(self, group: list[int], joined: np.ndarray) -> list[np.ndarray]:
        return np.split(joined, np.cumsum([self.problem.spaces[k].size for k in group])[:-1])

    def _try(self, group: list[int], trials: list[np.ndarray]):
        """(error, stems) of each trial."""
        candidates = []
        for trial in trials:
            positions = dict(zip(group, self._split(group, trial)))
            candidates += [Candidate(k, w, positions[k]) for k in group for w in self.problem.heard_in(k)]
        rendered = self.render(candidates)
        changed = {c.window for c in candidates}
        kept = self._error(self.stems, [w for w in self.windows if w not in changed])
        per_trial = len(candidates) // len(trials)
        for _ in trials:
            stems = {(c.track, c.window): next(rendered) for c in candidates[:per_trial]}
            yield kept + self._error(self.stems | stems, changed), stems


def _groups(problem: Problem, tracks: Sequence[int]) -> list[list[int]]:
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
    """The damped step that stays in 0..1: variables at a bound whose step points outward are dropped, then clipped."""
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
    """The sum of squares."""
    flat = samples.ravel()
    return float(flat @ flat)
