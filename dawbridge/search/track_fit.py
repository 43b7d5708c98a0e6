"""One track fitted to its stem: a round from every start, from the better ones more.

A stem that was taken out of a mix is known to some twenty decibels; rounds that go deeper than that are for nothing,
which is why first fits are short. What a search finds out later comes with better stems, and may go deeper.
"""

from dataclasses import dataclass

import numpy as np

from dawbridge.search.alternatives import RunnerUp, runners_up
from dawbridge.search.descent import Descent
from dawbridge.search.single_track import Near

# Rounds that a start must be able to have, else there are fewer starts.
LEAST_ROUNDS, LEAST_STARTS = 2, 2
# (rounds, how many of the best go on)
SHORT = ((1, 4), (2, 2), (2, 1))
DEEP = ((1, 6), (2, 3), (4, 2), (6, 1))


@dataclass(frozen=True)
class Fit:
    """positions of one track, the null in dB to its stem, and what else it came by."""

    positions: np.ndarray
    null_db: float
    others: list[RunnerUp]


def fit(near: Near, track: int, starts: list[np.ndarray], limit: int, stages: tuple = SHORT) -> Fit:
    """The best place of `track` from `starts`, the likeliest first, within about `limit` strip renders."""
    first = _from(near, track, starts[0])
    affordable = max(LEAST_STARTS, limit // (LEAST_ROUNDS * first.round_cost))
    descents, left, left_behind = [first, *(_from(near, track, start) for start in starts[1:affordable])], limit, []
    for rounds, kept in stages:
        share = left // max(1, len(descents))
        for each in descents:
            before = each.spent
            each.run(rounds, share)
            left -= each.spent - before
        descents = sorted(descents, key=lambda each: each.null_db)
        left_behind += [RunnerUp(track, each.positions[track], each.null_db) for each in descents[kept:]]
        descents = descents[:kept]
    found = descents[0].positions[track]
    return Fit(found, descents[0].null_db, runners_up(found, left_behind))


def _from(near: Near, track: int, start: np.ndarray) -> Descent:
    positions = near.problem.defaults()
    positions[track] = start
    return Descent(near.problem, positions, [track])
