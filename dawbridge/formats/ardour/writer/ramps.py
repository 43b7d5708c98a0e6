"""Subdivides the ramps of a plugin parameter, because Ardour gives a plugin new values in steps.

Between two automation points Ardour sends a plugin a new value once a block (1024 samples in an export). At a point it
splits the block and sends the value at once, except for a VST3. So more points make a smoother ramp.
"""

import math
from itertools import pairwise

from dawbridge.formats.few_points import EnvelopePoint

STEP_SAMPLES = 64  # the grid on which the render moves parameters, counted from the session's start
BLOCK_SAMPLES = 1024
STEP_SHARE = 2.5e-4  # of the parameter's range


def subdivide_ramps(points: list[EnvelopePoint], bounds: tuple[float, float], sample_rate: int) -> list[EnvelopePoint]:
    """The same lines, cut so that no piece spans more than STEP_SHARE of the parameter's range between `bounds`.

    No piece is shorter than STEP_SAMPLES. A ramp so slow that a whole block spans no more than that is not cut.
    """
    step = STEP_SHARE * abs(bounds[1] - bounds[0])
    rows = points[:1]
    for first, last in pairwise(points):
        rows += [*_between(first, last, step, sample_rate), last]
    return rows


def _between(first: EnvelopePoint, last: EnvelopePoint, step: float, sample_rate: int) -> list[EnvelopePoint]:
    begin, end = first[0] * sample_rate, last[0] * sample_rate
    span, change = end - begin, abs(last[1] - first[1])
    if span <= STEP_SAMPLES or change * BLOCK_SAMPLES <= step * span:
        return []
    width = max(int(step / change * span) // STEP_SAMPLES, 1) * STEP_SAMPLES
    position = (math.floor(begin / STEP_SAMPLES) + 1) * STEP_SAMPLES
    rows = []
    while position < end - 1e-3:
        share = (position - begin) / span
        rows.append((position / sample_rate, first[1] + share * (last[1] - first[1])))
        position += width
    return rows
