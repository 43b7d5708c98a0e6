"""Envelopes: automation as every DAW can draw it, as points in seconds with straight lines between them.

A session's segments are straight in the parameter's own unit (decibels, hertz), or exponential, or hold. A DAW's are
straight in another (linear gain, 0…1). So a segment is cut into straight pieces until none is off by more than a given
share of its value; a hold ends in two points of one time. What is read back is the same curve, in points about as few
as before (`few_points`).
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from dawbridge.curve import Curve
from dawbridge.formats.few_points import EnvelopePoint, Tolerance, few_points, spanned_tolerance
from dawbridge.session.automation import Automation, TempoMap, curve_of

# -100 dB of the value: what a null test still sees.
TOLERANCE = 1e-5
_RATE = 1_000_000_000  # curves count samples; here they are nanoseconds
_MOST_PIECES = 4096
# Where a piece is looked at: a curve like an S meets its line in the middle.
_SHARES = (0.25, 0.5, 0.75)
_MOST_HALVINGS = 12
_MOST_POINTS = 1 << 16


def envelope(
    automation: Automation, tempo: TempoMap, convert: Callable[[np.ndarray], np.ndarray], tolerance: float = TOLERANCE
) -> list[EnvelopePoint]:
    """The points of `automation` with values as `convert` makes them; (seconds, value), ascending.

    `tolerance`: of a straight piece from the curve, as a share of its value (but of 1e-3 at least).
    """
    return joint_envelope([automation], tempo, lambda values: convert(values), tolerance)


def joint_envelope(
    automations: Sequence[Automation], tempo: TempoMap, convert: Callable[..., np.ndarray], tolerance: float = TOLERANCE
) -> list[EnvelopePoint]:
    """The same for a value that several automations make: `convert` gets an array of values of each."""
    curves = [curve_of(automation, tempo, _RATE) for automation in automations]
    times = sorted({time for curve in curves for time in curve.samples})
    points: list[EnvelopePoint] = []

    def values_at(at: np.ndarray) -> np.ndarray:
        return convert(*(curve.at(at) for curve in curves))

    # A jump at the first point: the value before it holds until there.
    points.append((times[0] / _RATE, float(values_at(np.array([math.nextafter(times[0], -math.inf)]))[0])))
    for begin, end in pairwise(times):
        points += _segment(values_at, begin, end, tolerance)
    points.append((times[-1] / _RATE, float(values_at(np.array([times[-1]]))[0])))
    return _without_repeats(points)


def _segment(values_at, begin: float, end: float, tolerance: float) -> list[EnvelopePoint]:
    """From `begin` to just before `end`, in as few even pieces as are straight enough."""
    last, pieces = math.nextafter(end, begin), 1
    while True:
        places = np.linspace(begin, last, pieces + 1)
        values = values_at(places)
        inside = [(1.0 - share) * places[:-1] + share * places[1:] for share in _SHARES]
        between = values_at(np.concatenate(inside))
        line = np.concatenate([(1.0 - share) * values[:-1] + share * values[1:] for share in _SHARES])
        is_straight = np.abs(between - line) <= tolerance * np.maximum(np.abs(between), 1e-3)
        if pieces >= _MOST_PIECES or np.all(is_straight):
            places[-1] = end
            return [(place / _RATE, float(value)) for place, value in zip(places, values)]
        pieces *= 2


def _without_repeats(points: list[EnvelopePoint]) -> list[EnvelopePoint]:
    """Each point once, and none in the middle of a level stretch."""
    kept: list[EnvelopePoint] = []
    for point in points:
        if kept and point == kept[-1]:
            continue
        if len(kept) > 1 and kept[-2][1] == kept[-1][1] == point[1]:
            kept.pop()
        kept.append(point)
    return kept


def automation_from(
    points: Sequence[EnvelopePoint],
    convert: Callable[[np.ndarray], np.ndarray],
    rate: int | None = None,
    tolerance: Tolerance = spanned_tolerance,
) -> Automation:
    """The automation of points with straight lines, its values as `convert` makes them, in few points.

    `points` must not be empty. Between samples of `rate` none is left; without it they must lie on samples already.
    """
    rows = bent(points, convert)
    values = convert(np.array([value for _, value in rows], dtype=np.float64))
    return few_points([(time, float(value)) for (time, _), value in zip(rows, values)], tolerance, rate)


def bent(points: Sequence[EnvelopePoint], convert: Callable[[np.ndarray], np.ndarray]) -> list[EnvelopePoint]:
    """`points` and as many more on the lines between them as it takes for `convert` to keep those straight, to within
    TOLERANCE of all that its values span.
    """
    times, values = (np.array(row, dtype=np.float64) for row in zip(*points))
    for _ in range(_MOST_HALVINGS):
        made, middles = convert(values), (values[:-1] + values[1:]) / 2
        off = np.max([_off(values, made, convert, share) for share in _SHARES], axis=0)
        places = np.flatnonzero((off > TOLERANCE * np.ptp(made)) & (times[1:] > times[:-1]))
        if not len(places) or len(times) > _MOST_POINTS:
            break
        times = np.insert(times, places + 1, (times[places] + times[places + 1]) / 2)
        values = np.insert(values, places + 1, middles[places])
    return list(zip(times.tolist(), values.tolist()))


def _off(values: np.ndarray, made: np.ndarray, convert: Callable[[np.ndarray], np.ndarray], share: float) -> np.ndarray:
    """How far the converted lines are off straight ones, at that share of each."""
    inside = (1.0 - share) * values[:-1] + share * values[1:]
    return np.abs(convert(inside) - ((1.0 - share) * made[:-1] + share * made[1:]))


def curve_of_envelope(points: Sequence[EnvelopePoint]) -> Callable[[np.ndarray], np.ndarray]:
    """Seconds → values, of points with straight lines between them."""
    times, values = zip(*points)
    curve = Curve(times, values, ("linear",) * len(points))
    return curve.at
