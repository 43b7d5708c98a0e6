"""VCAs: faders that others follow. A session has none, so what they do is done to those that follow."""

from dataclasses import dataclass

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.ardour.read_lanes import read_lane
from dawbridge.formats.ardour.read_sides import Sides, fixed_sides, gain_sides
from dawbridge.formats.ardour.read_time import Clock
from dawbridge.formats.ardour.read_values import control_value, is_on
from dawbridge.formats.loss import Losses


@dataclass(frozen=True)
class Command:
    """What VCAs do to a channel."""

    gain: Sides
    is_muted: bool = False
    is_soloed: bool = False


class Vcas:
    """The VCAs of a session by their number."""

    def __init__(self, root: etree._Element, clock: Clock, losses: Losses, where: str):
        self._rows = {row.get("number", ""): row for row in root.iterfind("VCAManager/VCA")}
        self._clock, self._losses, self._where = clock, losses, where

    def command(self, element: etree._Element, where: str) -> Command:
        """What those do that the route follows, and those that they follow. Raises InputError for a loop."""
        return self._followed(element, (), where)

    def _followed(self, element: etree._Element, path: tuple[str, ...], where: str) -> Command:
        total = Command(fixed_sides(1.0, 1.0))
        for number in [row.get("number", "") for row in element.iterfind("Slavable/Master")]:
            if number in path:
                raise InputError(f"{self._where}: VCA {number} follows itself; take it out of the loop")
            if (row := self._rows.get(number)) is not None:
                total = _both(total, self._one(row, (*path, number), where))
        return total

    def _one(self, row: etree._Element, path: tuple[str, ...], where: str) -> Command:
        name = row.get("name", path[-1])
        self._losses.add("foreign.vca", f"VCA {name!r}", "the VCA")
        place = f"{self._where}: VCA {name!r}"
        lane = read_lane(row, "gain", control_value(row, "gaincontrol", place, 1.0), self._clock, place)
        is_muted = any(is_on(master, "muted") for master in row.iter("MuteMaster"))
        is_muted = is_muted or control_value(row, "mute", place, 0.0) > 0.0
        own = Command(gain_sides(lane), is_muted, control_value(row, "solo", place, 0.0) > 0.0)
        return _both(own, self._followed(row, path, where))


def _both(one: Command, other: Command) -> Command:
    return Command(one.gain * other.gain, one.is_muted or other.is_muted, one.is_soloed or other.is_soloed)
