"""VCAs: faders that other faders follow. A session has none, so their gain goes into the faders that follow them."""

from dataclasses import dataclass

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.ardour.reader.automation import read_lane
from dawbridge.formats.ardour.reader.numbers import control_value, controllable, number
from dawbridge.formats.ardour.reader.stereo_gains import StereoGains, constant_gains, equal_gains
from dawbridge.formats.ardour.reader.time import Clock
from dawbridge.formats.loss import Losses


@dataclass(frozen=True)
class VcaSwitches:
    """The mute and solo that VCAs add to a route."""

    is_muted: bool = False
    is_soloed: bool = False


class Vcas:
    """The VCAs of a session, by number and by the id of their fader.

    Ardour saves the VCA's gain at the time a fader was assigned to it (`val-master`). The fader is multiplied by the
    VCA's gain relative to that. If `val-master` is absent, 1 counts.
    """

    def __init__(self, root: etree._Element, clock: Clock, losses: Losses):
        rows = root.findall("VCAManager/VCA")
        self._by_number = {row.get("number", ""): row for row in rows}
        self._by_fader = {
            fader.get("id"): row for row in rows if (fader := controllable(row, "gaincontrol")) is not None
        }
        self._clock, self._losses = clock, losses

    def gain(self, fader: etree._Element | None, path: tuple[str, ...] = ()) -> StereoGains:
        """The product of all VCAs that this fader follows, also through other VCAs. Raises InputError for a loop."""
        total = constant_gains(1.0, 1.0)
        for row in [] if fader is None else fader.iterfind("masters/master"):
            vca, vca_id = self._by_fader.get(row.get("id")), row.get("id", "")
            self._check(vca_id, path)
            reference = number(row, "val-master", "VCA", 1.0, most=1e6)
            if vca is not None and reference > 0.0:
                total = total * self._moved(vca, (*path, vca_id)) * constant_gains(1.0 / reference, 1.0 / reference)
        return total

    def switches(self, element: etree._Element, path: tuple[str, ...] = ()) -> VcaSwitches:
        """The switches of all VCAs that the route follows. Raises InputError for a loop."""
        total = VcaSwitches()
        for row in element.iterfind("Slavable/Master"):
            self._check(vca := row.get("number", ""), path)
            if (found := self._by_number.get(vca)) is not None:
                self._losses.add("foreign.vca", f"VCA {found.get('name', '')!r}", "the VCA")
                own = [control_value(found, name, "VCA", 0.0) > 0.5 for name in ("mute", "solo")]
                more = self.switches(found, (*path, vca))
                total = VcaSwitches(
                    total.is_muted or own[0] or more.is_muted, total.is_soloed or own[1] or more.is_soloed
                )
        return total

    def _moved(self, vca: etree._Element, path: tuple[str, ...]) -> StereoGains:
        where = f"VCA {vca.get('name', '')!r}"
        lane = read_lane(vca, "gain", control_value(vca, "gaincontrol", where, 1.0), self._clock, where)
        return equal_gains(lane) * self.gain(controllable(vca, "gaincontrol"), path)

    def _check(self, vca: str, path: tuple[str, ...]) -> None:
        if vca in path:
            raise InputError(f"VCA {vca} follows itself; take it out of the loop")
