"""The search for one track's settings where its sound before and after are both known: no stems to estimate.

In: a problem of one track. Out: a descent at the best positions found.

Starts are the devices' defaults, the best of some random settings, and filters fitted to the spectrum; the better ones
descend further. Then single filters are moved, to narrow bands that hold most of the residual (`narrow_bells`) and on a
grid (`search.filter_moves`), for as long as that helps.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dawbridge.methods.translation.narrow_bells import narrow_bell_starts
from dawbridge.search.descent import Descent
from dawbridge.search.filter_moves import find_filter_moves
from dawbridge.search.filter_roles import Filter, Roles, roles_of
from dawbridge.search.problem import Candidate, Problem
from dawbridge.search.spectral_fit import FREQUENCIES, WIDTHS, fit_filters_to_spectrum
from dawbridge.units import gain_to_db

# These numbers were chosen on the presets of tools/bench_translation.

# Random settings that are tried, and how many of the best are starts.
DRAWS, NEAREST = 40, 5
# Starts with filters fitted to the spectrum, and how many of the best random settings they are made from.
FROM_SPECTRUM, BASES = 12, 2
# Most combinations of filter settings that the spectral fit compares: it bounds memory and time.
MOST_COMBINATIONS = 120_000
# Stages of the descents: (rounds, how many of the best go on).
STAGES = ((2, 6), (4, 3), (6, 2), (12, 1))
# Filter moves that are tried at once: on the grid, and to narrow bands.
TRIED, FROM_NARROW_BELLS = 4, 2
# Rounds for each of them, and more for the best of them.
MOVED_ROUNDS, LAST_ROUNDS = 6, 10
# Filters are moved on while a move gains at least this many dB.
PROGRESS_DB = 0.5
# A search ends below this null in dB: the difference is inaudible.
GOOD_DB = -70.0

HasRenders = Callable[[int], bool]


@dataclass(frozen=True)
class _Draw:
    """Positions [P] whose fader fits best, and the null in dB there."""

    positions: np.ndarray
    null_db: float


def fit_single_track(
    problem: Problem, rng: np.random.Generator, has_renders: HasRenders, on_null: Callable[[float], None]
) -> Descent:
    """A descent at the best positions found for the one track of `problem`, whose fader must be free.

    has_renders: whether so many more strip renders may be spent; on_null: called with the null in dB after every stage
    """
    descents = [Descent(problem, [start]) for start in _starts(problem, rng)]
    for rounds, kept in STAGES:
        for descent in descents:
            if has_renders(rounds * descent.round_cost):
                descent.run(rounds)
        descents = sorted(descents, key=lambda each: each.null_db)[:kept]
        on_null(descents[0].null_db)
    return _with_moved_filters(problem, descents[0], has_renders, on_null)


def _with_moved_filters(
    problem: Problem, best: Descent, has_renders: HasRenders, on_null: Callable[[float], None]
) -> Descent:
    """Single filters moved, to narrow bands and then on a grid, each as long as that helps."""
    for find, count in ((narrow_bell_starts, FROM_NARROW_BELLS), (_grid_moves, TRIED)):
        while best.null_db > GOOD_DB and has_renders(count * MOVED_ROUNDS * best.round_cost):
            before = best
            descents = [Descent(problem, [start]) for start in find(Descent(problem, best.positions), count)]
            if descents:
                nearest = min((each.run(MOVED_ROUNDS) for each in descents), key=lambda each: each.null_db)
                best = min(best, nearest.run(LAST_ROUNDS), key=lambda each: each.null_db)
                on_null(best.null_db)
            if best.null_db > before.null_db - PROGRESS_DB:
                break
    return best


def _grid_moves(descent: Descent, count: int) -> list[np.ndarray]:
    """The `count` likeliest moves of a filter of the only track."""
    return [move.positions for move in find_filter_moves(descent, [0])[0][:count]]


def _starts(problem: Problem, rng: np.random.Generator) -> list[np.ndarray]:
    roles, (default,) = roles_of(problem.spaces[0]), problem.defaults()
    flat = default.copy()
    flat[[row.gain for row in roles.filters]] = 0.5
    draws = sorted(_with_faders(problem, _drawn(flat, roles, rng)), key=lambda draw: draw.null_db)
    starts = [default, *(draw.positions for draw in draws[:NEAREST])]
    filters, rate, (window, *_) = _countable(roles.filters), problem.sample_rate, problem.heard_in(0)
    render = lambda rows: list(problem.render([Candidate(0, window, row) for row in rows]))  # noqa: E731
    for draw in draws[:BASES]:
        count = FROM_SPECTRUM // min(BASES, len(draws))
        fitted = fit_filters_to_spectrum(draw.positions, filters, problem.target[window], rate, render, count)
        starts += [with_fader.positions for with_fader in _with_faders(problem, fitted)]
    return starts


def _drawn(flat: np.ndarray, roles: Roles, rng: np.random.Generator) -> list[np.ndarray]:
    """`flat`, and random settings of everything but filters and fader, where there is anything else."""
    of_filters = {index for row in roles.filters for index in (row.gain, row.frequency, row.width)}
    others = [index for index in range(len(flat)) if index not in of_filters and index != roles.level]
    draws = [flat.copy() for _ in range(DRAWS + 1 if others else 1)]
    for draw in draws[1:]:
        draw[others] = rng.uniform(0.05, 0.95, len(others))
    return draws


def _with_faders(problem: Problem, rows: list[np.ndarray]) -> list[_Draw]:
    """Each of `rows` with the fader moved by the least-squares gain."""
    windows, space, draws = problem.heard_in(0), problem.spaces[0], []
    level = roles_of(space).level
    if level is None:
        raise ValueError("the fader must be free")
    fader = space.free[level].spec
    stems = problem.render([Candidate(0, w, row) for row in rows for w in windows])
    for row in rows:
        dot, own, whole = np.sum([_products(next(stems), problem.target[w]) for w in windows], axis=0)
        gain_db = gain_to_db(max(dot, 0.0) / max(own, 1e-20))
        moved = row.copy()
        moved[level] = fader.to_0to1(float(fader.from_0to1(row[level])) + gain_db)
        residual_share = 1.0 - max(dot, 0.0) ** 2 / max(own * whole, 1e-20)
        draws.append(_Draw(moved, 10 * math.log10(max(residual_share, 1e-20))))
    return draws


def _products(stem: np.ndarray, target: np.ndarray) -> list[float]:
    """The dot products of stem and target, of the stem with itself, and of the target with itself."""
    pairs = (stem, target), (stem, stem), (target, target)
    return [float(np.multiply(one, other, dtype=np.float64).sum()) for one, other in pairs]


def _countable(filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
    """As many filters, those with fewest settings first, as make no more than MOST_COMBINATIONS."""
    taken, count = [], 1
    for row in sorted(filters, key=_setting_count):
        count *= _setting_count(row)
        if count <= MOST_COMBINATIONS:
            taken.append(row)
    return tuple(taken)


def _setting_count(row: Filter) -> int:
    return (1 if row.frequency is None else len(FREQUENCIES)) * (1 if row.width is None else len(WIDTHS))
