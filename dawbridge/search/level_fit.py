"""The best mix by gain and pan alone: the least that a search must reach, and where a small budget begins."""

import numpy as np

from dawbridge.search.dictionary import dictionary_at, estimate_stems
from dawbridge.search.problem import Problem
from dawbridge.search.single_track import make_single_track_problems
from dawbridge.search.starts import LEVEL_TRIES, Starts

# Strip renders per track and window that the caller should have: one for the dictionary, LEVEL_TRIES for the level, and
# one for each of the two results to be compared.
RENDERS_PER_STEM = LEVEL_TRIES + 3


def fit_levels(problem: Problem) -> list[np.ndarray]:
    """Positions with every audible track at its devices' defaults, but at the level and pan that fit the mix.

    Level and pan are read off a least-squares gain per channel of the tracks rendered at their defaults. A chain that
    has no level or no pan keeps its default.
    """
    positions = problem.defaults()
    at_defaults = dictionary_at(problem, {k: positions[k][None] for k in problem.audible})
    starts = Starts(make_single_track_problems(problem, estimate_stems(problem.target, at_defaults)))
    for k in problem.audible:
        positions[k] = starts.match_level(k, starts.match_pan(k, positions[k]))
    return positions
