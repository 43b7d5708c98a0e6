"""The search after the network: joint Levenberg-Marquardt on the waveform, by finite differences on the real chain.

The residual is the windows' mix minus the sum of the stems; since the mix is a sum, a parameter's derivative needs
only its own track rendered again. Bounds are kept by an active set. Damping is Marquardt's diagonal plus a share of
its mean, which holds parameters that make no difference where they are. Many tracks are taken in groups, with the
other stems from memory.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dawbridge.methods.inversion.problem import Candidate, Problem

STEP = 2e-3
MEAN_DAMPING = 0.01
GROUP_COLUMNS = 160
TRIAL_FACTORS = (1 / 16, 1 / 2, 4.0, 32.0)
DAMPING_LIMITS = (1e-7, 1e4)
SMALL_GAIN = 1e-2
PATIENCE = 3


@dataclass
class SearchState:
    """Where the search stands: positions per track, stems by (track, window), and the error of each step."""

    positions: list[np.ndarray]
    stems: dict[tuple[int, int], np.ndarray] = field(default_factory=dict)
    null_db: list[float] = field(default_factory=list)


def search(
    problem: Problem,
    start: list[np.ndarray],
    budget: int,
    progress: Callable[[int, float], None] = lambda spent, null_db: None,
) -> SearchState:
    """The best positions found within `budget` strip renders, and the null in dB after each iteration.

    Stops earlier where an iteration over every group no longer lowers the error. `progress` gets the renders spent
    and the null.
    """
    spent_before = problem.farm.rendered_strips
    state = SearchState([np.array(p, dtype=np.float64) for p in start])
    _render_stems(problem, state)
    groups = _groups(problem)
    damping = {tuple(group): 1e-2 for group in groups}
    idle = 0
    error = _error(problem, state)
    state.null_db.append(_null_db(problem, error))
    while groups and idle < PATIENCE:
        before = error
        for group in groups:
            spent = problem.farm.rendered_strips - spent_before
            if spent + _iteration_cost(problem, group) > budget:
                return state
            damping[tuple(group)], error = _iterate(problem, state, group, damping[tuple(group)], error)
            state.null_db.append(_null_db(problem, error))
            progress(problem.farm.rendered_strips - spent_before, state.null_db[-1])
        idle = idle + 1 if error > before * (1 - SMALL_GAIN) else 0
    return state


def _groups(problem: Problem) -> list[list[int]]:
    groups, columns = [], 0
    for track in problem.audible:
        size = problem.spaces[track].size
        if not groups or columns + size > GROUP_COLUMNS:
            groups.append([])
            columns = 0
        groups[-1].append(track)
        columns += size
    return groups


def _iteration_cost(problem: Problem, group: list[int]) -> int:
    trials = len(TRIAL_FACTORS)
    return sum((problem.spaces[k].size + trials) * len(problem.heard_in(k)) for k in group)


def _render_stems(problem: Problem, state: SearchState) -> None:
    candidates = problem.candidates(state.positions)
    for candidate, stem in zip(candidates, problem.render(candidates)):
        state.stems[candidate.track, candidate.window] = stem


def _residual(problem: Problem, stems: dict, window: int) -> np.ndarray:
    residual = problem.target[window].copy()
    for (_, where), stem in stems.items():
        if where == window:
            residual -= stem
    return residual


def _error(problem: Problem, state: SearchState) -> float:
    return sum(_energy(_residual(problem, state.stems, w)) for w in range(len(problem.windows)))


def _energy(samples: np.ndarray) -> float:
    return float(np.square(samples, dtype=np.float64).sum())


def _null_db(problem: Problem, error: float) -> float:
    energy = sum(_energy(target) for target in problem.target)
    return 10 * np.log10(max(error, 1e-30) / max(energy, 1e-30))


def _iterate(problem: Problem, state: SearchState, group: list[int], damping: float, error: float):
    """One Gauss-Newton step on `group`, the best of four dampings kept; the new damping and error."""
    hessian, gradient = _normal_equations(problem, state, group)
    current = np.concatenate([state.positions[k] for k in group])
    dampings = [float(np.clip(damping * factor, *DAMPING_LIMITS)) for factor in TRIAL_FACTORS]
    trials = [current + _bounded_step(hessian, gradient, current, d) for d in dampings]
    outcomes = list(_try(problem, state, group, trials, error))
    best = min(range(len(trials)), key=lambda index: outcomes[index][0])
    best_error, stems = outcomes[best]
    if best_error >= error:
        return min(damping * 128, DAMPING_LIMITS[1]), error
    state.stems |= stems
    for k, positions in zip(group, _split(problem, group, trials[best])):
        state.positions[k] = positions
    return dampings[best], best_error


def _split(problem: Problem, group: list[int], joined: np.ndarray) -> list[np.ndarray]:
    return np.split(joined, np.cumsum([problem.spaces[k].size for k in group])[:-1])


def _normal_equations(problem: Problem, state: SearchState, group: list[int]):
    """JᵀJ [P, P] and Jᵀr [P] over all windows, one window's columns in memory at a time."""
    offsets = dict(zip(group, np.cumsum([0] + [problem.spaces[k].size for k in group])))
    size = sum(problem.spaces[k].size for k in group)
    hessian, gradient = np.zeros((size, size)), np.zeros(size)
    for window in range(len(problem.windows)):
        heard = [k for k in group if problem.heard[k, window]]
        candidates, steps, columns = [], [], []
        for k in heard:
            for column in range(problem.spaces[k].size):
                moved = state.positions[k].copy()
                steps.append(-STEP if moved[column] > 1 - 2 * STEP else STEP)
                moved[column] += steps[-1]
                candidates.append(Candidate(k, window, moved))
                columns.append(offsets[k] + column)
        if not candidates:
            continue
        residual = _residual(problem, state.stems, window).ravel()
        jacobian = np.empty((len(candidates), residual.size), dtype=np.float32)
        for row, (candidate, stem) in enumerate(zip(candidates, problem.render(candidates))):
            np.subtract(stem.ravel(), state.stems[candidate.track, window].ravel(), out=jacobian[row])
            jacobian[row] /= steps[row]
        hessian[np.ix_(columns, columns)] += (jacobian @ jacobian.T).astype(np.float64)
        gradient[columns] += (jacobian @ residual).astype(np.float64)
    return hessian, gradient


def _bounded_step(hessian, gradient, current, damping: float) -> np.ndarray:
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


def _try(problem: Problem, state: SearchState, group: list[int], trials: list[np.ndarray], error: float):
    """(error, stems) of each trial."""
    candidates = []
    for trial in trials:
        positions = dict(zip(group, _split(problem, group, trial)))
        candidates += [Candidate(k, w, positions[k]) for k in group for w in problem.heard_in(k)]
    rendered = problem.render(candidates)
    per_trial = len(candidates) // len(trials)
    for number in range(len(trials)):
        part = candidates[number * per_trial : (number + 1) * per_trial]
        stems = {(c.track, c.window): next(rendered) for c in part}
        changed = {window for _, window in stems}
        after = state.stems | stems
        kept = sum(_energy(_residual(problem, state.stems, w)) for w in range(len(problem.windows)) if w not in changed)
        yield kept + sum(_energy(_residual(problem, after, w)) for w in changed), stems
