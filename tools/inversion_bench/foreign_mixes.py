"""Mixes that no chain of dawbridge made: other effects, other times, a master bus."""

import numpy as np
import pedalboard

from dawbridge.audio import Audio
from dawbridge.pan import pan_gains
from dawbridge.seeds import random_stream

MOST_LATE_S = 0.05
INVERTED_0TO1 = 0.25


def pedalboard_mix(stems: dict[str, Audio], _, seed: int) -> Audio:
    """Every track through pedalboard's gain, shelves, peak, compressor, pan and reverb, in random settings."""
    rng, total = random_stream(seed, "pedalboard mix"), 0.0
    for audio in stems.values():
        board, pan = _board(rng), rng.uniform(-0.9, 0.9)
        left, right = pan_gains(pan, 1)
        stereo = board[0](audio.stereo().samples, audio.sample_rate)
        stereo = stereo * np.array([[left], [right]], dtype=np.float32)
        total = total + board[1](stereo, audio.sample_rate)
    return Audio(np.asarray(total, dtype=np.float32), audio.sample_rate)


def _board(rng) -> tuple[pedalboard.Pedalboard, pedalboard.Pedalboard]:
    """What stands before the pan, and after it."""
    draw = lambda low, high: float(rng.uniform(low, high))  # noqa: E731
    ratio = lambda low, high: float(np.exp(rng.uniform(np.log(low), np.log(high))))  # noqa: E731
    before = [
        pedalboard.Gain(draw(-10, 10)),
        pedalboard.LowShelfFilter(ratio(40, 400), draw(-12, 12)),
        pedalboard.PeakFilter(ratio(250, 4000), draw(-12, 12), ratio(0.3, 4)),
        pedalboard.HighShelfFilter(ratio(2000, 12000), draw(-12, 12)),
        pedalboard.Compressor(draw(-40, -5), ratio(1.2, 8), ratio(1.5, 80), ratio(30, 400)),
    ]
    reverb = pedalboard.Reverb(draw(0.1, 0.9), draw(0.1, 0.9), draw(0.05, 0.4), 1.0, draw(0.5, 1.0))
    return pedalboard.Pedalboard(before), pedalboard.Pedalboard([reverb])


def late_and_limited(stems: dict[str, Audio], mix: Audio, seed: int) -> Audio:
    """What is done to tracks before their chains cannot be added to a mix: see `late_stems`; this is the master bus."""
    master = pedalboard.Pedalboard([pedalboard.Compressor(-18, 2.5, 10, 120), pedalboard.Limiter(-3, 80)])
    return Audio(master(mix.samples, mix.sample_rate), mix.sample_rate)


def late_stems(stems: dict[str, Audio], seed: int) -> dict[str, Audio]:
    """Every track up to 50 ms late, some inverted: what goes into the chains that make the mix."""
    rng, late = random_stream(seed, "late tracks"), {}
    for name, audio in stems.items():
        delay = int(rng.integers(0, round(MOST_LATE_S * audio.sample_rate) + 1))
        sign = -1.0 if rng.uniform() < INVERTED_0TO1 else 1.0
        samples = np.pad(audio.samples, ((0, 0), (delay, 0)))[:, : audio.length_samples]
        late[name] = Audio((sign * samples).astype(np.float32), audio.sample_rate)
    return late
