"""Where a route's output goes, and with which gains on the left and the right."""

from dataclasses import dataclass

from dawbridge.formats.ardour.reader.channel_strips import Strand
from dawbridge.formats.ardour.reader.ports import HARDWARE, Input, Ports
from dawbridge.formats.ardour.reader.stereo_gains import Sides, fixed_sides
from dawbridge.formats.loss import Losses
from dawbridge.session.model import MASTER


@dataclass(frozen=True)
class Output:
    """A route that is fed (by id; MASTER), and the gains of the panner on the way."""

    target: str
    sides: Sides


class Outputs:
    """Follows the connections of one session. `kinds` and `widths`: of the routes by id."""

    def __init__(self, ports: Ports, kinds: dict[str, str], widths: dict[str, int], losses: Losses):
        self._ports, self._kinds, self._widths, self._losses = ports, kinds, widths, losses
        self._has_master = "master" in kinds.values()

    def outputs(self, strand: Strand) -> list[Output]:
        """What the route feeds, the master first; nothing where it goes nowhere that is heard."""
        links = [self._ports.targets(port) for port in strand.route.outputs[:2]]
        found = [(side, link) for side, row in enumerate(links) for link in row if not link.side_of]
        targets = list(dict.fromkeys(target for _, link in found if (target := self._target(link, strand)) is not None))
        rows = [self._output(target, found, strand) for target in targets]
        if len(strand.route.outputs) > 2:
            self._losses.add("foreign.output", strand.route.place, f"its outputs 3 to {len(strand.route.outputs)}")
        return sorted((row for row in rows if row is not None), key=lambda row: row.target != MASTER)

    def _target(self, link: Input, strand: Strand) -> str | None:
        kind = self._kinds.get(link.route)
        if link.route == HARDWARE:
            if not self._has_master and link.place < 2:
                return MASTER
            self._losses.add("foreign.hardware_output", strand.route.place, "its connection to a device's output")
            return None
        if kind in ("bus", "master"):
            return link.route if kind == "bus" else MASTER
        if kind is not None:
            self._losses.add("foreign.output", strand.route.place, f"its connection to a {kind}")
        return None

    def _output(self, target: str, found: list[tuple[int, Input]], strand: Strand) -> Output | None:
        """The panner's gains as they reach the target's two sides."""
        pairs = {(side, link.place) for side, link in found if self._target(link, strand) == target}
        pairs = {pair for pair in pairs if pair[1] < 2}
        if not pairs:
            return None
        is_narrow = self._widths.get(target) == 1
        if strand.width == 1:
            both = {(side, place) for side, _ in pairs for place in (0, 1)}
            return Output(target, _mixed(strand.pan, both if is_narrow else pairs))
        if is_narrow:
            self._losses.add("foreign.mono_bus", strand.route.place, "how its sides meet in a mono bus")
            return Output(target, strand.pan)
        if any(side != place for side, place in pairs):
            self._losses.add("foreign.output", strand.route.place, "connections that cross or join its sides")
        return Output(target, strand.pan * fixed_sides(*(float((side, side) in pairs) for side in (0, 1))))


def _mixed(pan: Sides, pairs: set[tuple[int, int]]) -> Sides:
    """A mono signal's sides by their connections: (from, to)."""

    def at(seconds):
        both = pan.at(seconds)
        return tuple(sum((both[side] for side, to in pairs if to == place), 0.0 * both[0]) for place in (0, 1))

    return Sides(at, pan.times)
