"""Where tracks lie in the mix in time, and whether they are inverted, measured with what their chain can do to them.

In: a song and its problem, whose tracks were placed by phase correlation. Out: both, with the tracks moved.

Phase correlation (`features.alignment`) compares the dry track with the mix. An equaliser's phase moves its peak by
some samples; for a kick or a bass it may move it by half a period, which looks like an inverted track. Random renders
of the track through its chain have such phases too. So all renders of a track are shifted together: at the true delay
they explain most of what the other tracks' renders leave of the mix, by least squares.
"""

from collections.abc import Mapping

import numpy as np
from scipy import fft

from dawbridge.features.alignment import MOST_LATE_S, NEIGHBOURS, NOT_SHIFTED, TrackShift
from dawbridge.methods.inversion.song import Song
from dawbridge.progress import Progress
from dawbridge.search.descent import energy
from dawbridge.search.dictionary import RIDGE, RenderDictionary, StemKey, estimate_stems, make_dictionary
from dawbridge.search.problem import Problem
from dawbridge.seeds import random_stream

# Random renders per track in one pass, and how many passes; below LEAST_DRAWS nothing is moved. Chosen on the
# development mixes.
MOST_DRAWS, LEAST_DRAWS, PASSES = 48, 8, 2
# The budget is divided by this: one strip render in eight may go into placement. Chosen on the development mixes.
SHARE = 8
# Shares of the most energy that any delay explains. A track stays on time and upright where that explains at least
# ON_TIME of it, and stays at its present delay where that explains at least UNCHANGED of it. Chosen on the development
# mixes.
ON_TIME, UNCHANGED = 0.99, 0.9995
# The least correlation (-1…1) between the explained part and the chain's average render for a track to count as
# upright: a fit to something that is not the track correlates with neither polarity. Chosen on the development mixes.
UPRIGHT = 0.3


def align_tracks(song: Song, problem: Problem, budget: int, seed: int, progress: Progress) -> tuple[Song, Problem]:
    """The song and its problem with every track moved to its delay and polarity in the mix.

    Unchanged where `read_song` found all tracks on time and upright, or where a share of `budget` (strip renders) is
    too small.
    """
    draws = budget // (SHARE * PASSES * max(1, len(problem.candidates(problem.defaults()))))
    if not song.shifted_tracks or not problem.audible or draws < LEAST_DRAWS:
        return song, problem
    rng = random_stream(seed, "placement")
    progress.start("where tracks lie in the mix", PASSES)
    for _ in range(PASSES):
        dictionary = make_dictionary(problem, rng, min(draws, MOST_DRAWS))
        parts = estimate_stems(problem.target, dictionary)
        shifts = {k: _best_shift(problem, dictionary, parts, k, song.shifts[k]) for k in problem.audible}
        progress.advance()
        if all(song.shifts[k] == shift for k, shift in shifts.items()):
            break
        song, problem = _with_shifts(song, problem, shifts)
    return song, problem


def apply_delays(song: Song, problem: Problem, delays: Mapping[int, int]) -> tuple[Song, Problem]:
    """The song and its problem with tracks moved; delays: track → samples later (below 0: earlier) than now."""
    now = song.shifts
    shifts = {k: now[k]._replace(delay_samples=now[k].delay_samples + by) for k, by in delays.items() if by}
    return _with_shifts(song, problem, shifts) if shifts else (song, problem)


def _with_shifts(song: Song, problem: Problem, shifts: Mapping[int, TrackShift]) -> tuple[Song, Problem]:
    song = song.with_shifts(shifts)
    return song, song.to_problem(problem.spaces, problem.farm)


def _best_shift(
    problem: Problem, dictionary: RenderDictionary, parts: dict[StemKey, np.ndarray], track: int, now: TrackShift
) -> TrackShift:
    """Where a track that is at `now` lies, by the window in which its estimated stem (one of `parts`) is loudest."""
    delay, polarity = now
    window = max(problem.heard_in(track), key=lambda w: energy(parts[track, w]))
    residual = problem.target[window] - sum(part for (k, w), part in parts.items() if w == window and k != track)
    rows = dictionary.stems[track, window].astype(np.float32).reshape(-1, residual.shape[1])
    rows /= np.sqrt(np.maximum(np.square(rows).sum(axis=1, keepdims=True), 1e-20))
    reach = round(MOST_LATE_S * problem.sample_rate)
    products = _products(rows, residual, -reach - delay, reach - delay)  # [2, rows, lags]
    weights = np.linalg.solve(rows @ rows.T + RIDGE * np.eye(len(rows)), products)
    explained = (products * weights).sum(axis=(0, 1))
    average = rows.reshape(-1, *residual.shape).mean(axis=0)  # of the renders: it has the chain's usual polarity

    def correlation(lag: int) -> float:
        part = weights[:, :, lag].astype(np.float32) @ rows
        return polarity * float((part * average).sum()) / max(np.sqrt(energy(part) * energy(average)), 1e-20)

    on_time = reach - NEIGHBOURS + int(explained[reach - NEIGHBOURS : reach + NEIGHBOURS + 1].argmax())
    best = int(explained.argmax())
    if explained[on_time] >= ON_TIME * explained[best] and correlation(on_time) > UPRIGHT:
        return NOT_SHIFTED
    if explained[delay + reach] >= UNCHANGED * explained[best]:
        best = delay + reach
    return TrackShift(0 if abs(best - reach) <= NEIGHBOURS else best - reach, 1 if correlation(best) >= 0 else -1)


def _products(rows: np.ndarray, sides: np.ndarray, first: int, last: int) -> np.ndarray:
    """Dot products [sides, rows, lags] of every row, delayed by each lag from `first` to `last`, with every side."""
    size = fft.next_fast_len(rows.shape[1] + max(-first, last) + 1, real=True)
    spectra = fft.rfft(sides, size)
    products = np.empty((len(sides), len(rows), last - first + 1))
    for index, row in enumerate(rows):
        by_lag = fft.irfft(spectra * np.conj(fft.rfft(row, size)), size)
        products[:, index] = np.roll(by_lag, -first, axis=1)[:, : last - first + 1]
    return products
