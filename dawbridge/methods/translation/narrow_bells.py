"""Bells put where most of the rest lies: narrow ones, that no coarse grid of places meets.

The rest's energy is read in bands of a sixth of an octave; in the fullest, target and stem tell what gain is missing.
Every bell is tried there in turn, at a few widths, one render each.
"""

import numpy as np

from dawbridge.search.descent import Descent, energy
from dawbridge.search.filter_roles import Filter, roles_of
from dawbridge.search.problem import Candidate
from dawbridge.units import gain_to_db

PER_OCTAVE, LOWEST_HZ, HIGHEST_SHARE = 6, 30.0, 0.45
PLACES, APART_BANDS = 2, 3
WIDTHS = (0.5, 0.75, 0.95)


def gap_starts(descent: Descent, count: int) -> list[np.ndarray]:
    """The `count` nearest positions with one bell of the only track moved to where the rest is largest."""
    problem = descent.problem
    window = problem.heard_in(0)[0]
    bells = [row for row in roles_of(problem.spaces[0]).filters if None not in (row.frequency, row.width)]
    gaps = _gaps(descent.residual(window), problem.target[window], problem.sample_rate)
    trials = [trial for bell in bells for gap in gaps for trial in _trials(descent, bell, *gap)]
    stems = descent.render([Candidate(0, window, trial) for trial in trials])
    rests = [energy(problem.target[window] - stem) for stem in stems]
    return [trials[place] for place in np.argsort(rests, kind="stable")[:count]]


def _trials(descent: Descent, bell: Filter, hertz: float, gain_db: float):
    free = descent.problem.spaces[0].free
    frequency, gain = (float(free[i].spec.to_0to1(v)) for i, v in ((bell.frequency, hertz), (bell.gain, gain_db)))
    for width in WIDTHS:
        trial = descent.positions[0].copy()
        trial[[bell.frequency, bell.gain, bell.width]] = frequency, gain, width
        yield np.clip(trial, 0.0, 1.0)


def _gaps(rest: np.ndarray, target: np.ndarray, sample_rate: int) -> list[tuple[float, float]]:
    """(hertz, gain in dB that is missing there) of the bands that hold most of the rest, APART_BANDS apart."""
    octaves = np.log2(HIGHEST_SHARE * sample_rate / LOWEST_HZ)
    edges_hz = LOWEST_HZ * 2.0 ** (np.arange(int(octaves * PER_OCTAVE) + 1) / PER_OCTAVE)
    edges = np.searchsorted(np.fft.rfftfreq(rest.shape[1], 1 / sample_rate), edges_hz)
    left, wanted, made = (_band_energies(samples, edges) for samples in (rest, target, target - rest))
    taken: list[int] = []
    for band in np.argsort(-left, kind="stable"):
        if len(taken) < PLACES and all(abs(band - other) >= APART_BANDS for other in taken):
            taken.append(int(band))
    centres_hz = edges_hz[:-1] * 2.0 ** (0.5 / PER_OCTAVE)
    missing = np.sqrt((wanted + 1e-12) / (made + 1e-12))
    return [(float(centres_hz[band]), float(gain_to_db(missing[band]))) for band in taken]


def _band_energies(samples: np.ndarray, edges: np.ndarray) -> np.ndarray:
    power = np.square(np.abs(np.fft.rfft(samples))).sum(axis=0)
    total = np.concatenate([[0.0], np.cumsum(power)])
    return total[edges[1:]] - total[edges[:-1]]
