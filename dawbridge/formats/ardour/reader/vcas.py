"""VCAs: faders that others follow. A session has none, so what they do is done to those that follow."""

from dataclasses import dataclass

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.ardour.reader.automation import read_lane
from dawbridge.formats.ardour.reader.numbers import control_value, controllable, number
from dawbridge.formats.ardour.reader.stereo_gains import StereoGains, fixed_gains, stereo_gains
from dawbridge.formats.ardour.reader.time import Clock
from dawbridge.formats.loss import Losses


@dataclass(frozen=True)
class Command:
    """What VCAs switch on a channel."""

    is_muted: bool = False
    is_soloed: bool = False


class Vcas:
    """The VCAs of a session, by number and by the id of their fader.

    A fader follows a VCA from where that stood when they met (`val-master`): it is multiplied by what the VCA has moved
    since. Of a meeting that is not noted Ardour takes it to be now.
    """

    def __init__(self, root: etree._Element, clock: Clock, losses: Losses):
        rows = root.findall("VCAManager/VCA")
        self._by_number = {row.get("number", ""): row for row in rows}
        self._by_fader = {
            fader.get("id"): row for row in rows if (fader := controllable(row, "gaincontrol")) is not None
        }
        self._clock, self._losses = clock, losses

    def gain(self, fader: etree._Element | None, path: tuple[str, ...] = ()) -> StereoGains:
        """What the VCAs do that this fader follows, and those that they follow. Raises InputError for a loop."""
        total = fixed_gains(1.0, 1.0)
        for row in [] if fader is None else fader.iterfind("masters/master"):
            vca, vca_id = self._by_fader.get(row.get("id")), row.get("id", "")
            self._check(vca_id, path)
            met = number(row, "val-master", "VCA", 1.0, most=1e6)
            if vca is not None and met > 0.0:
                total = total * self._moved(vca, (*path, vca_id)) * fixed_gains(1.0 / met, 1.0 / met)
        return total

    def command(self, element: etree._Element, path: tuple[str, ...] = ()) -> Command:
        """The switches of those that the route follows. Raises InputError for a loop."""
        total = Command()
        for row in element.iterfind("Slavable/Master"):
            self._check(vca := row.get("number", ""), path)
            if (found := self._by_number.get(vca)) is not None:
                self._losses.add("foreign.vca", f"VCA {found.get('name', '')!r}", "the VCA")
                own = [control_value(found, name, "VCA", 0.0) > 0.5 for name in ("mute", "solo")]
                more = self.command(found, (*path, vca))
                total = Command(total.is_muted or own[0] or more.is_muted, total.is_soloed or own[1] or more.is_soloed)
        return total

    def _moved(self, vca: etree._Element, path: tuple[str, ...]) -> StereoGains:
        place = f"VCA {vca.get('name', '')!r}"
        lane = read_lane(vca, "gain", control_value(vca, "gaincontrol", place, 1.0), self._clock, place)
        return stereo_gains(lane) * self.gain(controllable(vca, "gaincontrol"), path)

    def _check(self, vca: str, path: tuple[str, ...]) -> None:
        if vca in path:
            raise InputError(f"VCA {vca} follows itself; take it out of the loop")
