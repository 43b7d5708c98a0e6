"""The search for one track's settings where its sound before and after are both known: no mix to take apart.

Starts are the devices' defaults, the nearest of some random settings, and filters read off the spectrum; the better
ones descend further. Then filters are tried elsewhere (`gaps`, `moves`), for as long as that helps.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dawbridge.methods.translation.narrow_bells import gap_starts
from dawbridge.search.descent import Descent
from dawbridge.search.filter_moves import moves
from dawbridge.search.filter_roles import Filter, Roles, roles_of
from dawbridge.search.problem import Candidate, Problem
from dawbridge.search.spectral_fit import FREQUENCIES, WIDTHS, filter_places
from dawbridge.units import gain_to_db

DRAWS, NEAREST, FROM_SPECTRUM, BASES = 40, 5, 12, 2
# Combinations of filters' places that are tried on paper, at most.
MOST_COMBINATIONS = 120_000
# (rounds, how many of the best go on)
STAGES = ((2, 6), (4, 3), (6, 2), (12, 1))
TRIED, FROM_GAPS, MOVED_ROUNDS, LAST_ROUNDS, LED_ON_DB = 4, 2, 6, 10, 0.5
GOOD_DB = -70.0


@dataclass(frozen=True)
class _Draw:
    """Settings with the fader where they are nearest, and how near: the null in dB."""

    positions: np.ndarray
    null_db: float


def fit_alone(
    problem: Problem, rng: np.random.Generator, has_renders: Callable[[int], bool], told: Callable[[float], None]
) -> Descent:
    """The nearest found for the one track of `problem`, whose fader is free; its whole target is that track's.

    has_renders: whether so many more strip renders may be spent; told: hears of the null after every stage
    """
    descents = [Descent(problem, [start]) for start in _starts(problem, rng)]
    for rounds, kept in STAGES:
        for descent in descents:
            if has_renders(rounds * descent.round_cost):
                descent.run(rounds)
        descents = sorted(descents, key=lambda each: each.null_db)[:kept]
        told(descents[0].null_db)
    return _moved(problem, descents[0], has_renders, told)


def _moved(problem: Problem, best: Descent, has_renders, told) -> Descent:
    """One filter elsewhere, where most of the rest lies and then on a grid, each as long as that leads on."""
    for find, count in ((gap_starts, FROM_GAPS), (_likeliest, TRIED)):
        while best.null_db > GOOD_DB and has_renders(count * MOVED_ROUNDS * best.round_cost):
            before = best
            descents = [Descent(problem, [start]) for start in find(Descent(problem, best.positions), count)]
            if descents:
                nearest = min((each.run(MOVED_ROUNDS) for each in descents), key=lambda each: each.null_db)
                best = min(best, nearest.run(LAST_ROUNDS), key=lambda each: each.null_db)
                told(best.null_db)
            if best.null_db > before.null_db - LED_ON_DB:
                break
    return best


def _likeliest(descent: Descent, count: int) -> list[np.ndarray]:
    """The likeliest moves of a filter of the only track."""
    return [move.positions for move in moves(descent, [0])[0][:count]]


def _starts(problem: Problem, rng: np.random.Generator) -> list[np.ndarray]:
    roles, (default,) = roles_of(problem.spaces[0]), problem.defaults()
    flat = default.copy()
    flat[[row.gain for row in roles.filters]] = 0.5
    draws = sorted(_faded(problem, roles, _drawn(flat, roles, rng)), key=lambda draw: draw.null_db)
    starts = [default, *(draw.positions for draw in draws[:NEAREST])]
    filters, rate, (window, *_) = _countable(roles.filters), problem.sample_rate, problem.heard_in(0)
    render = lambda rows: list(problem.render([Candidate(0, window, row) for row in rows]))  # noqa: E731
    for draw in draws[:BASES]:
        count = FROM_SPECTRUM // min(BASES, len(draws))
        bent = filter_places(draw.positions, filters, problem.target[window], rate, render, count)
        starts += [draw.positions for draw in _faded(problem, roles, bent)]
    return starts


def _drawn(flat: np.ndarray, roles: Roles, rng: np.random.Generator) -> list[np.ndarray]:
    """`flat`, and random settings of all but filters and fader, where there is anything else."""
    of_filters = {place for row in roles.filters for place in (row.gain, row.frequency, row.width)}
    others = [place for place in range(len(flat)) if place not in of_filters and place != roles.level]
    draws = [flat.copy() for _ in range(DRAWS + 1 if others else 1)]
    for draw in draws[1:]:
        draw[others] = rng.uniform(0.05, 0.95, len(others))
    return draws


def _faded(problem: Problem, roles: Roles, rows: list[np.ndarray]) -> list[_Draw]:
    """Each with the fader moved by the least-squares gain."""
    windows, fader, draws = problem.heard_in(0), problem.spaces[0].free[roles.level].spec, []
    stems = problem.render([Candidate(0, w, row) for row in rows for w in windows])
    for row in rows:
        dot, own, whole = np.sum([_products(next(stems), problem.target[w]) for w in windows], axis=0)
        gain_db = gain_to_db(max(dot, 0.0) / max(own, 1e-20))
        moved = row.copy()
        moved[roles.level] = fader.to_0to1(float(fader.from_0to1(row[roles.level])) + gain_db)
        rest = 1.0 - max(dot, 0.0) ** 2 / max(own * whole, 1e-20)
        draws.append(_Draw(moved, 10 * math.log10(max(rest, 1e-20))))
    return draws


def _products(stem: np.ndarray, target: np.ndarray) -> tuple[float, float, float]:
    pairs = (stem, target), (stem, stem), (target, target)
    return tuple(float(np.multiply(one, other, dtype=np.float64).sum()) for one, other in pairs)


def _countable(filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
    """As many of the filters, those with fewest places first, as make no more than MOST_COMBINATIONS."""
    taken, count = [], 1
    for row in sorted(filters, key=_places):
        count *= _places(row)
        if count <= MOST_COMBINATIONS:
            taken.append(row)
    return tuple(taken)


def _places(row: Filter) -> int:
    return (1 if row.frequency is None else len(FREQUENCIES)) * (1 if row.width is None else len(WIDTHS))
