"""What a route's output feeds, and with which gains on the left and the right."""

from dataclasses import dataclass

import numpy as np

from dawbridge.formats.ardour.reader.channel_strip import ChannelStrip
from dawbridge.formats.ardour.reader.ports import HARDWARE, Input, Ports
from dawbridge.formats.ardour.reader.stereo_gains import Pair, StereoGains, constant_gains
from dawbridge.formats.loss import Losses
from dawbridge.session.model import MASTER


@dataclass(frozen=True)
class Output:
    """A fed route (by id; MASTER for the master), and the panner's gains as they reach it."""

    target: str
    gains: StereoGains


class Outputs:
    """Follows the connections of one session; `kinds` and `widths`: route id → its kind, its input channels."""

    def __init__(self, ports: Ports, kinds: dict[str, str], widths: dict[str, int], losses: Losses):
        self._ports, self._kinds, self._widths, self._losses = ports, kinds, widths, losses
        self._has_master = "master" in kinds.values()

    def outputs(self, strip: ChannelStrip) -> list[Output]:
        """What the route feeds, the master first; empty if nothing of it is heard."""
        links = [self._ports.targets(port) for port in strip.route.outputs[:2]]
        found = [(side, link) for side, row in enumerate(links) for link in row if not link.sidechain_of]
        targets = list(dict.fromkeys(target for _, link in found if (target := self._target(link, strip)) is not None))
        rows = [self._output(target, found, strip) for target in targets]
        if len(strip.route.outputs) > 2:
            self._losses.add("foreign.output", strip.route.label, f"its outputs 3 to {len(strip.route.outputs)}")
        return sorted((row for row in rows if row is not None), key=lambda row: row.target != MASTER)

    def _target(self, link: Input, strip: ChannelStrip) -> str | None:
        kind = self._kinds.get(link.route)
        if link.route == HARDWARE:
            if not self._has_master and link.index < 2:
                return MASTER
            self._losses.add(
                "foreign.hardware_output", strip.route.label, "its connection to an output of the sound card"
            )
            return None
        if kind in ("bus", "master"):
            return link.route if kind == "bus" else MASTER
        if kind is not None:
            self._losses.add("foreign.output", strip.route.label, f"its connection to a {kind}")
        return None

    def _output(self, target: str, found: list[tuple[int, Input]], strip: ChannelStrip) -> Output | None:
        """The panner's gains as they reach the target's left and right; None if they do not."""
        pairs = {(side, link.index) for side, link in found if self._target(link, strip) == target}
        pairs = {pair for pair in pairs if pair[1] < 2}
        if not pairs:
            return None
        is_narrow = self._widths.get(target) == 1
        if strip.width == 1:
            both = {(side, index) for side, _ in pairs for index in (0, 1)}
            return Output(target, _mixed(strip.pan, both if is_narrow else pairs))
        if is_narrow:
            self._losses.add("foreign.mono_bus", strip.route.label, "how its left and right are summed in a mono bus")
            return Output(target, strip.pan)
        if any(side != index for side, index in pairs):
            self._losses.add("foreign.output", strip.route.label, "connections that swap or sum its left and right")
        return Output(target, strip.pan * constant_gains(*(float((side, side) in pairs) for side in (0, 1))))


def _mixed(pan: StereoGains, pairs: set[tuple[int, int]]) -> StereoGains:
    """The gains of a mono signal after its panner, by the connections (panner side, input side)."""

    def at(seconds: np.ndarray) -> Pair:
        both = pan.at(seconds)
        left, right = (sum((both[side] for side, to in pairs if to == own), 0.0 * both[0]) for own in (0, 1))
        return left, right

    return StereoGains(at, pan.times)
