"""One track fitted to its stem: a few descent rounds from every start, then more from the better ones.

A stem that was estimated from a mix is exact to about twenty decibels, so the first fits are short: to go deeper would
fit the estimate's error. Stems that are estimated later in a search are better, and their fits may go deeper.
"""

from dataclasses import dataclass

import numpy as np

from dawbridge.search.alternatives import RunnerUp, select_runners_up
from dawbridge.search.descent import Descent
from dawbridge.search.single_track import SingleTrackProblems

# Rounds that the budget must allow for every start, else there are fewer starts; and the least number of starts.
LEAST_ROUNDS, LEAST_STARTS = 2, 2
# Stages of a fit: (rounds of each descent, how many of the best go on).
Stages = tuple[tuple[int, int], ...]
SHORT: Stages = ((1, 4), (2, 2), (2, 1))
DEEP: Stages = ((1, 6), (2, 3), (4, 2), (6, 1))


@dataclass(frozen=True)
class TrackFit:
    """The best positions of one track, the null in dB to its stem, and distant positions that came near too."""

    positions: np.ndarray
    null_db: float
    runners_up: list[RunnerUp]


def fit_track(
    single_tracks: SingleTrackProblems, track: int, starts: list[np.ndarray], limit: int, stages: Stages = SHORT
) -> TrackFit:
    """The best fit of `track` from `starts`, most promising first, within about `limit` strip renders."""
    first = _descent_from(single_tracks, track, starts[0])
    affordable = max(LEAST_STARTS, limit // (LEAST_ROUNDS * first.round_cost))
    descents = [first, *(_descent_from(single_tracks, track, start) for start in starts[1:affordable])]
    renders_left, dropped = limit, []
    for rounds, kept in stages:
        share = renders_left // max(1, len(descents))
        for descent in descents:
            before = descent.spent
            descent.run(rounds, share)
            renders_left -= descent.spent - before
        descents = sorted(descents, key=lambda each: each.null_db)
        dropped += [RunnerUp(track, each.positions[track], each.null_db) for each in descents[kept:]]
        descents = descents[:kept]
    found = descents[0].positions[track]
    return TrackFit(found, descents[0].null_db, select_runners_up(found, dropped))


def _descent_from(single_tracks: SingleTrackProblems, track: int, start: np.ndarray) -> Descent:
    positions = single_tracks.problem.defaults()
    positions[track] = start
    return Descent(single_tracks.problem, positions, [track])
