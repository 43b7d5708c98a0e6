"""Bells moved to where most of the residual is: narrow ones, which a coarse grid of frequencies misses.

In: a descent of one track. Out: positions with one bell moved.

The residual's energy is summed in bands of a sixth of an octave. In the fullest bands, target and stem show which gain
is missing. Every bell is tried there in turn, at a few widths, with one render each.
"""

from collections.abc import Iterator

import numpy as np

from dawbridge.search.descent import Descent, energy
from dawbridge.search.filter_roles import roles_of
from dawbridge.search.problem import Candidate
from dawbridge.units import gain_to_db

# These numbers were chosen on the presets of tools/bench_translation.

# Bands per octave, from LOWEST_HZ to HIGHEST_SHARE of the sample rate.
PER_OCTAVE, LOWEST_HZ, HIGHEST_SHARE = 6, 30.0, 0.45
# Bands that are tried, and how many bands they are apart at least.
BANDS, APART_BANDS = 2, 3
# Widths that are tried, in 0..1.
WIDTHS = (0.5, 0.75, 0.95)


def narrow_bell_starts(descent: Descent, count: int) -> list[np.ndarray]:
    """The `count` positions with least residual in which one bell of the only track has been moved; best first."""
    problem = descent.problem
    window = problem.heard_in(0)[0]
    gaps = _gaps(descent.residual(window), problem.target[window], problem.sample_rate)
    trials = [
        trial
        for row in roles_of(problem.spaces[0]).filters
        if row.frequency is not None and row.width is not None
        for hertz, gain_db in gaps
        for trial in _trials(descent, (row.frequency, row.gain, row.width), hertz, gain_db)
    ]
    stems = descent.render([Candidate(0, window, trial) for trial in trials])
    residuals = [energy(problem.target[window] - stem) for stem in stems]
    return [trials[index] for index in np.argsort(residuals, kind="stable")[:count]]


def _trials(descent: Descent, bell: tuple[int, int, int], hertz: float, gain_db: float) -> Iterator[np.ndarray]:
    """Positions with a bell, given by the indices of its frequency, gain and width, at each of WIDTHS."""
    free = descent.problem.spaces[0].free
    frequency, gain = (float(free[i].spec.to_0to1(v)) for i, v in zip(bell, (hertz, gain_db)))
    for width in WIDTHS:
        trial = descent.positions[0].copy()
        trial[list(bell)] = frequency, gain, width
        yield np.clip(trial, 0.0, 1.0)


def _gaps(residual: np.ndarray, target: np.ndarray, sample_rate: int) -> list[tuple[float, float]]:
    """(hertz, missing gain in dB) of the bands that hold most of the residual [2, n], APART_BANDS apart."""
    octaves = np.log2(HIGHEST_SHARE * sample_rate / LOWEST_HZ)
    edges_hz = LOWEST_HZ * 2.0 ** (np.arange(int(octaves * PER_OCTAVE) + 1) / PER_OCTAVE)
    edges = np.searchsorted(np.fft.rfftfreq(residual.shape[1], 1 / sample_rate), edges_hz)
    energies, wanted, made = (_band_energies(samples, edges) for samples in (residual, target, target - residual))
    taken: list[int] = []
    for band in np.argsort(-energies, kind="stable"):
        if len(taken) < BANDS and all(abs(band - other) >= APART_BANDS for other in taken):
            taken.append(int(band))
    centres_hz = edges_hz[:-1] * 2.0 ** (0.5 / PER_OCTAVE)
    missing = np.sqrt((wanted + 1e-12) / (made + 1e-12))
    return [(float(centres_hz[band]), float(gain_to_db(missing[band]))) for band in taken]


def _band_energies(samples: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """[bands]: energy of [2, n] between the spectrum's bins `edges`."""
    power = np.square(np.abs(np.fft.rfft(samples))).sum(axis=0)
    total = np.concatenate([[0.0], np.cumsum(power)])
    return total[edges[1:]] - total[edges[:-1]]
