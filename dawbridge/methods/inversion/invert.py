"""Inversion of a posed problem: a network's guess, where there is one → search → positions, and how sure they are.

In: a Problem and a budget of strip renders. Out: Stages, the positions after each step with what was measured of them.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from dawbridge.methods.inversion.search import MixSearch, SearchStep, progress_callback
from dawbridge.progress import Progress
from dawbridge.search.alternatives import Alternative, find_alternatives
from dawbridge.search.certainty import Certainty, estimate_certainty, verify_by_renders
from dawbridge.search.descent import Descent
from dawbridge.search.problem import Problem
from dawbridge.seeds import random_stream

RENDERS_PER_TRACK = 1550  # just below 14,000 for nine tracks
# How far each parameter could be off is measured if that takes at most one part in so many of the budget.
IDENTIFIABILITY_SHARE = 5
# So many times its cost is kept back for it, since the ends of wide ranges are rendered too.
KEPT_FOR_IDENTIFIABILITY = 2
# Share of the budget that may be spent on other solutions, from what the search has left.
ALTERNATIVES_SHARE = 0.05


@dataclass(frozen=True)
class Stages:
    """Positions per track after each stage that was asked for, and what it took.

    positions: "network" (a trained network's guess), "search_alone" (without it), "recovered"
    steps:     where the search stood on its way to "recovered"
    certainty: of "recovered"; None where the budget had no renders left to tell
    seconds:   wall time of each stage
    alternatives: settings of single tracks that sound the same as "recovered", as far as renders were left to tell
    delays:    tracks that "recovered" has elsewhere → samples later (below 0: earlier)
    """

    positions: dict[str, list[np.ndarray]] = field(default_factory=dict)
    steps: list[SearchStep] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    certainty: Certainty | None = None
    alternatives: list[Alternative] = field(default_factory=list)
    delays: dict[int, int] = field(default_factory=dict)


def default_budget(problem: Problem) -> int:
    """Strip renders for a recovery within ten minutes on two cores, for a song of usual size."""
    return RENDERS_PER_TRACK * max(1, len(problem.audible))


def invert(
    problem: Problem,
    budget: int,
    seed: int,
    progress: Progress,
    weights: Path | None = None,
    with_search_alone: bool = False,
    movable: Sequence[int] = (),
) -> Stages:
    """Find every audible track's parameters within `budget` strip renders. Where there are `weights`, their network's
    guess is one of the search's starts, and a small budget's only one; `with_search_alone` spends the budget once
    more, without the guess. `movable` are tracks whose place in time is a guess too.

    The same seed gives the same positions, whatever the number of workers. Raises InputError for weights that do not
    fit the chain.
    """
    stages, guess = Stages(), None
    if weights is not None:
        from dawbridge.methods.inversion.learning.prediction import predict  # loads torch

        with _timed(stages, "network"):
            guess = stages.positions["network"] = predict(problem, weights)
    if guess is not None and with_search_alone:
        with _timed(stages, "search_alone"):
            stages.positions["search_alone"] = _run_search(problem, budget, seed, progress, None).positions
    with _timed(stages, "search"):
        found = _run_search(problem, budget, seed, progress, guess, movable)
    stages.positions["recovered"] = found.positions
    stages.steps.extend(found.steps)
    return replace(stages, certainty=found.certainty, alternatives=found.alternatives, delays=found.delays)


def identifiability_cost(problem: Problem) -> int:
    """Strip renders that measuring the parameters' identifiability takes; 0 where no track is heard."""
    return sum(problem.spaces[each.track].size + 1 for each in problem.candidates(problem.defaults()))


@contextmanager
def _timed(stages: Stages, name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    stages.seconds[name] = round(time.monotonic() - began, 1)


@dataclass(frozen=True)
class _Found:
    positions: list[np.ndarray]
    steps: list[SearchStep]
    certainty: Certainty | None
    alternatives: list[Alternative]
    delays: dict[int, int]


def _run_search(
    problem: Problem,
    budget: int,
    seed: int,
    progress: Progress,
    guess: list[np.ndarray] | None,
    movable: Sequence[int] = (),
) -> _Found:
    progress.start("search on the real chain", budget)
    cost = identifiability_cost(problem)
    is_measured = bool(cost) and budget >= IDENTIFIABILITY_SHARE * cost
    allowed, rng = budget - KEPT_FOR_IDENTIFIABILITY * cost * is_measured, random_stream(seed, "search")
    search = MixSearch(problem, allowed, rng, guess, progress_callback(progress), movable)
    positions = search.run()
    if not is_measured:
        return _Found(positions, search.steps, None, [], search.delays)
    descent = Descent(search.problem, positions)
    last = search.renders_before + budget
    has_renders = lambda renders: problem.farm.rendered_strips + renders <= last  # noqa: E731
    certainty = verify_by_renders(descent, estimate_certainty(descent), has_renders)
    others = find_alternatives(
        descent, certainty, search.runners_up, _allowance(problem, budget, search.renders_before)
    )
    return _Found(positions, search.steps, certainty, others, search.delays)


def _allowance(problem: Problem, budget: int, first: int) -> Callable[[int], bool]:
    """Whether so many more strip renders may go into alternatives; the search began when `first` had been rendered."""
    end = min(first + budget, problem.farm.rendered_strips + int(budget * ALTERNATIVES_SHARE))
    return lambda renders: problem.farm.rendered_strips + renders <= end
