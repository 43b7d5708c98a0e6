"""Envelopes: automation as every DAW can draw it, as points in seconds with straight lines between them.

The segments of a session's automation are straight in the parameter's own unit (decibels, hertz), exponential, or hold
their value. Those of a DAW are straight in another unit (linear gain, 0…1). So a segment is cut into straight pieces
until none is off by more than a given fraction of its value. Where the value jumps, two points have the same time. Read
back, an envelope becomes the same curve again, with about as few points as before (`few_points`).
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from dawbridge.curve import Curve, Shape
from dawbridge.formats.few_points import EnvelopePoint, Tolerance, few_points, spanned_tolerance
from dawbridge.session.automation import Automation, TempoMap, curve_of

__all__ = ["EnvelopePoint", "automation_from", "bent", "curve_of_envelope", "envelope", "joint_envelope"]

# -100 dB relative to the value, which a null test can still detect.
TOLERANCE = 1e-5
_RATE = 1_000_000_000  # curves count samples; here they are nanoseconds
_MOST_PIECES = 4096
# At these fractions of a piece the curve is compared with the line. The middle alone would not do: there an S-shaped
# curve meets its line.
_SHARES = (0.25, 0.5, 0.75)
_MOST_HALVINGS = 12
_LINEAR: Shape = "linear"
_MOST_POINTS = 1 << 16


def envelope(
    automation: Automation, tempo: TempoMap, convert: Callable[[np.ndarray], np.ndarray], tolerance: float = TOLERANCE
) -> list[EnvelopePoint]:
    """(seconds, value) of `automation`, ascending; `convert` turns a session's values into the DAW's.

    tolerance: how far a straight piece may be off the curve, as a fraction of its value (of 1e-3 if that is larger)
    """
    return joint_envelope([automation], tempo, lambda values: convert(values), tolerance)


def joint_envelope(
    automations: Sequence[Automation], tempo: TempoMap, convert: Callable[..., np.ndarray], tolerance: float = TOLERANCE
) -> list[EnvelopePoint]:
    """The same for a value that depends on several automations: `convert` gets one array of values of each."""
    curves = [curve_of(automation, tempo, _RATE) for automation in automations]
    times = sorted({time for curve in curves for time in curve.samples})
    points: list[EnvelopePoint] = []

    def values_at(at: np.ndarray) -> np.ndarray:
        return convert(*(curve.at(at) for curve in curves))

    # Where the value jumps at the first point, the value before it comes first.
    points.append((times[0] / _RATE, float(values_at(np.array([math.nextafter(times[0], -math.inf)]))[0])))
    for begin, end in pairwise(times):
        points += _segment(values_at, begin, end, tolerance)
    points.append((times[-1] / _RATE, float(values_at(np.array([times[-1]]))[0])))
    return _without_repeats(points)


def _segment(
    values_at: Callable[[np.ndarray], np.ndarray], begin: float, end: float, tolerance: float
) -> list[EnvelopePoint]:
    """From `begin` to just before `end`, in as few even pieces as are straight enough."""
    last, pieces = math.nextafter(end, begin), 1
    while True:
        times = np.linspace(begin, last, pieces + 1)
        values = values_at(times)
        inside = [(1.0 - share) * times[:-1] + share * times[1:] for share in _SHARES]
        between = values_at(np.concatenate(inside))
        line = np.concatenate([(1.0 - share) * values[:-1] + share * values[1:] for share in _SHARES])
        is_straight = np.abs(between - line) <= tolerance * np.maximum(np.abs(between), 1e-3)
        if pieces >= _MOST_PIECES or np.all(is_straight):
            times[-1] = end
            return [(time / _RATE, float(value)) for time, value in zip(times, values)]
        pieces *= 2


def _without_repeats(points: list[EnvelopePoint]) -> list[EnvelopePoint]:
    """Each point once, and none in the middle of a stretch without change."""
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
    """The automation that a DAW's `points` draw, in few points; `convert` turns the DAW's values into a session's.

    `points` must not be empty. With `rate` (samples per second) the result's points lie on samples; without it the
    given ones must do so already.
    """
    rows = bent(points, convert)
    values = convert(np.array([value for _, value in rows], dtype=np.float64))
    return few_points([(time, float(value)) for (time, _), value in zip(rows, values)], tolerance, rate)


def bent(points: Sequence[EnvelopePoint], convert: Callable[[np.ndarray], np.ndarray]) -> list[EnvelopePoint]:
    """`points` with more points on their lines, so many that the lines stay straight when `convert` is applied to them.

    They are straight to within TOLERANCE of the range of the converted values.
    """
    times, values = (np.array(row, dtype=np.float64) for row in zip(*points))
    for _ in range(_MOST_HALVINGS):
        converted, middles = convert(values), (values[:-1] + values[1:]) / 2
        off = np.max([_off(values, converted, convert, share) for share in _SHARES], axis=0)
        segments = np.flatnonzero((off > TOLERANCE * np.ptp(converted)) & (times[1:] > times[:-1]))
        if not len(segments) or len(times) > _MOST_POINTS:
            break
        times = np.insert(times, segments + 1, (times[segments] + times[segments + 1]) / 2)
        values = np.insert(values, segments + 1, middles[segments])
    return list(zip(times.tolist(), values.tolist()))


def _off(
    values: np.ndarray, converted: np.ndarray, convert: Callable[[np.ndarray], np.ndarray], share: float
) -> np.ndarray:
    """How far the converted lines are off straight ones, at the fraction `share` of each."""
    inside = (1.0 - share) * values[:-1] + share * values[1:]
    return np.abs(convert(inside) - ((1.0 - share) * converted[:-1] + share * converted[1:]))


def curve_of_envelope(points: Sequence[EnvelopePoint]) -> Callable[[np.ndarray], np.ndarray]:
    """A function from seconds to the values of an envelope."""
    times, values = zip(*points)
    return Curve(times, values, (_LINEAR,) * len(points)).at
