"""Fits automation to curves. A session's automation is straight between points, in the parameter's own unit.

So a curve is cut into pieces until each is straight enough, and then reduced to few points.
"""

from collections.abc import Callable

import numpy as np

from dawbridge.formats.ardour.reader.automation import AutomationLane
from dawbridge.formats.ardour.reader.stereo_gains import Pair, StereoGains
from dawbridge.formats.envelope import TOLERANCE
from dawbridge.formats.few_points import EnvelopePoint, few_points, spanned_tolerance
from dawbridge.session import Automation, Point

_MOST_HALVINGS = 12  # of a piece
ToValue = Callable[[np.ndarray, np.ndarray], np.ndarray]  # (left, right) gains → values
Convert = Callable[[np.ndarray], np.ndarray]


def fit_automation(lane: AutomationLane, rate: int, convert: Convert = np.asarray) -> Automation:
    """The automation of a control, with its values converted by `convert`. A discrete lane becomes holds."""
    if lane.style == "Discrete" or len(lane.times) == 1:
        values = np.asarray(convert(np.array(lane.values))).tolist()
        rows = [Point(time=max(time, 0.0), value=value, shape="hold") for time, value in zip(lane.times, values)]
        return Automation(points=tuple(rows))
    span = max(float(np.ptp(convert(np.array(lane.values)))), 1e-9)
    gains = StereoGains(lambda seconds: (lane.at(seconds), lane.at(seconds)), lane.times)
    points = fit_points(gains, lambda left, _: np.asarray(convert(left)), lambda value: value, span, rate)
    return few_points(points, spanned_tolerance, rate)


def fit_points(
    gains: StereoGains, to_value: ToValue, to_linear: Convert, floor: float, rate: int
) -> list[EnvelopePoint]:
    """(seconds, value) of points with straight lines between them. Each piece is straight enough, or a sample long.

    to_value:  (left, right) → the value that is fitted
    to_linear: value → the quantity in which the error is measured, as a share of itself (of at least `floor`)
    """
    times = np.array(sorted({0.0, *(time for time in gains.times if time >= 0.0)}))
    begins, ends = times[:-1], times[1:]
    done = [(times[-1:], to_value(*gains.at(times[-1:])))]
    for step in range(_MOST_HALVINGS + 1):
        lasts = np.nextafter(ends, begins)
        first, last = (to_value(*gains.at(at)) for at in (begins, lasts))
        is_straight = (ends - begins) * rate < 1.5 if step < _MOST_HALVINGS else np.full(len(begins), True)
        if not is_straight.all():
            is_straight |= _are_straight(
                lambda at: to_value(*gains.at(at)), to_linear, floor, (begins, lasts), (first, last)
            )
        done += [(begins[is_straight], first[is_straight]), (lasts[is_straight], last[is_straight])]
        middles = np.rint((begins + ends)[~is_straight] / 2.0 * rate) / rate
        begins, ends = (
            np.concatenate([begins[~is_straight], middles]),
            np.concatenate([middles, ends[~is_straight]]),
        )
        if not len(begins):
            break
    at, values = (np.concatenate(part) for part in zip(*done))
    order = np.argsort(at, kind="stable")
    return _cleaned(at[order], values[order])


def _are_straight(value_at: Convert, to_linear: Convert, floor: float, times: Pair, values: Pair) -> np.ndarray:
    """Whether each piece is straight enough at a quarter, at half and at three quarters of its length."""
    (begins, lasts), (first, last) = times, values
    is_straight = np.full(len(begins), True)
    for share in (0.25, 0.5, 0.75):
        exact = to_linear(value_at(begins + (lasts - begins) * share))
        line = to_linear(first + (last - first) * share)
        is_straight &= np.abs(exact - line) <= TOLERANCE * np.maximum(np.abs(exact), floor)
    return is_straight


def _cleaned(at: np.ndarray, values: np.ndarray) -> list[EnvelopePoint]:
    """The points without repeats. A point just before another one is moved onto its time, which makes a jump."""
    points: list[EnvelopePoint] = []
    times = [float(time) for time in at]
    for number, (time, value) in enumerate(zip(times, values.tolist())):
        if number + 1 < len(times) and time < times[number + 1] <= np.nextafter(time, np.inf):
            time = times[number + 1]
        if points and points[-1][0] == time and abs(points[-1][1] - value) <= 1e-9 * max(abs(value), 1.0):
            points[-1] = (time, value)
            continue
        if len(points) > 1 and points[-2][1] == points[-1][1] == value:
            points.pop()
        points.append((time, value))
    return points
