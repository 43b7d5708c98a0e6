"""A control of Ardour over time: where it stands, or its automation list with the shape Ardour draws between points.

Linear and Discrete speak for themselves. Logarithmic is a straight line of the logarithm. Exponential, which gains
have, is a straight line of the fader's position: position = ((6 log2(gain) + 192) / 198)^8 for a fader that ends at a
gain of 2. So Ardour 7 evaluates lists (evoral ControlList, pbd control_math); measured on exports.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.ardour.reader.numbers import parsed_number
from dawbridge.formats.ardour.reader.time import Clock

PLAYS = ("Play", "Touch", "Latch")
_STYLES = ("Linear", "Discrete", "Exponential", "Logarithmic", "Curved")
_MOST_POINTS = 200_000
_LEAST_GAIN = 2.0**-32  # where the fader's position is 0
_LEAST_PRODUCT = 1e-100  # of the ends of a logarithmic line: one sign, and a ratio that a float holds


@dataclass(frozen=True)
class AutomationLane:
    """Values at `times` (seconds from where the range begins, ascending); one time alone: it stands still."""

    times: tuple[float, ...]
    values: tuple[float, ...]
    style: str = "Linear"

    @property
    def is_fixed(self) -> bool:
        return len(set(self.values)) == 1

    def at(self, seconds: np.ndarray) -> np.ndarray:
        """The values there; of two points at one time the later counts."""
        times, values = np.array(self.times), np.array(self.values)
        row = np.clip(np.searchsorted(times, seconds, side="right") - 1, 0, len(times) - 1)
        after = np.minimum(row + 1, len(times) - 1)
        share = np.clip((seconds - times[row]) / np.maximum(times[after] - times[row], 1e-12), 0.0, 1.0)
        return _BETWEEN[self.style](values[row], values[after], share)


def fixed_lane(value: float) -> AutomationLane:
    """A control that stands still."""
    return AutomationLane((0.0,), (value,))


def playing_list(owner: etree._Element, name: str) -> etree._Element | None:
    """The automation list of that name among the owner's, where it plays and has points."""
    for row in owner.iterfind("Automation/AutomationList"):
        if row.get("automation-id") == name and row.get("state") in PLAYS and _text(row).strip():
            return row
    return None


def read_lane(owner: etree._Element, name: str, value: float, clock: Clock, where: str) -> AutomationLane:
    """The control's automation where it plays, else `value`. Raises InputError for a list that is none."""
    found = playing_list(owner, name)
    return fixed_lane(value) if found is None else lane_of_list(found, clock, f"{where} automation of {name}")


def lane_of_list(row: etree._Element, clock: Clock, where: str) -> AutomationLane:
    """The points of an automation list. Raises InputError."""
    points = _points(row, clock, where)
    style = row.get("interpolation-style", "Linear")
    if style not in _STYLES:
        raise InputError(f"{where}: interpolation {style!r}; it can be {', '.join(_STYLES)}")
    lane = AutomationLane(tuple(at for at, _ in points), tuple(value for _, value in points), style)
    return lane if lane.times[0] >= 0.0 else _from_zero(lane)


def points_of(row: etree._Element, clock: Clock, where: str) -> list[tuple[float, float]]:
    """(seconds from the list's own zero, value) of each point. Raises InputError."""
    pairs = _text(row).split()
    if len(pairs) % 2 or len(pairs) > 2 * _MOST_POINTS:
        raise InputError(f"{where}: {len(pairs)} words are no list of times and values; save the session again")
    times = [clock.seconds(text, where) for text in pairs[::2]]
    return list(zip(times, (parsed_number(text, where, most=1e12) for text in pairs[1::2])))


def _points(row: etree._Element, clock: Clock, where: str) -> list[tuple[float, float]]:
    rows = points_of(row, clock, where)
    points = [(at - clock.start_s, value) for at, value in rows]
    return sorted(points, key=lambda point: point[0])


def _from_zero(lane: AutomationLane) -> AutomationLane:
    """The same from 0 on: what lies before is gone."""
    later = [(at, value) for at, value in zip(lane.times, lane.values) if at > 0.0]
    times, values = zip((0.0, float(lane.at(np.zeros(1))[0])), *later)
    return AutomationLane(times, values, lane.style)


def _text(row: etree._Element) -> str:
    return row.findtext("events") or ""


def _linear(first: np.ndarray, last: np.ndarray, share: np.ndarray) -> np.ndarray:
    return first + share * (last - first)


def _discrete(first: np.ndarray, last: np.ndarray, share: np.ndarray) -> np.ndarray:
    return np.where(share >= 1.0, last, first)


def _logarithmic(first: np.ndarray, last: np.ndarray, share: np.ndarray) -> np.ndarray:
    is_bent = first * last > _LEAST_PRODUCT
    ratio = np.where(is_bent, last, 1.0) / np.where(is_bent, first, 1.0)
    return np.where(is_bent, first * ratio**share, _linear(first, last, share))


def _fader(first: np.ndarray, last: np.ndarray, share: np.ndarray) -> np.ndarray:
    return _gain(_linear(_position(first), _position(last), share))


def _position(gain: np.ndarray) -> np.ndarray:
    level = np.log2(np.maximum(gain, _LEAST_GAIN))
    return np.maximum((6.0 * level + 192.0) / 198.0, 0.0) ** 8


def _gain(position: np.ndarray) -> np.ndarray:
    return np.where(position > 0.0, 2.0 ** ((position**0.125 * 198.0 - 192.0) / 6.0), 0.0)


_BETWEEN: dict[str, Callable] = {
    "Linear": _linear,
    "Curved": _linear,
    "Discrete": _discrete,
    "Logarithmic": _logarithmic,
    "Exponential": _fader,
}
