"""Where a route's output goes, and with which gains on the left and the right."""

from dataclasses import dataclass

import numpy as np

from dawbridge.formats.ardour.reader.channel_strips import ChannelStrip
from dawbridge.formats.ardour.reader.ports import HARDWARE, Input, Ports
from dawbridge.formats.ardour.reader.stereo_gains import Pair, StereoGains, fixed_gains
from dawbridge.formats.loss import Losses
from dawbridge.session.model import MASTER


@dataclass(frozen=True)
class Output:
    """A route that is fed (by id; MASTER), and the gains of the panner on the way."""

    target: str
    sides: StereoGains


class Outputs:
    """Follows the connections of one session. `kinds` and `widths`: of the routes by id."""

    def __init__(self, ports: Ports, kinds: dict[str, str], widths: dict[str, int], losses: Losses):
        self._ports, self._kinds, self._widths, self._losses = ports, kinds, widths, losses
        self._has_master = "master" in kinds.values()

    def outputs(self, strip: ChannelStrip) -> list[Output]:
        """What the route feeds, the master first; nothing where it goes nowhere that is heard."""
        links = [self._ports.targets(port) for port in strip.route.outputs[:2]]
        found = [(side, link) for side, row in enumerate(links) for link in row if not link.side_of]
        targets = list(dict.fromkeys(target for _, link in found if (target := self._target(link, strip)) is not None))
        rows = [self._output(target, found, strip) for target in targets]
        if len(strip.route.outputs) > 2:
            self._losses.add("foreign.output", strip.route.place, f"its outputs 3 to {len(strip.route.outputs)}")
        return sorted((row for row in rows if row is not None), key=lambda row: row.target != MASTER)

    def _target(self, link: Input, strip: ChannelStrip) -> str | None:
        kind = self._kinds.get(link.route)
        if link.route == HARDWARE:
            if not self._has_master and link.place < 2:
                return MASTER
            self._losses.add("foreign.hardware_output", strip.route.place, "its connection to a device's output")
            return None
        if kind in ("bus", "master"):
            return link.route if kind == "bus" else MASTER
        if kind is not None:
            self._losses.add("foreign.output", strip.route.place, f"its connection to a {kind}")
        return None

    def _output(self, target: str, found: list[tuple[int, Input]], strip: ChannelStrip) -> Output | None:
        """The panner's gains as they reach the target's two sides."""
        pairs = {(side, link.place) for side, link in found if self._target(link, strip) == target}
        pairs = {pair for pair in pairs if pair[1] < 2}
        if not pairs:
            return None
        is_narrow = self._widths.get(target) == 1
        if strip.width == 1:
            both = {(side, place) for side, _ in pairs for place in (0, 1)}
            return Output(target, _mixed(strip.pan, both if is_narrow else pairs))
        if is_narrow:
            self._losses.add("foreign.mono_bus", strip.route.place, "how its sides meet in a mono bus")
            return Output(target, strip.pan)
        if any(side != place for side, place in pairs):
            self._losses.add("foreign.output", strip.route.place, "connections that cross or join its sides")
        return Output(target, strip.pan * fixed_gains(*(float((side, side) in pairs) for side in (0, 1))))


def _mixed(pan: StereoGains, pairs: set[tuple[int, int]]) -> StereoGains:
    """A mono signal's sides by their connections: (from, to)."""

    def at(seconds: np.ndarray) -> Pair:
        both = pan.at(seconds)
        left, right = (sum((both[side] for side, to in pairs if to == own), 0.0 * both[0]) for own in (0, 1))
        return left, right

    return StereoGains(at, pan.times)
