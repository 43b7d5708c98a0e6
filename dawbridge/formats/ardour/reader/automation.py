"""Ardour's controls over time: a constant value, or an automation list with Ardour's curves between its points.

There are these interpolation styles: Linear (also Curved); Discrete: a value holds until the next point; Logarithmic: a
straight line of the logarithm; Exponential, which gains have: a straight line of the fader's position, where
position = ((6 log2(gain) + 192) / 198)^8 for a fader that ends at a gain of 2. Source: Ardour 7's ControlList (evoral)
and control_math (pbd); measured on exports.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.ardour.reader.numbers import parse_number
from dawbridge.formats.ardour.reader.time import Clock

PLAYS = ("Play", "Touch", "Latch")
_STYLES = ("Linear", "Discrete", "Exponential", "Logarithmic", "Curved")
_MOST_POINTS = 200_000
_LEAST_GAIN = 2.0**-32  # the gain at fader position 0
_LEAST_PRODUCT = 1e-100  # of the ends of a logarithmic line: they have one sign, and a ratio that a float can hold


@dataclass(frozen=True)
class AutomationLane:
    """A control's `values` at `times` (ascending seconds from the start of the range). One time alone is a constant."""

    times: tuple[float, ...]
    values: tuple[float, ...]
    style: str = "Linear"

    @property
    def is_constant(self) -> bool:
        return len(set(self.values)) == 1

    def at(self, seconds: np.ndarray) -> np.ndarray:
        """The values at `seconds`. Of two points at the same time the later one counts."""
        times, values = np.array(self.times), np.array(self.values)
        row = np.clip(np.searchsorted(times, seconds, side="right") - 1, 0, len(times) - 1)
        after = np.minimum(row + 1, len(times) - 1)
        share = np.clip((seconds - times[row]) / np.maximum(times[after] - times[row], 1e-12), 0.0, 1.0)
        return _INTERPOLATE[self.style](values[row], values[after], share)


def constant_lane(value: float) -> AutomationLane:
    """A control that does not move."""
    return AutomationLane((0.0,), (value,))


def playing_list(owner: etree._Element, name: str) -> etree._Element | None:
    """The owner's automation list of that name, if it plays and has points."""
    for row in owner.iterfind("Automation/AutomationList"):
        if row.get("automation-id") == name and row.get("state") in PLAYS and _events(row).strip():
            return row
    return None


def read_lane(owner: etree._Element, name: str, value: float, clock: Clock, where: str) -> AutomationLane:
    """The control's automation if it plays, else the constant `value`. Raises InputError for a broken list."""
    found = playing_list(owner, name)
    return constant_lane(value) if found is None else parse_lane(found, clock, f"{where} automation of {name}")


def parse_lane(row: etree._Element, clock: Clock, where: str) -> AutomationLane:
    """The lane of an automation list. Raises InputError."""
    points = [(time - clock.start_s, value) for time, value in parse_points(row, clock, where)]
    points.sort(key=lambda point: point[0])
    style = row.get("interpolation-style", "Linear")
    if style not in _STYLES:
        raise InputError(f"{where}: interpolation {style!r}; it can be {', '.join(_STYLES)}")
    lane = AutomationLane(tuple(time for time, _ in points), tuple(value for _, value in points), style)
    return lane if lane.times[0] >= 0.0 else _from_zero(lane)


def parse_points(row: etree._Element, clock: Clock, where: str) -> list[tuple[float, float]]:
    """(seconds from the list's own zero, value) of each point, in the document's order. Raises InputError."""
    words = _events(row).split()
    if len(words) % 2 or len(words) > 2 * _MOST_POINTS:
        raise InputError(f"{where}: {len(words)} words are no list of times and values; save the session again")
    times = [clock.seconds(text, where) for text in words[::2]]
    return list(zip(times, (parse_number(text, where, most=1e12) for text in words[1::2])))


def _from_zero(lane: AutomationLane) -> AutomationLane:
    """The same lane without what lies before 0."""
    later = [(time, value) for time, value in zip(lane.times, lane.values) if time > 0.0]
    times, values = zip((0.0, float(lane.at(np.zeros(1))[0])), *later)
    return AutomationLane(times, values, lane.style)


def _events(row: etree._Element) -> str:
    return row.findtext("events") or ""


def _linear(first: np.ndarray, last: np.ndarray, share: np.ndarray) -> np.ndarray:
    return first + share * (last - first)


def _discrete(first: np.ndarray, last: np.ndarray, share: np.ndarray) -> np.ndarray:
    return np.where(share >= 1.0, last, first)


def _logarithmic(first: np.ndarray, last: np.ndarray, share: np.ndarray) -> np.ndarray:
    is_curved = first * last > _LEAST_PRODUCT
    ratio = np.where(is_curved, last, 1.0) / np.where(is_curved, first, 1.0)
    return np.where(is_curved, first * ratio**share, _linear(first, last, share))


def _exponential(first: np.ndarray, last: np.ndarray, share: np.ndarray) -> np.ndarray:
    return _gain(_linear(_position(first), _position(last), share))


def _position(gain: np.ndarray) -> np.ndarray:
    """The fader position 0…1 of a linear gain."""
    level = np.log2(np.maximum(gain, _LEAST_GAIN))
    return np.maximum((6.0 * level + 192.0) / 198.0, 0.0) ** 8


def _gain(position: np.ndarray) -> np.ndarray:
    """The linear gain of a fader position."""
    return np.where(position > 0.0, 2.0 ** ((position**0.125 * 198.0 - 192.0) / 6.0), 0.0)


_INTERPOLATE: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "Linear": _linear,
    "Curved": _linear,
    "Discrete": _discrete,
    "Logarithmic": _logarithmic,
    "Exponential": _exponential,
}
