"""Pan laws: a position from left to right as the gains of the left and the right channel."""

import math

import numpy as np

from dawbridge.units import Numeric


def pan_gains(pan_lr: Numeric, channels: int) -> tuple[Numeric, Numeric]:
    """(left, right) at `pan_lr` (-1…1, a number or an array).

    For a mono channel constant power, -3 dB at the centre; for a stereo one balance, 0 dB at the centre.
    """
    if channels == 1:
        angle = (np.asarray(pan_lr) + 1.0) * (math.pi / 4.0)
        return np.cos(angle), np.sin(angle)
    return np.minimum(1.0, 1.0 - np.asarray(pan_lr)), np.minimum(1.0, 1.0 + np.asarray(pan_lr))
