"""Ramps of a plugin's parameter with points enough for Ardour, which gives a plugin a new value at each point only.

Between points it does so once a block (1024 samples in an export). At a point it cuts the block, but for a VST3.
"""

import math
from itertools import pairwise

from dawbridge.formats.envelope import EnvelopePoint

STEP_SAMPLES = 64  # as the render's own, from the session's start
BLOCK_SAMPLES = 1024
STEP_SHARE = 2.5e-4  # of the parameter's range


def in_steps(points: list[EnvelopePoint], ends: list[float], sample_rate: int) -> list[EnvelopePoint]:
    """The same lines, cut so that no piece spans more than STEP_SHARE of what lies between `ends`.

    No piece is shorter than STEP_SAMPLES; where a block spans no more than that share nothing is cut.
    """
    step = STEP_SHARE * abs(ends[1] - ends[0])
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
    place = (math.floor(begin / STEP_SAMPLES) + 1) * STEP_SAMPLES
    rows = []
    while place < end - 1e-3:
        share = (place - begin) / span
        rows.append((place / sample_rate, first[1] + share * (last[1] - first[1])))
        place += width
    return rows
