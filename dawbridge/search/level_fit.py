"""The nearest that gain and pan alone come to: the least that a search must find, and where a small budget begins."""

import numpy as np

from dawbridge.search.dictionary import library_of, take_apart
from dawbridge.search.problem import Problem
from dawbridge.search.single_track import make_near
from dawbridge.search.starts import LEVEL_TRIES, Starts

# A library of one place a track, the tries at its level, and both starts as they sound.
RENDERS_PER_STEM = LEVEL_TRIES + 3


def levelled(problem: Problem) -> list[np.ndarray]:
    """Every audible track at its devices' defaults, with the level and the pan that a least-squares gain per side of
    the tracks so rendered asks for, as far as its chain has them."""
    positions = problem.defaults()
    plain = library_of(problem, {k: positions[k][None] for k in problem.audible})
    reader = Starts(make_near(problem, take_apart(problem.target, plain)))
    for k in problem.audible:
        positions[k] = reader.level(k, reader.panned(k, positions[k]))
    return positions
