"""Where tracks lie in the mix, once it is known what the chain can make of them.

Phase correlation (`alignment`) sees the dry track: an equaliser's phase moves its peak by some samples, and that of a
kick or a bass by half a period, upside down. Random renders of the track have such phases too. Shifted together, they
explain most of what the other tracks' renders leave of the mix where the track really lies, by least squares.
"""

from collections.abc import Mapping

import numpy as np
from scipy import fft

from dawbridge.features.alignment import MOST_LATE_S, NEIGHBOURS, Place
from dawbridge.methods.inversion.song import Song
from dawbridge.progress import Progress
from dawbridge.search.descent import energy
from dawbridge.search.dictionary import RIDGE, Library, make_library, take_apart
from dawbridge.search.problem import Problem
from dawbridge.seeds import random_stream

MOST_DRAWS, LEAST_DRAWS, PASSES = 48, 8, 2
# Of the budget, what this may take: one strip render in so many.
SHARE = 8
# Of what is explained where most is, what must be explained by a track on time and upright to be left so, and by one
# at the place where it was taken to be.
ON_TIME, AS_IT_IS = 0.99, 0.9995
# How like the chain's usual sound of the track that must be: what is fitted to something else is like nothing.
UPRIGHT = 0.3


def settle(song: Song, problem: Problem, budget: int, seed: int, progress: Progress) -> tuple[Song, Problem]:
    """Both with every track where it really lies; as they are where `read_song` found all of them on time and upright,
    or where `budget` strip renders are too few to tell."""
    draws = budget // (SHARE * PASSES * max(1, len(problem.candidates(problem.defaults()))))
    if not song.misplaced or not problem.audible or draws < LEAST_DRAWS:
        return song, problem
    rng = random_stream(seed, "placement")
    progress.start("where tracks lie in the mix", PASSES)
    for _ in range(PASSES):
        library = make_library(problem, rng, min(draws, MOST_DRAWS))
        parts = take_apart(problem.target, library)
        places = {k: _place(problem, library, parts, k, song.places[k]) for k in problem.audible}
        progress.advance()
        if all(song.places[k] == place for k, place in places.items()):
            break
        song, problem = _moved(song, problem, places)
    return song, problem


def resettle(song: Song, problem: Problem, later: Mapping[int, int]) -> tuple[Song, Problem]:
    """Both with tracks by so many samples later (below 0: earlier) than they are put."""
    places = {k: (song.places[k][0] + by, song.places[k][1]) for k, by in later.items() if by}
    return _moved(song, problem, places) if places else (song, problem)


def _moved(song: Song, problem: Problem, places: Mapping[int, Place]) -> tuple[Song, Problem]:
    song = song.moved(places)
    return song, song.pose(problem.spaces, problem.farm)


def _place(problem: Problem, library: Library, parts: dict, track: int, now: Place) -> Place:
    """Of a track that is at `now`, by the window in which most is heard of it."""
    late, sign = now
    window = max(problem.heard_in(track), key=lambda w: energy(parts[track, w]))
    rest = problem.target[window] - sum(part for (k, w), part in parts.items() if w == window and k != track)
    rows = library.stems[track, window].astype(np.float32).reshape(-1, rest.shape[1])
    rows /= np.sqrt(np.maximum(np.square(rows).sum(axis=1, keepdims=True), 1e-20))
    reach = round(MOST_LATE_S * problem.sample_rate)
    products = _products(rows, rest, -reach - late, reach - late)  # [2, rows, lags]
    weights = np.linalg.solve(rows @ rows.T + RIDGE * np.eye(len(rows)), products)
    explained = (products * weights).sum(axis=(0, 1))
    usual = rows.reshape(-1, *rest.shape).mean(axis=0)  # the chain's sound, and no random polarity

    def likeness(lag: int) -> float:
        part = weights[:, :, lag].astype(np.float32) @ rows
        return sign * float((part * usual).sum()) / max(np.sqrt(energy(part) * energy(usual)), 1e-20)

    on_time = reach - NEIGHBOURS + int(explained[reach - NEIGHBOURS : reach + NEIGHBOURS + 1].argmax())
    best = int(explained.argmax())
    if explained[on_time] >= ON_TIME * explained[best] and likeness(on_time) > UPRIGHT:
        return 0, 1
    if explained[late + reach] >= AS_IT_IS * explained[best]:
        best = late + reach
    return 0 if abs(best - reach) <= NEIGHBOURS else best - reach, 1 if likeness(best) >= 0 else -1


def _products(rows: np.ndarray, sides: np.ndarray, first: int, last: int) -> np.ndarray:
    """[sides, rows, lags]: of every row, as much later as each lag from `first` to `last` says, with every side."""
    size = fft.next_fast_len(rows.shape[1] + max(-first, last) + 1, real=True)
    spectra = fft.rfft(sides, size)
    products = np.empty((len(sides), len(rows), last - first + 1))
    for index, row in enumerate(rows):
        by_lag = fft.irfft(spectra * np.conj(fft.rfft(row, size)), size)
        products[:, index] = np.roll(by_lag, -first, axis=1)[:, : last - first + 1]
    return products
