"""Gains of the left and the right over time, out of faders, VCAs and panners, and as a session tells them.

A session's level is straight in decibels between its points, so a curve is cut into pieces until each is straight
enough.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dawbridge.formats.ardour.reader.automation import AutomationLane
from dawbridge.formats.balance import from_balance
from dawbridge.formats.envelope import TOLERANCE
from dawbridge.formats.few_points import Tolerance, few_points, level_tolerance, pan_tolerance, spanned_tolerance
from dawbridge.session import Automation, Point
from dawbridge.units import db_to_gain

_FINEST = 12  # halvings of a piece
_LEAST = 1e-6  # a gain below is silence: -120 dB
Pair = tuple[np.ndarray, np.ndarray]
Combine = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class StereoGains:
    """(left, right) at any second, and the times at which something bends."""

    at: Callable[[np.ndarray], Pair]
    times: tuple[float, ...] = ()

    def __mul__(self, other: "StereoGains") -> "StereoGains":
        return self._with(other, lambda one, by: one * by)

    def __truediv__(self, other: "StereoGains") -> "StereoGains":
        """What is to come after `other` to give this; a side that `other` silences is taken to be as the other one."""
        return self._with(other, lambda one, by: np.where(by > 0.0, one / np.where(by > 0.0, by, 1.0), np.nan))

    def _with(self, other: "StereoGains", combine: Combine) -> "StereoGains":
        def at(seconds: np.ndarray) -> Pair:
            return _filled(*(combine(one, by) for one, by in zip(self.at(seconds), other.at(seconds))))

        return StereoGains(at, tuple(sorted({*self.times, *other.times})))

    @property
    def is_fixed(self) -> bool:
        return not self.times

    def fixed(self) -> tuple[float, float]:
        """Both sides at the start."""
        left, right = self.at(np.zeros(1))
        return float(left[0]), float(right[0])


def _filled(left: np.ndarray, right: np.ndarray) -> Pair:
    both = np.nan_to_num(np.where(np.isnan(left), right, left)), np.nan_to_num(np.where(np.isnan(right), left, right))
    return both


def stereo_gains(lane: AutomationLane) -> StereoGains:
    """A gain of both sides."""
    return converted(lane, lambda gain: (np.maximum(gain, 0.0), np.maximum(gain, 0.0)))


def fixed_gains(left: float, right: float) -> StereoGains:
    """Gains that stand still."""
    return StereoGains(lambda seconds: (np.full(len(seconds), left), np.full(len(seconds), right)))


def converted(lane: AutomationLane, law: Callable[[np.ndarray], Pair]) -> StereoGains:
    """The sides that `law` makes of a control."""
    return StereoGains(lambda seconds: law(lane.at(seconds)), () if lane.is_fixed else lane.times)


@dataclass(frozen=True)
class LevelAndPan:
    """A session's level and pan: where they stand, and what moves them."""

    level_db: float
    pan_lr: float
    level: Automation | None = None
    pan: Automation | None = None


def level_and_pan(sides: StereoGains, channels: int, rate: int) -> LevelAndPan:
    """The level and pan of a channel of mono (1) or stereo (2) audio, or of a send, a bus or the master (2).

    What moves bends at samples of `rate` alone, where a session's points lie.
    """
    level, pan = _level_and_pan(*sides.at(np.zeros(1)), channels)
    if sides.is_fixed:
        return LevelAndPan(float(level[0]), float(pan[0]))
    pans = _fitted(sides, lambda left, right: _level_and_pan(left, right, channels)[1], lambda pan: pan, 1.0, rate)
    levels = _fitted(sides, lambda left, right: _level_and_pan(left, right, channels)[0], db_to_gain, 1e-3, rate)
    moves = _automation(levels, level_tolerance, rate), _automation(pans, pan_tolerance, rate)
    return LevelAndPan(float(level[0]), float(pan[0]), *moves)


def fitted_automation(
    lane: AutomationLane, rate: int, convert: Callable[[np.ndarray], np.ndarray] = np.asarray
) -> Automation:
    """The automation of a control, its values as `convert` makes them; a jump is a jump, as it is between steps."""
    if lane.style == "Discrete" or len(lane.times) == 1:
        values = np.asarray(convert(np.array(lane.values))).tolist()
        rows = [Point(time=max(at, 0.0), value=value, shape="hold") for at, value in zip(lane.times, values)]
        return Automation(points=tuple(rows))
    span = max(float(np.ptp(convert(np.array(lane.values)))), 1e-9)
    sides = StereoGains(lambda seconds: (lane.at(seconds), lane.at(seconds)), lane.times)
    points = _fitted(sides, lambda left, _: np.asarray(convert(left)), lambda value: value, span, rate)
    return few_points(points, spanned_tolerance, rate)


def greatest(sides: StereoGains) -> float:
    """The loudest gain of all."""
    times = np.array([0.0, *sides.times])
    return float(max(side.max() for side in sides.at(times)))


def _level_and_pan(left: np.ndarray, right: np.ndarray, channels: int) -> Pair:
    """(level_db, pan_lr) that sound so. Where both sides are silent the pan is the centre's."""
    gain = np.maximum(left, right)
    safe = np.where(gain > _LEAST, gain, 1.0)
    balance = np.where(gain > _LEAST, np.where(left > right, right / safe - 1.0, 1.0 - left / safe), 0.0)
    return from_balance(gain, balance, channels)


def _fitted(
    sides: StereoGains, tell: Combine, heard: Callable[[np.ndarray], np.ndarray], floor: float, rate: int
) -> list[tuple[float, float]]:
    """(seconds, what `tell` makes of the sides), in pieces that are straight enough as `heard`, or a sample long."""
    times = np.array(sorted({0.0, *(time for time in sides.times if time >= 0.0)}))
    begins, ends = times[:-1], times[1:]
    done = [(times[-1:], tell(*sides.at(times[-1:])))]
    for step in range(_FINEST + 1):
        lasts = np.nextafter(ends, begins)
        first, last = (tell(*sides.at(at)) for at in (begins, lasts))
        is_straight = (ends - begins) * rate < 1.5 if step < _FINEST else np.full(len(begins), True)
        if not is_straight.all():
            is_straight |= _are_straight(sides, tell, heard, floor, begins, lasts, first, last)
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
    return _plain(at[order], values[order])


def _are_straight(
    sides: StereoGains,
    tell: Combine,
    heard: Callable[[np.ndarray], np.ndarray],
    floor: float,
    begins: np.ndarray,
    lasts: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
) -> np.ndarray:
    """Whether each piece is: at a quarter, the half and three quarters."""
    is_straight = np.full(len(begins), True)
    for share in (0.25, 0.5, 0.75):
        true = heard(tell(*sides.at(begins + (lasts - begins) * share)))
        line = heard(first + (last - first) * share)
        is_straight &= np.abs(true - line) <= TOLERANCE * np.maximum(np.abs(true), floor)
    return is_straight


def _plain(at: np.ndarray, values: np.ndarray) -> list[tuple[float, float]]:
    """The points, with those just before another moved onto it, and none that tell nothing."""
    points: list[tuple[float, float]] = []
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


def _automation(points: list[tuple[float, float]], tolerance: Tolerance, rate: int) -> Automation | None:
    """The automation of points; None where nothing moves."""
    if max(value for _, value in points) - min(value for _, value in points) < 1e-7:
        return None
    return few_points(points, tolerance, rate)
