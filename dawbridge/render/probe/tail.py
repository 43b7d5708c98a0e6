"""How long a device still sounds after its input has ended: its tail."""

import math
from collections.abc import Callable

import numpy as np

from dawbridge.units import db_to_gain

THRESHOLD_DB = -90.0
# The short window is enough for a tail that ends within its first half. A first echo after that is missed.
WINDOWS_S = (4.0, 20.0)
STEP_S = 0.01
SEED = 1


def measure_tail_s(render: Callable[[np.ndarray], np.ndarray], burst_s: float, sample_rate: int) -> float:
    """Seconds from the end of a burst of noise until the output stays below -90 dB of full scale, rounded up.

    The device's output for silence is subtracted, so that one that hums has no endless tail. The result is at most
    WINDOWS_S[-1]. `render` [2, n] → [channels, n] uses a fresh instance each time and takes the latency off.
    """
    burst_samples = int(burst_s * sample_rate)
    noise = 0.25 * np.random.default_rng(SEED).standard_normal((2, burst_samples))
    for window_s in WINDOWS_S:
        silence = np.zeros((2, burst_samples + int(window_s * sample_rate)), np.float32)
        burst = silence.copy()
        burst[:, :burst_samples] = noise
        is_heard = (np.abs(render(burst) - render(silence)) >= db_to_gain(THRESHOLD_DB)).any(axis=0)
        tail_samples = np.flatnonzero(is_heard[burst_samples:])[-1:] + 1
        tail_s = float(tail_samples[0] / sample_rate) if len(tail_samples) else 0.0
        if tail_s <= window_s / 2:
            break
    return round(math.ceil(tail_s / STEP_S) * STEP_S, 2)
