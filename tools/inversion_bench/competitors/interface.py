"""What every way to invert a mix is given, and what it gives back: so they can stand in one table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dawbridge.audio import Audio
from dawbridge.methods.inversion.song import Song
from dawbridge.progress import Progress
from dawbridge.search.problem import Problem


@dataclass(frozen=True)
class Task:
    """song:   the raw tracks and the mix
    problem: the same as windows, with each track's space, to be rendered by its farm
    budget:  strip renders that may be spent
    weights: of a trained network, for those that use one; None: those that ship for the chain
    """

    song: Song
    problem: Problem
    budget: int
    seed: int
    progress: Progress
    weights: Path | None = None


@dataclass(frozen=True)
class Answer:
    """One of two. positions: per track in 0..1, where the method finds a chain's parameters. mix_of: a song with the
    same tracks (the same one, or its other seconds) → its mix [2, n], where it finds none.

    delays: tracks that these positions have elsewhere → samples later (below 0: earlier)
    renders, rendered_s: strips, and seconds of audio, that it computed beside the farm's; they count as spent too."""

    positions: list[np.ndarray] | None = None
    mix_of: Callable[[Song], Audio] | None = None
    renders: int = 0
    rendered_s: float = 0.0
    delays: Mapping[int, int] = field(default_factory=dict)


Competitor = Callable[[Task], Answer]
