"""A test sound that exercises an effect: every frequency, many levels, attacks and decays, and both channels.

Three and a half seconds: bursts of pink noise from -46 to -10 dBFS, whose channels are alike but not equal, and one in
the left channel alone; a sweep from 20 Hz to 20 kHz; decaying hits, low and high, some close after each other. All
octaves hold about the same energy, so that a difference counts alike in each of them. All levels and times were chosen
by hand to cover the usual ranges of compressors and equalisers.
"""

import numpy as np

from dawbridge.audio import Audio
from dawbridge.units import db_to_gain

# Length of a burst in seconds, and the rms level of each in dBFS.
BURST_S, BURST_LEVELS_DB = 0.16, (-34.0, -22.0, -10.0, -28.0, -16.0, -46.0, -13.0, -40.0, -19.0)
# The burst in the left channel alone.
LEFT_LEVEL_DB = -16.0
# The sweep's length in seconds, its range, and its peak level in dBFS.
SWEEP_S, SWEEP_HZ, SWEEP_LEVEL_DB = 0.6, (20.0, 20000.0), -18.0
# Hits: (start in seconds, peak level in dBFS, decay to 1/e in seconds, frequency of its tone in hertz; 0: noise).
HITS = ((0.0, -6.0, 0.08, 60.0), (0.25, -12.0, 0.04, 0.0), (0.35, -9.0, 0.04, 0.0), (0.6, -20.0, 0.2, 220.0),
        (0.8, -6.0, 0.02, 0.0))  # fmt: skip
# Length of the part with the hits, in seconds.
HITS_S = 1.3
# The amplitude of what both channels of a burst have in common, of 1.
COMMON = 0.9
# Where pink noise begins.
LOWEST_HZ = 20.0


def make_excitation(sample_rate: int, rng: np.random.Generator) -> Audio:
    """The test sound, [2, 3.5 s]; the same generator state gives the same sound."""
    parts = [_burst(sample_rate, level_db, rng) for level_db in BURST_LEVELS_DB]
    left = _burst(sample_rate, LEFT_LEVEL_DB, rng)
    left[1] = 0
    sweep = db_to_gain(SWEEP_LEVEL_DB) * _sweep(sample_rate)
    parts += [left, np.stack([sweep, sweep]), _hits(sample_rate, rng)]
    return Audio(np.concatenate(parts, axis=1), sample_rate)


def _burst(sample_rate: int, level_db: float, rng: np.random.Generator) -> np.ndarray:
    """[2, n] of pink noise at `level_db` (rms)."""
    length = round(BURST_S * sample_rate)
    both, left, right = (_pink(sample_rate, length, rng) for _ in range(3))
    own = np.sqrt(1 - COMMON**2)
    return db_to_gain(level_db) * np.stack([COMMON * both + own * left, COMMON * both + own * right])


def _pink(sample_rate: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Noise of equal energy per octave from LOWEST_HZ on, rms 1."""
    hertz = np.fft.rfftfreq(length, 1 / sample_rate)
    spectrum = np.fft.rfft(rng.standard_normal(length)) / np.sqrt(np.maximum(hertz, LOWEST_HZ))
    spectrum[hertz < LOWEST_HZ / 2] = 0
    noise = np.fft.irfft(spectrum, length)
    return noise / np.sqrt(np.mean(np.square(noise)))


def _sweep(sample_rate: int) -> np.ndarray:
    """A sine whose pitch rises by the same interval every second, up to what the rate can hold."""
    low, high = SWEEP_HZ[0], min(SWEEP_HZ[1], 0.45 * sample_rate)
    time_s = np.arange(round(SWEEP_S * sample_rate)) / sample_rate
    per_s = np.log(high / low) / SWEEP_S
    return np.sin(2 * np.pi * low / per_s * np.expm1(per_s * time_s))


def _hits(sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    total = np.zeros(round(HITS_S * sample_rate))
    for start_s, level_db, decay_s, hertz in HITS:
        rest = total[round(start_s * sample_rate) :]
        time_s = np.arange(len(rest)) / sample_rate
        sound = np.sin(2 * np.pi * hertz * time_s) if hertz else rng.uniform(-1, 1, len(rest))
        rest += db_to_gain(level_db) * np.exp(-time_s / decay_s) * sound
    return np.stack([total, total])
